import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { DatabaseServer } from '../support/database-server.ts';
import { needsMariadb, startMariadb } from '../support/mariadb.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { needsPostgres, startPostgres } from '../support/postgres.ts';
import { recordSuite, type TwoStores } from '../support/record-suite.ts';

/** Two back-ends on one database: each with connections, or worker threads, of its own. */
const twice = async (url: string, folder: string): Promise<TwoStores> => {
  const [one, two] = [await openBackend(url, { folder }), await openBackend(url, { folder })];
  return {
    records: one.records,
    others: two.records,
    async close() {
      await one.close();
      await two.close();
    },
  };
};

describe('records: SQLite in worker threads', () =>
  recordSuite(async () => {
    const { folder, remove } = temporaryFolder();
    const stores = await twice('', folder);
    const close = async (): Promise<void> => {
      await stores.close();
      remove();
    };
    return { ...stores, close };
  }, 20));

for (const [name, needs, start] of [
  ['PostgreSQL', needsPostgres, startPostgres],
  ['MariaDB', needsMariadb, startMariadb],
] as const)
  describe(`records: ${name}`, () => {
    let server: DatabaseServer;
    before(async function () {
      needs(this);
      server = await start();
    });
    after(() => server?.stop());
    recordSuite(async () => twice(await server.freshUrl(), ''));
  });
