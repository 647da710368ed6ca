import assert from 'node:assert/strict';
import adapter from '../../nodes/data-silo/data-silo.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, temporaryFolder, type NodeFlow } from '../support/node-flow.ts';

const def = { type: 'data-silo', outputTopic: 'rs485', skipLevels: 1, topicLevels: 1, maxClients: 3 };
const START = Date.UTC(2020, 0, 1);

describe('data-silo', () => {
  let plant: NodeFlow;
  let folder: ReturnType<typeof temporaryFolder>;
  const nodes = (change: object) => [
    { id: 'clock', type: 'process-clock', mode: 'stepped', start: '2020-01-01T00:00:00Z' },
    { id: 'silo', clock: 'clock', wires: [['out']], ...def, ...change },
    { id: 'out', type: 'probe', wires: [] },
  ];
  const start = async (change: object = {}): Promise<void> => {
    plant = await runNodes([processClock, adapter], nodes(change), { userDir: folder.folder });
  };
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await plant.close();
    folder.remove();
  });
  const receive = (msg: object): void => plant.receive('silo', { ...msg });
  const voltage = (value: number, timestamp: number) => ({
    topic: 'power/meter/voltage',
    payload: value,
    timestamp,
    unit: 'V',
    source: 'simulated',
  });
  const clients = (msg: object | undefined) =>
    Object(Reflect.get(Object(msg), 'payload')) as Record<string, object>;

  it('tells all clients once per period of process time, without drift', async () => {
    await start();
    receive(voltage(320, START));
    receive({ topic: 'power/pump', payload: { on: true }, timestamp: START });
    assert.deepEqual(plant.take('out'), []);
    plant.clock().advance(30_000);
    const sent = plant.take('out');
    assert.deepEqual(
      sent.map((msg) => msg['timestamp']),
      [START + 10_000, START + 20_000, START + 30_000],
    );
    const { _msgid, payload, ...rest } = sent[0] ?? {};
    assert.deepEqual(rest, {
      topic: 'rs485',
      timestamp: START + 10_000,
      quality: 'good',
      source: 'simulated',
      silo: { id: 'rs485', time: START + 10_000, count: 2, stale: 0 },
    });
    assert.deepEqual(Object.keys(Object(payload)), ['meter', 'pump']);
  });

  it('answers a request with the message itself', async () => {
    await start({ periodSeconds: 0 });
    receive(voltage(320, START));
    plant.clock().advance(70_000);
    assert.deepEqual(plant.take('out'), []);
    receive({ topic: 'snapshot', payload: 'old', unit: 'V', req: 7, timestamp: 1 });
    const [answer] = plant.take('out');
    assert.equal(answer?.['req'], 7);
    assert.equal(answer?.['unit'], undefined);
    assert.equal(answer?.['timestamp'], START + 70_000);
    assert.deepEqual(clients(answer)['meter'], {
      values: { voltage: 320 },
      timestamp: START,
      age: 70,
      quality: 'uncertain',
      stale: true,
      qualities: { voltage: 'uncertain' },
      timestamps: { voltage: START },
      units: { voltage: 'V' },
    });
  });

  it('names what it cannot use, and uses the rest', async () => {
    await start();
    receive({ topic: 'power/a', payload: { x: 1, y: [] } });
    for (const client of ['b', 'c', 'd']) receive({ topic: `power/${client}`, payload: 1 });
    receive({ topic: 'power', payload: 1 });
    assert.deepEqual(plant.errors(), [
      'payload.y: must be a number, text, true, false or null, got []',
      'client: "d" is one too many, there are 3 (Most clients)',
      'topic: must have at least 2 levels, got "power"',
    ]);
    receive({ topic: 'snapshot' });
    assert.deepEqual(Object.keys(clients(plant.take('out')[0])), ['a', 'b', 'c']);
  });

  it('names the first few of many that are refused', async () => {
    await start({ maxClients: 1 });
    const view = { values: { x: 1 }, timestamp: START };
    const payload = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((client) => [client, view]));
    receive({ topic: 'hall', payload, silo: { id: 'hall' } });
    const [error = ''] = plant.errors();
    assert.match(error, /^client: "hall\/b" is one too many.*"hall\/d".*; and 2 more$/);
  });

  it('forgets a client that is told to go, and after a long time where that is set', async () => {
    await start({ periodSeconds: 0, forgetHours: 1 });
    receive({ topic: 'power/a', payload: 1 });
    receive({ topic: 'power/b', payload: 1 });
    receive({ topic: 'forget', payload: 'a' });
    receive({ topic: 'forget', payload: 'a' });
    assert.deepEqual(plant.errors(), ['payload: must be the id of a client of this silo, got "a"']);
    receive({ topic: 'snapshot' });
    assert.deepEqual(Object.keys(clients(plant.take('out')[0])), ['b']);
    plant.clock().advance(3_600_000);
    receive({ topic: 'snapshot' });
    assert.deepEqual(clients(plant.take('out')[0]), {});
  });

  it('remembers over a deploy and a restart', async () => {
    await start();
    receive(voltage(320, START));
    await plant.deploy(nodes({ staleSeconds: 5 }));
    receive({ topic: 'snapshot' });
    const [deployed] = plant.take('out');
    assert.deepEqual(Reflect.get(Object(clients(deployed)['meter']), 'values'), { voltage: 320 });
    await plant.deploy(nodes({ maxClients: 0 }));
    assert.deepEqual(plant.reported('silo').slice(-1), [
      'maxClients: must be a whole number of at least 1 and at most 100000, got 0',
    ]);
    await plant.close();
    await start();
    receive({ topic: 'snapshot' });
    assert.deepEqual(Object.keys(clients(plant.take('out')[0])), ['meter']);
  });

  it('shows how many there are', async () => {
    await start();
    receive(voltage(320, START));
    receive({ topic: 'snapshot' });
    assert.deepEqual(plant.statuses('silo'), ['no client']);
    await plant.close();
    await start();
    assert.deepEqual(plant.statuses('silo'), ['1 client']);
  });
});
