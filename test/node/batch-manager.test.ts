import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { NodeAPI } from 'node-red';
import batchManager from '../../nodes/batch-manager/batch-manager.ts';
import { parse } from '../../nodes/batch-manager/config.ts';
import { announceDatabase } from '../../nodes/lib/database.ts';
import { defineNode, onClose } from '../../nodes/lib/node.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import type { Database } from '../../nodes/lib/store.ts';
import { acquireDatabase } from '../../nodes/plant-database/databases.ts';
import { cheve, macroplaza, MACROPLAZA, says, step, type Body } from '../support/brewery.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';

const OLGA = { user: 'olga', role: 'operator' };

describe('batch-manager', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let flow: NodeFlow;
  let api: NodeAPI;
  let trouble: Error | undefined;

  /** A real database that can be taken away. */
  const database = (RED: NodeAPI): void => {
    api = RED;
    defineNode(RED, 'plant-database', (node) => {
      const { database: real, release } = acquireDatabase({ url: '', folder: folder.folder });
      const records = Object.fromEntries(
        Object.entries(real.records).map(([name, method]: [string, (...args: never[]) => unknown]) => [
          name,
          async (...args: never[]) => {
            if (trouble) throw trouble;
            return method(...args);
          },
        ]),
      ) as unknown as Database['records'];
      const withdraw = announceDatabase(RED, { id: node.id, name: 'plant', database: { ...real, records } });
      onClose(node, withdraw);
      node.on('close', (done: () => void) => void release().finally(done));
    });
  };
  const nodes = (change: object = {}): FlowNode[] => [
    { id: 'database', type: 'plant-database' },
    {
      id: 'manager',
      type: 'batch-manager',
      name: '',
      database: 'database',
      prefix: 'bioreactor',
      acceptSeconds: '60',
      wires: [['answer'], ['mqtt'], ['journal']],
      ...change,
    },
    ...['answer', 'mqtt', 'journal', 'completed'].map((id) => ({ id, type: 'probe', wires: [] })),
    { id: 'complete', type: 'complete', scope: ['manager'], wires: [['completed']] },
  ];
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes([database, batchManager], nodes(change), { userDir: folder.folder });
  };
  beforeEach(async () => {
    folder = temporaryFolder();
    trouble = undefined;
    await start();
  });
  afterEach(async () => {
    await flow.close();
    folder.remove();
  });

  const told = async (topic: string, payload: unknown): Promise<void> => {
    flow.receive('manager', { topic, payload });
    await flow.next('completed');
  };
  const asked = async (topic: string, payload: unknown = {}, more: object = OLGA): Promise<Sent> => {
    flow.receive('manager', { topic, payload, ...more });
    return flow.next('answer');
  };
  const make = async (): Promise<Sent> => {
    await told('seed', [macroplaza]);
    await told('updateBioreactorAvailable', says('pi01', 'True'));
    await asked('put-recipe', cheve);
    const answer = await asked('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA });
    assert.equal(answer['statusCode'], 201);
    return answer;
  };
  const idOf = ({ payload }: Sent): string => String(((payload as Body)['batch'] as Body)['Id']);
  /** Resolves when the node waits for a time: what it reads at the start is read beside the messages. */
  const armed = async (): Promise<void> => {
    while (wallClock(api).nextDue() === Infinity) await setImmediate();
  };
  const failure = async (): Promise<Sent & { message: string }> => {
    const msg = await flow.next('errors');
    return { ...msg, message: (msg['error'] as Error).message.replace(/^Error: /, '') };
  };

  it('answers the message it has got, with all it had', async () => {
    const { _msgid, ...answer } = await asked(
      'batches',
      {},
      { ...OLGA, req: { url: '/' }, res: 7, _msgid: 'one' },
    );
    assert.equal(_msgid, 'one');
    assert.deepEqual(answer, {
      topic: 'batches',
      payload: { items: [] },
      statusCode: 200,
      ...OLGA,
      req: { url: '/' },
      res: 7,
    });
  });

  it('refuses by an answer, which is no error', async () => {
    const { payload, statusCode, res } = await asked(
      'command',
      { command: 'start' },
      { user: 'olga', id: 'x', res: 7 },
    );
    assert.deepEqual([payload, statusCode, res], [{ error: 'There is no batch x' }, 404, 7]);
    assert.deepEqual(flow.errors(), []);
  });

  it('tells the reactor of a batch, and the journal', async () => {
    const Id = idOf(await make());
    const { _msgid, ...publication } = await flow.next('mqtt');
    assert.match(Id, /^[0-9a-z]{10}$/);
    const { topic, qos, retain, payload } = publication;
    assert.deepEqual(
      [topic, qos, retain, (payload as Body)['Id']],
      ['/TJ/22105/pi01/receiveBatch', 1, false, Id],
    );
    await told('updateJournal', step(1, 'idle', 'received', { batch: Id }));
    const entry = await flow.next('journal');
    assert.deepEqual(
      [entry['topic'], entry['payload']],
      ['bioreactor/journal', step(1, 'idle', 'received', { batch: Id })],
    );
    assert.deepEqual(flow.take('answer'), [], 'what devices say has no answer');
  });

  it('ends a reservation that nobody answers, by the clock on the wall', async () => {
    const Id = idOf(await make());
    wallClock(api).advance(59_999);
    wallClock(api).advance(1);
    const { payload } = await flow.next('journal');
    assert.equal((payload as Body)['reason'], 'the reactor did not answer');
    const { payload: found } = await asked('batch', {}, { ...OLGA, id: Id });
    assert.equal(((found as Body)['batch'] as Body)['Status'], 'Failed');
  });

  it('ends it after a restart', async () => {
    const Id = idOf(await make());
    await flow.close();
    await start();
    await armed();
    const { payload } = await asked('batch', {}, { ...OLGA, id: Id });
    assert.equal(((payload as Body)['batch'] as Body)['Status'], 'Ready to Start');
    wallClock(api).advance(60_000);
    assert.equal(((await flow.next('journal'))['payload'] as Body)['batch'], Id);
  });

  it('clears its timer at the close', async () => {
    await make();
    const due = wallClock(api).nextDue();
    assert.ok(due < Infinity);
    await flow.deploy([{ id: 'database', type: 'plant-database' }, ...nodes().slice(2, 6)]);
    assert.equal(wallClock(api).nextDue(), Infinity);
  });

  it('is an error for a Catch node where the database is away, and is back when that is', async () => {
    await make();
    trouble = new Error('database plant: connect ECONNREFUSED');
    flow.receive('manager', { topic: 'batches', payload: {}, ...OLGA, res: 7 });
    const { message, res, topic } = await failure();
    assert.deepEqual([message, res, topic], ['database plant: connect ECONNREFUSED', 7, 'batches']);
    wallClock(api).advance(60_000);
    assert.match((await failure()).message, /ECONNREFUSED/, 'nobody has asked, it is told all the same');
    trouble = undefined;
    await armed();
    wallClock(api).advance(5000);
    await flow.next('journal');
    assert.deepEqual(flow.errors(), []);
  });

  it('keeps what a device says, in its order, until the database is back', async () => {
    const Id = idOf(await make());
    await armed();
    flow.take('completed');
    trouble = new Error('database plant: connect ECONNREFUSED');
    for (const [Status, Seq] of [
      ['Ready to Start', 1],
      ['In Progress', 2],
      ['Ready for Pickup', 3],
    ] as const)
      flow.receive('manager', {
        topic: 'updateBatchStatus',
        payload: { Id, Status, Seq, Bioreactor: { Id: 'pi01' } },
      });
    // What is asked meanwhile is answered with the trouble, after the device was turned away.
    flow.receive('manager', { topic: 'batches', payload: {}, ...OLGA });
    assert.match((await failure()).message, /ECONNREFUSED/);
    wallClock(api).advance(5000);
    flow.receive('manager', { topic: 'batches', payload: {}, ...OLGA });
    await failure();
    trouble = undefined;
    wallClock(api).advance(5000);
    for (let count = 0; count < 3; count++) await flow.next('completed');
    const { payload } = await asked('batch', {}, { ...OLGA, id: Id });
    assert.equal(((payload as Body)['batch'] as Body)['Status'], 'Ready for Pickup');
    assert.deepEqual(flow.errors(), []);
  });

  it('says which words of a device are lost, where it is closed before', async () => {
    const Id = idOf(await make());
    trouble = new Error('database plant: connect ECONNREFUSED');
    flow.receive('manager', {
      topic: 'updateBatchStatus',
      payload: { Id, Status: 'In Progress', Bioreactor: { Id: 'pi01' } },
    });
    flow.receive('manager', { topic: 'batches', payload: {}, ...OLGA });
    await failure();
    await flow.deploy(nodes({ name: 'another' }), 'nodes');
    assert.match((await failure()).message, /closed while it waited for the database/);
  });

  for (const [msg, complaint] of [
    [{ topic: 'drop' }, /^topic: must be one of recipes, /],
    [{}, /^topic: must be one of .*got nothing$/],
    [{ topic: 'updateBatchStatus', payload: '{' }, /^payload: must be an object or its JSON, got "\{"$/],
    [{ topic: 'updateJournal', payload: {} }, /^id: must be text of 1 to 120 characters, got nothing$/],
    [{ topic: 'seed', payload: 'x' }, /^payload: must be a list of facilities, got "x"$/],
  ] as const)
    it(`is an error for what nobody can answer: ${String(complaint)}`, async () => {
      flow.receive('manager', { ...msg });
      assert.match((await failure()).message, complaint);
      assert.deepEqual(flow.take('answer'), []);
    });

  it('tells a flow that asks faster than it is answered', async () => {
    for (let count = 0; count <= 1000; count++) flow.receive('manager', { topic: 'batches', count });
    assert.match((await failure()).message, /1000 messages are waiting/);
    for (let count = 0; count < 1000; count++) await flow.next('answer');
    assert.equal((await asked('facilities'))['statusCode'], 200);
  });

  it('says what is wrong with its form', async () => {
    for (const [def, complaint] of [
      [{ database: 'd', prefix: 'a b' }, /^prefix: must be 1 to 61 of a to z, 0 to 9 and -, got "a b"$/],
      [
        { database: 'd', acceptSeconds: '0' },
        /^acceptSeconds: must be a number of at least 1 and at most 86400, got "0"$/,
      ],
      [{ database: '' }, /^database: must not be blank/],
    ] as const)
      assert.throws(() => parse(def), { message: complaint });
    assert.deepEqual(parse({ database: 'd' }), {
      name: '',
      database: 'd',
      prefix: 'bioreactor',
      acceptSeconds: 60,
    });
    await flow.deploy(nodes({ database: 'gone' }));
    assert.match(String(flow.reported('manager')), /database: there is no running plant-database "gone"/);
  });
});
