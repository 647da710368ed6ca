import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { stateDatabase } from '../../nodes/lib/state.ts';
import adapter from '../../nodes/tank-sim/tank-sim.ts';
import { parse } from '../../nodes/tank-sim/config.ts';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { advance, initialState } from '../../nodes/tank-sim/tank.ts';
import { bench, type Bench, type Sent } from '../support/bench.ts';

const def = { type: 'tank-sim', outputTopic: 'fish-tank/1', preset: 'classroom', quantum: 0 };
const payloads = (sent: Sent[]) => sent.map((msg) => msg['payload'] as Record<string, unknown>);

describe('tank-sim', () => {
  let plant: Bench;
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change }, { outputs: 2 });
  };
  afterEach(async () => {
    await plant.close();
    // Without a data folder the state lives in memory, for all tests of this process.
    stateDatabase(undefined).exec('DELETE FROM state');
  });

  it('publishes once it has started, then with every period of process time', async () => {
    await start();
    const [first] = plant.take();
    const { topic, payload, quality, timestamp, source, units, qualities } = first ?? {};
    assert.deepEqual(
      { topic, quality, timestamp, source },
      { topic: 'fish-tank/1', quality: 'good', timestamp: plant.clock.now(), source: 'simulated' },
    );
    assert.deepEqual(payload, {
      temperature: 15,
      lux: 0.05,
      humidity: 1.85,
      ambient_temperature: 10,
      ph: 7.1,
      level: 75,
    });
    assert.deepEqual(Object.keys(Object(units)), Object.keys(Object(payload)));
    assert.deepEqual(Object.keys(Object(qualities)), Object.keys(Object(payload)));
    const [truth] = plant.take(2);
    assert.equal(truth?.['topic'], 'fish-tank/1/plant');
    const begin = plant.clock.now();
    plant.clock.advance(35_000);
    assert.deepEqual(
      plant.take().map((msg) => Number(msg['timestamp']) - begin),
      [10_000, 20_000, 30_000],
    );
    assert.equal(plant.take(2).length, 3);
    assert.deepEqual(plant.statuses(), ['15 °C']);
  });

  it('takes a retained command for a replay', async () => {
    await start();
    plant.take(2);
    plant.receive({ topic: 'heater', payload: true, retain: true });
    assert.deepEqual([plant.take(2), plant.errors()], [[], []]);
    plant.receive({ topic: 'heater', payload: true, retain: false });
    assert.equal(payloads(plant.take(2))[0]?.['heater'], 100);
  });

  it('warms along the exact model, from the moment of the command', async () => {
    await start();
    const settings = parse(def);
    const model = initialState(settings.tank, plant.clock.now());
    plant.clock.advance(12_345);
    plant.receive({ topic: 'OLP/device/tank/1/control/heater', payload: true });
    obey(settings.tank, model, readCommand('heater', true), plant.clock.now());
    plant.take();
    plant.clock.advance(60_000);
    const sent = plant.take();
    assert.equal(sent.length, 6);
    for (const msg of sent) {
      advance(settings.tank, model, Number(msg['timestamp']));
      const { temperature } = msg['payload'] as { temperature: number };
      assert.ok(Math.abs(temperature - model.temperature) < 1e-9);
    }
  });

  it('shows a change of an actuator at once, and nothing where nothing changes', async () => {
    await start();
    plant.take(2);
    for (const msg of [
      { topic: 'control', payload: { heater: 40, light: true } },
      { topic: 'x/heater', payload: 40 },
      { topic: 'pump', payload: true },
    ])
      plant.receive(msg);
    assert.deepEqual(
      payloads(plant.take(2)).map(({ heater, light, pump }) => [heater, light, pump]),
      [
        [40, 100, 0],
        [40, 100, 100],
      ],
    );
    assert.equal(plant.take().length, 1, 'no reading besides the first');
  });

  it('shows the answer of a controller last, also where it comes at once', async () => {
    await start();
    plant.node('out1').on('input', () => plant.receive({ topic: 'heater', payload: true }));
    plant.take(2);
    plant.clock.advance(10_000);
    assert.deepEqual(
      payloads(plant.take(2)).map(({ heater }) => heater),
      [0, 100],
    );
  });

  it('names what it cannot obey, and nothing changes', async () => {
    await start();
    plant.take(2);
    for (const msg of [
      { topic: 'heater', payload: 101 },
      { topic: 'control', payload: { light: true, heater: 'false' } },
      { topic: 'salt', payload: true },
      { topic: 'set', payload: { ph: -1 } },
    ])
      plant.receive(msg);
    assert.deepEqual(plant.errors(), [
      'payload: must be true, false or a number of 0 to 100 %, got 101',
      'payload.heater: must be true, false or a number of 0 to 100 %, got "false"',
      'topic: must be one of heater, light, pump, cooler, inflow, outflow, control, reset, set, fault, got "salt"',
      'payload.ph: must be a number of 0 to 14, got -1',
    ]);
    assert.deepEqual(plant.take(2), []);
    plant.clock.advance(10_000);
    const [truth] = payloads(plant.take(2));
    assert.deepEqual([truth?.['light'], truth?.['heater']], [0, 0]);
  });

  it('sets and resets its state and shows it at once', async () => {
    await start();
    plant.receive({ topic: 'set', payload: { temperature: 30, level: 20 } });
    plant.receive({ topic: 'reset' });
    assert.deepEqual(
      payloads(plant.take()).map(({ temperature, level }) => [temperature, level]),
      [
        [15, 75],
        [30, 20],
        [15, 75],
      ],
    );
  });

  it('has faults that are seen in both records', async () => {
    await start();
    plant.take();
    plant.take(2);
    plant.receive({ topic: 'fault', payload: { kind: 'missing', durationSeconds: 20 } });
    plant.receive({ topic: 'fault', payload: 'heater-welded' });
    assert.deepEqual(
      payloads(plant.take(2)).map(({ fault, heater }) => [fault, heater]),
      [
        ['missing temperature', 0],
        ['missing temperature, heater-welded', 100],
      ],
    );
    plant.clock.advance(20_000);
    const [missing, found] = plant.take();
    assert.deepEqual([missing?.['quality'], Object(missing?.['payload']).temperature], ['bad', null]);
    assert.equal(found?.['quality'], 'good');
  });

  for (const type of ['nodes', 'full'] as const)
    it(`goes on after a ${type} deploy where it was, with all actuators off`, async () => {
      await start({ noise: 0.1 });
      plant.receive({ topic: 'control', payload: { heater: true, pump: true } });
      plant.receive({ topic: 'fault', payload: { kind: 'stuck', quantity: 'lux' } });
      plant.clock.advance(30_000);
      const before = payloads(plant.take(2)).at(-1) ?? {};
      plant.take();
      await plant.redeploy(type, { ...def, noise: 0.1, name: 'renamed' });
      const [after] = payloads(plant.take(2));
      assert.equal(after?.['temperature'], before['temperature']);
      assert.equal(after?.['humidity'], before['humidity']);
      assert.equal(after?.['fault'], 'stuck lux');
      assert.deepEqual([before['heater'], after?.['heater'], after?.['pump']], [100, 0, 0]);
      plant.clock.advance(10_000);
      const [later] = payloads(plant.take(2));
      assert.ok(Number(later?.['temperature']) < Number(before['temperature']));
    });

  it('is out of use with a blank topic: no message, no error, whatever arrives', async () => {
    await start({ outputTopic: '' });
    plant.receive({ topic: 'heater', payload: true });
    plant.receive({ topic: 'nonsense', payload: {} });
    plant.clock.advance(60_000);
    assert.deepEqual([plant.take(), plant.take(2), plant.errors()], [[], [], []]);
  });

  it('names the field it cannot read', async () => {
    await start({ litres: '0' });
    assert.deepEqual(plant.reported(), ['litres: must be a number above 0, got "0"']);
  });

  it('leaves no deadline behind when it closes', async () => {
    await start();
    const { clock } = plant;
    await plant.redeploy('nodes', { ...def, outputTopic: '' });
    plant.take();
    clock.advance(60_000);
    assert.deepEqual(plant.take(), []);
  });
});
