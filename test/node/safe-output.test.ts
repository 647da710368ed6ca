import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import adapter from '../../nodes/safe-output/safe-output.ts';
import { bench, type Bench } from '../support/bench.ts';

const heater = {
  type: 'safe-output',
  outputTopic: 'tank/heater',
  holdOffSeconds: '0',
  minOffSeconds: '0',
  gapSeconds: '0',
};
const cooler = {
  ...heater,
  id: 'cooler',
  outputTopic: 'tank/cooler',
  clock: 'clock',
  wires: [['cooled'], ['cooled-why']],
};
const on = { topic: 'pid/heater', payload: true };

describe('safe-output', () => {
  let plant: Bench;
  let api: NodeAPI;
  const capturing = (RED: NodeAPI): void => {
    api = RED;
    adapter(RED);
  };
  const start = async (change: object = {}, others: (object & { id: string; type: string })[] = []) => {
    const probes = ['cooled', 'cooled-why'].map((id) => ({ id, type: 'probe', wires: [] }));
    plant = await bench(capturing, { ...heater, ...change }, { outputs: 2, others: [...probes, ...others] });
  };
  beforeEach(() => stateDatabase(undefined).exec('DELETE FROM state'));
  afterEach(() => plant.close());
  const outputs = () => plant.take().map(({ payload }) => payload);
  const reasons = () => plant.take(2).map(({ payload }) => (payload as { reason: string }).reason);

  it('sends off once the flows have started, and with every heartbeat until it has a command', async () => {
    await start({ heartbeatSeconds: '10' });
    const begun = plant.clock.now();
    const [first] = plant.take();
    const { _msgid, ...rest } = first ?? {};
    assert.ok(_msgid);
    assert.deepEqual(rest, { topic: 'tank/heater', payload: false, validFor: 30_000, timestamp: begun });
    plant.clock.advance(20_000);
    assert.deepEqual(outputs(), [false, false]);
    plant.receive(on);
    assert.deepEqual(outputs(), [true]);
  });

  for (const type of ['full', 'flows', 'nodes'] as const)
    it(`sends off first after a deploy of kind ${type}`, async () => {
      await start();
      plant.receive(on);
      plant.take();
      await plant.redeploy(type, { name: 'again' });
      assert.deepEqual(outputs(), [false]);
      plant.receive(on);
      assert.deepEqual(outputs(), [true]);
    });

  it('repeats what is in force when only other nodes are deployed', async () => {
    await start();
    plant.receive(on);
    plant.take();
    await plant.redeploy('nodes');
    assert.deepEqual(outputs(), [true]);
  });

  it('goes off when the lease ends in process time, and says why', async () => {
    await start();
    plant.receive(on);
    plant.clock.advance(29_999);
    plant.take(2);
    const due = plant.clock.now() + 1;
    plant.clock.advance(1);
    const off = plant.take().at(-1);
    assert.deepEqual([off?.['payload'], off?.['timestamp']], [false, due]);
    const [why] = plant.take(2);
    assert.equal(why?.['topic'], 'tank/heater/guard');
    assert.deepEqual(why?.['payload'], {
      wanted: true,
      applied: false,
      limited: true,
      reason: 'stale command',
      since: due,
    });
  });

  it('ends a wall lease while the clock of the plant stands still', async () => {
    await start({ wallLeaseSeconds: '30' });
    plant.receive(on);
    wallClock(api).advance(29_999);
    assert.deepEqual(outputs(), [false, true]);
    wallClock(api).advance(1);
    assert.deepEqual(outputs(), [false]);
    assert.equal(reasons().at(-1), 'stale command');
  });

  it('ignores retained messages and says so; only a retained trip counts', async () => {
    await start({ permissiveTopics: 'tank', goodSamples: '1' });
    plant.receive({ topic: 'tank', payload: 20 });
    plant.take(2);
    for (const msg of [on, { topic: 'enable', payload: false }, { topic: 'tank', payload: null }])
      plant.receive({ ...msg, retain: true });
    assert.deepEqual(
      plant.take(2).map(({ payload }) => (payload as { ignored: string }).ignored),
      ['retained pid/heater', 'retained enable', 'retained tank'],
    );
    assert.deepEqual(outputs(), [false]);
    plant.receive(on);
    plant.receive({ topic: 'trip', payload: 'too hot', retain: true });
    assert.deepEqual(outputs(), [true, false]);
    assert.deepEqual(reasons(), ['command', 'tripped: too hot']);
  });

  it('ignores a record that lacks its quantity', async () => {
    await start({ permissiveTopics: 'tank', quantity: 't', goodSamples: '2' });
    plant.receive({ topic: 'tank', payload: { t: 20 } });
    plant.receive({ topic: 'tank', payload: { lux: 5 } });
    plant.receive({ topic: 'tank', payload: { t: 20 } });
    plant.receive(on);
    plant.receive({ topic: 'tank', payload: { lux: 5 } });
    assert.deepEqual(outputs(), [false, true]);
    assert.deepEqual(plant.errors(), []);
  });

  it('refuses what it cannot use, and changes nothing', async () => {
    await start({ permissiveTopics: 'tank', quantity: 't', goodSamples: '1', tripAbove: '30' });
    plant.receive({ topic: 'tank', payload: { t: 20 } });
    plant.receive(on);
    plant.take();
    for (const bad of [
      { topic: 'pid/heater', payload: 'true' },
      { topic: 'pid/heater', payload: 101 },
      { topic: 'pid/heater' },
      { topic: 'pid/heater', payload: true, validFor: '5' },
      { topic: 'enable', payload: 'yes' },
    ])
      plant.receive(bad);
    assert.deepEqual(outputs(), []);
    plant.receive({ topic: 'tank', payload: { t: 'hot' } });
    assert.deepEqual(outputs(), [false], 'a measurement that cannot be read gives no leave');
    plant.receive({ topic: 'tank', payload: { t: 31 } });
    plant.receive({ topic: 'reset' });
    assert.deepEqual(plant.errors(), [
      'payload: must be true, false or 0 to 100, got "true"',
      'payload: must be true, false or 0 to 100, got 101',
      'payload: must be true, false or 0 to 100, got nothing',
      'validFor: must be a number above 0, got "5"',
      'payload: must be true or false, got "yes"',
      'payload.t: must be a number or a boolean, got "hot"',
      'reset: the measurement is still beyond its limit',
    ]);
  });

  it('keeps a trip over a restart, and wants a reset and then a command', async () => {
    await start();
    plant.receive(on);
    plant.receive({ topic: 'trip', payload: true });
    plant.receive({ topic: 'trip', payload: false });
    await plant.redeploy('full', { name: 'again' });
    plant.take();
    plant.take(2);
    plant.receive(on);
    plant.receive({ topic: 'reset' });
    assert.deepEqual(outputs(), []);
    plant.receive(on);
    assert.deepEqual(outputs(), [true]);
    assert.deepEqual(reasons(), ['tripped: command', 'no command', 'command']);
  });

  it('keeps the longest on-time over a restart', async () => {
    await start({ maxOnSeconds: '20' });
    plant.receive(on);
    plant.clock.advance(20_000);
    assert.equal(outputs().at(-1), false);
    await plant.redeploy('full', { maxOnSeconds: '20', name: 'again' });
    plant.receive(on);
    assert.equal(reasons().at(-1), 'maximum on-time');
    plant.receive({ ...on, payload: 0 });
    plant.receive(on);
    assert.equal(outputs().at(-1), true);
  });

  it('proportions a percentage to time', async () => {
    await start({ cycleSeconds: '10', leaseSeconds: '1000', heartbeatSeconds: '1000' });
    plant.receive({ topic: 'pid/heater', payload: 30 });
    const begun = plant.clock.now();
    plant.clock.advance(20_000);
    assert.deepEqual(
      plant.take().map(({ payload, timestamp }) => [(Number(timestamp) - begun) / 1000, payload]),
      [
        [0, false],
        [0, true],
        [3, false],
        [10, true],
        [13, false],
        [20, true],
      ],
    );
  });

  it('never has two of a group on, break before make', async () => {
    const change = { exclusionGroup: 'thermal', gapSeconds: '5', leaseSeconds: '1000' };
    await start(change, [{ ...cooler, ...change }]);
    plant.clock.advance(5000);
    plant.receive(on);
    plant.node('cooler').receive(on);
    plant.clock.advance(60_000);
    plant.receive({ ...on, payload: false });
    plant.clock.advance(4999);
    const before = plant.probe('cooled').map(({ payload }) => payload);
    assert.ok(!before.includes(true));
    plant.clock.advance(1);
    assert.deepEqual(
      plant.probe('cooled').map(({ payload }) => payload),
      [true],
    );
    assert.deepEqual(
      plant.probe('cooled-why').map(({ payload }) => (payload as { reason: string }).reason),
      ['no command', 'excluded', 'command'],
    );
  });

  it('keeps its place in the group while it is redeployed, until it has sent off', async () => {
    const change = { exclusionGroup: 'thermal', leaseSeconds: '1000' };
    await start(change, [{ ...cooler, ...change }]);
    plant.receive(on);
    plant.node('cooler').receive(on);
    plant.take();
    plant.probe('cooled');
    await plant.redeploy('nodes', { ...change, name: 'again' });
    assert.deepEqual(outputs(), [false]);
    assert.deepEqual(
      plant.probe('cooled').map(({ payload }) => payload),
      [false, true],
      'repeated at the start, and on only after the heater has sent off',
    );
  });

  it('takes the topic of the command where it has none of its own', async () => {
    await start({ outputTopic: '' });
    plant.receive(on);
    assert.deepEqual(
      plant.take().map(({ topic }) => topic),
      ['', 'pid/heater'],
    );
  });

  it('names a field it cannot read', async () => {
    await start({ leaseSeconds: '0' });
    assert.deepEqual(plant.reported(), ['leaseSeconds: must be a number above 0, got "0"']);
  });
});
