import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { announceDatabase } from '../../nodes/lib/database.ts';
import { defineNode, onClose } from '../../nodes/lib/node.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import type { Database, Document } from '../../nodes/lib/store.ts';
import recordStore from '../../nodes/record-store/record-store.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

describe('record-store while the database is away', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let flow: NodeFlow;
  let api: NodeAPI;
  let trouble: Error | undefined;
  /** what the database has, in the order in which it was stored; a document put twice is there once */
  let stored: Map<string, Document['body']>;
  let attempts: PromiseWithResolvers<void>;

  const away = Object.assign(new Error('database plant: connect'), { code: 'ECONNREFUSED' });
  const fakeDatabase = (RED: NodeAPI): void => {
    api = RED;
    defineNode(RED, 'plant-database', (node) => {
      const records: Partial<Database['records']> = {
        async put(collection, id, body) {
          attempts.resolve();
          if (trouble) throw trouble;
          stored.set(`${collection}/${id}`, body);
          return { collection, id, body, version: 1, created: 1, updated: 1 };
        },
      };
      const database = { name: 'plant', records } as Database;
      onClose(node, announceDatabase(RED, { id: node.id, name: 'plant', database }));
    });
  };
  const nodes = (change: object = {}): FlowNode[] => [
    { id: 'database', type: 'plant-database' },
    {
      id: 'store',
      type: 'record-store',
      database: 'database',
      collection: 'journal',
      operation: 'put',
      away: 'keep',
      wires: [['out'], []],
      ...change,
    },
    ...['out', 'completed'].map((id) => ({ id, type: 'probe', wires: [] })),
    { id: 'complete', type: 'complete', scope: ['store'], wires: [['completed']] },
  ];
  const start = async (change: object = {}): Promise<void> => {
    attempts = Promise.withResolvers();
    flow = await runNodes([fakeDatabase, recordStore], nodes(change), { userDir: folder.folder });
  };
  const failure = async (): Promise<string> => {
    const { error } = await flow.next('errors');
    return (error as Error).message;
  };
  beforeEach(() => {
    folder = temporaryFolder();
    stored = new Map();
    trouble = undefined;
  });
  afterEach(async () => {
    await flow.close();
    folder.remove();
  });

  it('keeps documents, and stores and sends them in their order when it is back', async () => {
    await start();
    trouble = away;
    for (const id of ['a', 'b', 'c']) flow.receive('store', { id, payload: { id }, req: 7 });
    assert.equal((await flow.next('completed'))['id'], 'a');
    assert.equal((await flow.next('completed'))['id'], 'b');
    assert.equal((await flow.next('completed'))['id'], 'c');
    assert.deepEqual([[...stored.keys()], flow.take('out')], [[], []]);
    trouble = undefined;
    wallClock(api).advance(2000);
    const sent = [await flow.next('out'), await flow.next('out'), await flow.next('out')];
    assert.deepEqual(
      sent.map(({ id, req }) => [id, req]),
      [
        ['a', 7],
        ['b', 7],
        ['c', 7],
      ],
    );
    assert.deepEqual([...stored.keys()], ['journal/a', 'journal/b', 'journal/c']);
    assert.deepEqual(flow.errors(), []);
  });

  it('shows how many wait, and that none does any more', async () => {
    trouble = away;
    await start();
    for (let count = 0; count < 3; count++) flow.receive('store', { payload: { count } });
    for (let count = 0; count < 3; count++) await flow.next('completed');
    await flow.close();
    assert.equal(stored.size, 0);
    await start();
    assert.deepEqual(flow.statuses('store'), ['3 wait']);
    trouble = undefined;
    wallClock(api).advance(2000);
    flow.receive('store', { id: 'last', payload: {} });
    await flow.next('out');
    const statuses = Reflect.get(Object(flow.node('store')), 'status') as { args: unknown[][] };
    // The light waits a second before it changes again, but not when the node closes.
    await flow.deploy(nodes({ name: 'other' }), 'nodes');
    assert.ok(statuses.args.some(([status]) => Reflect.get(Object(status), 'text') === 'put'));
    assert.deepEqual(
      [...stored.values()].map((body) => body['count']),
      [0, 1, 2, undefined],
    );
  });

  it('keeps them over a restart, with the ids they have got', async () => {
    await start();
    trouble = away;
    flow.receive('store', { payload: { number: 1 } });
    flow.receive('store', { id: 'two', payload: { number: 2 } });
    await flow.next('completed');
    await flow.next('completed');
    await flow.close();
    trouble = undefined;
    await start();
    await attempts.promise;
    flow.receive('store', { id: 'three', payload: { number: 3 } });
    await flow.next('out');
    assert.deepEqual([...stored.values()], [{ number: 1 }, { number: 2 }, { number: 3 }]);
    await flow.close();
    attempts = Promise.withResolvers();
    await start();
    flow.receive('store', { id: 'four', payload: { number: 4 } });
    await flow.next('out');
    assert.equal(stored.size, 4, 'nothing is left in the state file');
  });

  it('keeps them over a deploy that makes it fail from now on', async () => {
    await start();
    trouble = away;
    flow.receive('store', { id: 'a', payload: {} });
    await flow.next('completed');
    await flow.deploy(nodes({ away: 'fail', name: 'other' }), 'nodes');
    flow.receive('store', { id: 'b', payload: {} });
    assert.equal((await flow.next('errors'))['id'], 'b');
    trouble = undefined;
    wallClock(api).advance(2000);
    flow.receive('store', { id: 'c', payload: {} });
    await flow.next('out');
    assert.deepEqual([...stored.keys()].toSorted(), ['journal/a', 'journal/c']);
  });

  it('fails at once where the document is refused', async () => {
    await start({ schema: '{"type": "object", "required": ["at"]}' });
    trouble = new Error('value too long');
    flow.receive('store', { id: 'a', payload: { at: 1 } });
    assert.match(await failure(), /value too long/);
    trouble = away;
    flow.receive('store', { id: 'b', payload: {} });
    assert.match(await failure(), /payload: must have required property 'at'/);
    flow.receive('store', { id: 'c', payload: { at: 1, text: 'x'.repeat(2 ** 20) } });
    assert.match(await failure(), /payload: must be at most 1048576 bytes/);
    assert.deepEqual(flow.take('completed'), []);
  });

  it('tells a Catch node of what has waited and is refused', async () => {
    await start();
    trouble = away;
    flow.receive('store', { id: 'a', payload: { number: 1 } });
    await flow.next('completed');
    trouble = new Error('value too long');
    wallClock(api).advance(2000);
    const { id, payload, error } = await flow.next('errors');
    assert.deepEqual([id, payload], ['a', { number: 1 }]);
    assert.match(String((error as Error).message), /a has waited and is refused: value too long/);
  });

  it('tells when it is removed before they are stored', async () => {
    await start();
    trouble = away;
    flow.receive('store', { id: 'a', payload: {} });
    await flow.next('completed');
    const store = flow.node('store');
    const rest = nodes().filter(({ id }) => id !== 'store');
    await flow.deploy(rest, 'nodes');
    const warn = Reflect.get(Object(store), 'warn') as { args: unknown[][] };
    assert.deepEqual(
      warn.args.map(([text]) => text),
      ['record-store: 1 documents that waited are gone with the node'],
    );
    await flow.deploy(nodes(), 'nodes');
    assert.equal(stored.size, 0);
  });

  for (const change of [{ away: 'fail' }, { away: undefined }, { operation: 'message' }])
    it(`fails as ever with ${JSON.stringify(change)}`, async () => {
      await start(change);
      trouble = away;
      flow.receive('store', { operation: 'put', id: 'a', payload: {} });
      assert.match(await failure(), /database plant: connect/);
    });
});
