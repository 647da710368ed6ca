import assert from 'node:assert/strict';
import plantDatabase from '../../nodes/plant-database/plant-database.ts';
import recordStore from '../../nodes/record-store/record-store.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';

const schema = JSON.stringify({
  type: 'object',
  properties: { state: { enum: ['free', 'taken'] }, volume: { type: 'number', maximum: 10 } },
});
const store = (id: string, change: object = {}): FlowNode => ({
  id,
  type: 'record-store',
  name: '',
  database: 'database',
  collection: 'reactors',
  operation: 'message',
  where: '',
  sort: '',
  limit: '100',
  keep: '0',
  schema,
  wires: [['out'], ['none']],
  ...change,
});

describe('record-store', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let flow: NodeFlow;
  const nodes = (change: object = {}): FlowNode[] => [
    { id: 'database', type: 'plant-database', url: '' },
    store('store', change),
    store('other'),
    ...['out', 'none', 'completed'].map((id) => ({ id, type: 'probe', wires: [] })),
    { id: 'complete', type: 'complete', scope: ['store'], wires: [['completed']] },
  ];
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes([plantDatabase, recordStore], nodes(change), { userDir: folder.folder });
  };
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await flow.close();
    folder.remove();
  });
  const asked = async (msg: object, from = 'out'): Promise<Sent> => {
    flow.receive('store', { ...msg });
    return flow.next(from);
  };
  const failed = async (msg: object): Promise<string> => {
    flow.receive('store', { ...msg });
    const { error } = await flow.next('errors');
    return (error as Error).message.replace(/^Error: /, '');
  };

  it('makes, reads, changes, lists and deletes', async () => {
    await start();
    const made = await asked({ operation: 'put', id: 'r1', payload: { state: 'free', volume: 5 }, req: 7 });
    const { created, updated, ...document } = made['document'] as Record<string, unknown>;
    assert.deepEqual(document, { collection: 'reactors', id: 'r1', version: 1 });
    assert.ok(Number.isSafeInteger(created) && updated === created);
    assert.deepEqual(
      [made['payload'], made['req'], made['operation']],
      [{ state: 'free', volume: 5 }, 7, undefined],
    );
    assert.equal((await flow.next('completed'))['id'], 'r1');

    const read = await asked({ operation: 'get', id: 'r1', payload: 'whatever' });
    assert.deepEqual([read['payload'], read['document']], [made['payload'], made['document']]);

    const changed = await asked({
      operation: 'update',
      id: 'r1',
      payload: { volume: null },
      where: { $version: 1 },
    });
    assert.deepEqual([changed['payload'], changed['where']], [{ state: 'free' }, undefined]);
    assert.equal(Reflect.get(Object(changed['document']), 'version'), 2);

    await asked({ operation: 'put', payload: { state: 'taken' } });
    const list = await asked({ operation: 'list', where: { state: 'free' }, limit: 1 });
    assert.deepEqual(
      [list['payload'], list['documents'], list['total']],
      [[{ state: 'free' }], [changed['document']], 1],
    );
    assert.deepEqual((await asked({ operation: 'list', sort: '-state' }))['payload'], [
      { state: 'taken' },
      { state: 'free' },
    ]);

    const gone = await asked({ operation: 'delete', id: 'r1', where: { state: 'free' } });
    assert.deepEqual([gone['id'], gone['payload']], ['r1', null]);
    assert.deepEqual((await asked({ operation: 'list', where: { state: 'free' } }))['payload'], []);
    assert.deepEqual(flow.errors(), []);
  });

  it('has a way of its own for what is not there or not met, with the message as it came', async () => {
    await start();
    await asked({ operation: 'put', id: 'r1', payload: { state: 'taken' } });
    for (const msg of [
      { operation: 'get', id: 'r2' },
      { operation: 'update', id: 'r2', payload: { state: 'free' } },
      { operation: 'update', id: 'r1', payload: { state: 'free' }, where: { state: 'free' } },
      { operation: 'reserve', payload: { state: 'taken' }, where: { state: 'free' } },
      { operation: 'delete', id: 'r1', where: { $version: 2 } },
      { operation: 'delete', id: 'r2' },
    ]) {
      const { _msgid, ...none } = await asked(msg, 'none');
      assert.deepEqual(none, msg);
    }
    assert.deepEqual(flow.take('out'), []);
  });

  it('gives a reactor to one of those who ask at once, in two nodes', async () => {
    await start();
    for (const id of ['r1', 'r2', 'r3']) await asked({ operation: 'put', id, payload: { state: 'free' } });
    for (let asker = 0; asker < 10; asker++)
      flow.receive(asker % 2 ? 'store' : 'other', {
        operation: 'reserve',
        where: { state: 'free' },
        sort: '$id',
        payload: { state: 'taken', by: asker },
      });
    const winners = [await flow.next('out'), await flow.next('out'), await flow.next('out')];
    for (let loser = 0; loser < 7; loser++) await flow.next('none');
    assert.deepEqual(new Set(winners.map(({ id }) => id)), new Set(['r1', 'r2', 'r3']));
    assert.deepEqual(flow.take('out'), []);
  });

  it('does one message after the other: the later one wins', async () => {
    await start({ operation: 'put', schema: '' });
    for (let count = 1; count <= 50; count++) flow.receive('store', { id: 'r1', payload: { count } });
    const versions: unknown[] = [];
    for (let count = 1; count <= 50; count++) {
      const { payload, document } = await flow.next('out');
      versions.push([Reflect.get(Object(payload), 'count'), Reflect.get(Object(document), 'version')]);
    }
    assert.deepEqual(
      versions,
      Array.from({ length: 50 }, (_, index) => [index + 1, index + 1]),
    );
  });

  it('tells a flow that asks faster than it is answered, and does what it has taken', async () => {
    await start({ operation: 'get' });
    for (let count = 0; count <= 1000; count++) flow.receive('store', { id: String(count) });
    const { error, id } = await flow.next('errors');
    assert.match((error as Error).message, /record-store: 1000 messages are waiting for their turn already$/);
    assert.equal(id, '1000');
    for (let count = 0; count < 1000; count++) assert.equal((await flow.next('none'))['id'], String(count));
    assert.equal((await asked({ id: 'again' }, 'none'))['id'], 'again', 'there is room again');
  });

  it('refuses a body that the schema refuses, also one that a change would make', async () => {
    await start();
    assert.equal(
      await failed({ operation: 'put', id: 'r1', payload: { volume: 11 } }),
      'payload.volume: must be <= 10, got 11',
    );
    await asked({ operation: 'put', id: 'r1', payload: { state: 'free', volume: 5 } });
    for (const operation of ['update', 'reserve'])
      assert.equal(
        await failed({ operation, id: 'r1', payload: { volume: 12 } }),
        'body.volume: must be <= 10, got 12',
      );
    assert.equal((await asked({ operation: 'get', id: 'r1' }))['document'] !== undefined, true);
    assert.deepEqual((await asked({ operation: 'get', id: 'r1' }))['payload'], { state: 'free', volume: 5 });
    assert.match(await failed({ operation: 'get' }), /^id: must be text/);
    assert.match(
      await failed({ operation: 'put', id: 'r1', payload: { text: 'x'.repeat(2 ** 20) } }),
      /^payload: must be at most 1048576 bytes of JSON, got 1048587$/,
    );
  });

  it('keeps only the newest', async () => {
    await start({ operation: 'put', keep: '3', schema: '' });
    for (const id of ['a', 'b', 'c', 'd']) await asked({ id, payload: {} });
    flow.receive('other', { operation: 'list' });
    const { documents } = await flow.next('out');
    assert.deepEqual(
      (documents as { id: string }[]).map(({ id }) => id),
      ['d', 'c', 'b'],
    );
  });

  it('keeps documents over a restart', async () => {
    await start();
    await asked({ operation: 'put', id: 'r1', payload: { state: 'free' } });
    await flow.close();
    await start();
    assert.deepEqual((await asked({ operation: 'get', id: 'r1' }))['payload'], { state: 'free' });
  });

  for (const [change, complaint] of [
    [{ schema: '{"type": "objekt"}' }, /^schema: must be a JSON schema, but schema is invalid/],
    [{ schema: '{"propertys": {}}' }, /^schema: .*unknown keyword: "propertys"/],
    [{ collection: '' }, /^collection: must be text of 1 to 200/],
    [{ database: 'nowhere' }, /^database: there is no running plant-database "nowhere"$/],
  ] as const)
    it(`tells at deploy: ${String(complaint)}`, async () => {
      await start(change);
      assert.match(flow.reported('store')[0] ?? '', complaint);
      assert.deepEqual(flow.statuses('store'), ['configuration']);
    });
});
