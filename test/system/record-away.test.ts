import assert from 'node:assert/strict';
import plantDatabase from '../../nodes/plant-database/plant-database.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import recordStore from '../../nodes/record-store/record-store.ts';
import type { DatabaseServer } from '../support/database-server.ts';
import { needsMariadb, startMariadb } from '../support/mariadb.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow } from '../support/node-flow.ts';
import { needsPostgres, startPostgres } from '../support/postgres.ts';

const nodes = (url: string, away: string): FlowNode[] => [
  { id: 'database', type: 'plant-database', url },
  {
    id: 'store',
    type: 'record-store',
    database: 'database',
    collection: 'journal',
    operation: 'put',
    away,
    wires: [['out'], []],
  },
  { id: 'out', type: 'probe', wires: [] },
  { id: 'completed', type: 'probe', wires: [] },
  { id: 'complete', type: 'complete', scope: ['store'], wires: [['completed']] },
];

for (const [name, needs, startServer] of [
  ['PostgreSQL', needsPostgres, startPostgres],
  ['MariaDB', needsMariadb, startMariadb],
] as const)
  describe(`record-store before ${name}`, function () {
    this.timeout(120_000);
    let server: DatabaseServer;
    let folder: ReturnType<typeof temporaryFolder>;
    let flow: NodeFlow;
    let url: string;
    before(async function () {
      needs(this);
      server = await startServer();
    });
    after(() => server?.stop());
    beforeEach(async () => {
      folder = temporaryFolder();
      url = await server.freshUrl();
    });
    afterEach(() => folder.remove());

    const start = async (away = 'keep'): Promise<void> => {
      const options = { userDir: folder.folder, stepped: false };
      flow = await runNodes([plantDatabase, recordStore], nodes(url, away), options);
    };
    const put = (from: number, to: number): void => {
      for (let number = from; number < to; number++) flow.receive('store', { payload: { number } });
    };
    const next = async (probe: string, count: number): Promise<void> => {
      for (let number = 0; number < count; number++) await flow.next(probe);
    };
    /** The numbers of all documents, in the order in which they were stored. */
    const numbers = async (): Promise<unknown[]> => {
      const backend = await openBackend(url, { folder: folder.folder });
      const { documents } = await backend.records.list('journal', {
        sort: [{ field: '$created' }],
        limit: 10_000,
      });
      await backend.close();
      return documents.map(({ body }) => body['number']);
    };
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

    it('loses nothing and keeps the order while it is killed and the plant is started again meanwhile', async () => {
      await start();
      put(0, 10);
      await next('out', 10);
      await server.kill();
      put(10, 60);
      await next('completed', 60);
      await flow.close();
      await start();
      put(60, 100);
      await next('completed', 40);
      await server.start();
      await next('out', 40);
      await flow.close();
      assert.deepEqual(await numbers(), upTo(100));
    });

    for (const away of ['fail', 'keep'])
      it(`loses nothing at a stop in a storm, with ${away}`, async () => {
        await start(away);
        put(0, 1);
        await next('out', 1);
        put(1, 300);
        await flow.close();
        await start('keep');
        put(300, 301);
        await next('out', 1);
        await flow.close();
        // Documents get one ms of creation each: of a storm that is faster, the last ones are ahead of the next start.
        const stored = (await numbers()).map(Number);
        assert.deepEqual(
          stored.filter((number) => number < 300),
          upTo(300),
        );
        assert.equal(stored.length, 301);
      });
  });
