import assert from 'node:assert/strict';
import adapter from '../../nodes/on-off-controller/on-off-controller.ts';
import { bench, type Bench } from '../support/bench.ts';

const def = { type: 'on-off-controller', outputTopic: 'on-off/heater', quantity: 'temperature' };
const reading = (temperature: unknown, extra: object = {}) => ({
  topic: 'fish-tank/1',
  payload: { temperature, ph: 7 },
  units: { temperature: 'Cel' },
  qualities: { temperature: 'good' },
  quality: 'good',
  source: 'simulated',
  timestamp: 42,
  ...extra,
});

describe('on-off-controller', () => {
  let plant: Bench;
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change }, { outputs: 2 });
  };
  afterEach(() => plant.close());
  const outputs = () => plant.take().map((msg) => msg['payload']);

  it('turns a measurement into a command of its own topic', async () => {
    await start();
    plant.receive(reading(24));
    const [command] = plant.take();
    const { topic, payload, quality, timestamp, source } = command ?? {};
    assert.deepEqual(
      { topic, payload, quality, timestamp, source },
      { topic: 'on-off/heater', payload: true, quality: 'good', timestamp: 42, source: 'simulated' },
    );
    assert.ok(!('units' in (command ?? {})) && !('qualities' in (command ?? {})));
    const [details] = plant.take(2);
    assert.equal(details?.['topic'], 'on-off/heater/details');
    const { since, ...rest } = Object(details?.['payload']);
    assert.equal(since, plant.clock.now());
    assert.deepEqual(rest, {
      on: true,
      reason: 'below the band',
      mode: 'auto',
      low: 24.5,
      high: 25.5,
      tracking: false,
    });
    plant.receive(reading(24));
    assert.deepEqual(outputs(), [true]);
    assert.equal(plant.take(2).length, 0, 'details only on change');
  });

  it('goes off when its mode is not asked for again, and does not take it up after a restart', async () => {
    await start({ mode: 'off' });
    plant.receive({ topic: 'mode', payload: 'auto', validFor: 30_000 });
    plant.receive(reading(24));
    assert.deepEqual(outputs(), [false, true]);
    plant.clock.advance(20_000);
    plant.receive({ topic: 'mode', payload: 'auto', validFor: 30_000 });
    plant.clock.advance(29_999);
    assert.deepEqual(outputs(), [], 'renewed: nothing new to say');
    plant.clock.advance(1);
    plant.receive(reading(24));
    assert.deepEqual(outputs(), [false, false]);
    plant.receive({ topic: 'mode', payload: 'auto', validFor: 30_000 });
    assert.deepEqual(outputs(), [true]);
    await plant.redeploy('full');
    plant.receive(reading(24));
    assert.deepEqual(outputs(), [false]);
    plant.receive({ topic: 'mode', payload: 'auto', validFor: 'long' });
    assert.match(String(plant.errors().at(-1)), /validFor: must be a number above 0, got "long"/);
  });

  it('goes off when measurements stop, in process time', async () => {
    await start({ staleSeconds: 60 });
    plant.receive(reading(24));
    plant.clock.advance(59_999);
    assert.deepEqual(outputs(), [true]);
    const due = plant.clock.now() + 1;
    plant.clock.advance(1);
    const [off] = plant.take();
    assert.deepEqual([off?.['payload'], off?.['topic'], off?.['timestamp']], [false, 'on-off/heater', due]);
  });

  it('goes off on a bad measurement without an error, and on an unusable one with an error', async () => {
    await start();
    plant.receive(reading(24));
    plant.receive(reading(null));
    assert.deepEqual(plant.errors(), []);
    plant.receive(reading(24));
    plant.receive(reading(24, { qualities: { temperature: 'bad' } }));
    plant.receive(reading(24));
    for (const value of ['24', undefined, NaN, true]) plant.receive(reading(value));
    assert.deepEqual(outputs(), [true, false, true, false, true, false, false, false, false]);
    assert.deepEqual(plant.errors(), [
      'payload.temperature: must be a finite number, got "24"',
      'payload.temperature: must be a finite number, got nothing',
      'payload.temperature: must be a finite number, got NaN',
      'payload.temperature: must be a finite number, got true',
    ]);
  });

  it('ignores a record that lacks its quantity', async () => {
    await start();
    plant.receive(reading(24));
    plant.receive({ topic: 'fish-tank/1', payload: { lux: 5 } });
    assert.deepEqual(outputs(), [true]);
    assert.deepEqual(plant.errors(), []);
  });

  it('obeys commands, and refuses unusable ones without a change', async () => {
    await start({ target: 'setpoint', setpoint: 25, band: 1 });
    plant.receive(reading(24));
    plant.receive({ topic: 'setpoint', payload: 20 });
    plant.receive({ topic: 'range', payload: { min: 30, max: 34 } });
    plant.receive({ topic: 'mode', payload: 'off' });
    plant.receive({ topic: 'mode', payload: 'manual' });
    plant.receive({ topic: 'manual', payload: true });
    plant.receive({ topic: 'reset' });
    assert.deepEqual(outputs(), [true, false, true, false, false, true, false]);
    for (const bad of [
      { topic: 'setpoint', payload: '20' },
      { topic: 'range', payload: { min: 3, max: 2 } },
      { topic: 'range', payload: 7 },
      { topic: 'mode', payload: 'fast' },
      { topic: 'manual', payload: 'true' },
      { topic: 'manual', payload: true },
      { topic: 'tracking', payload: 'on' },
    ])
      plant.receive(bad);
    assert.deepEqual(plant.errors(), [
      'payload: must be a finite number, got "20"',
      'max: must be above min (3), got 2',
      'payload: must be {min, max}, got 7',
      'payload: must be one of auto, manual, off, got "fast"',
      'payload: must be true or false, got "true"',
      'payload: manual needs mode manual, got true',
      'payload: must be a finite number, got "on"',
    ]);
    assert.deepEqual(outputs(), []);
  });

  it('switches when a minimum time ends, without a new measurement', async () => {
    await start({ minOffSeconds: 30 });
    plant.receive(reading(24));
    plant.clock.advance(30_000);
    assert.deepEqual(outputs(), [false, true]);
  });

  it('takes over bumplessly from the source that was in charge', async () => {
    await start();
    plant.receive({ topic: 'tracking', payload: 100, owner: 'pid/heater' });
    plant.receive(reading(25));
    plant.receive({ topic: 'tracking', payload: 100, owner: 'on-off/heater' });
    plant.receive(reading(25));
    plant.receive({ topic: 'tracking', payload: false, owner: 'pid/heater' });
    plant.receive(reading(25));
    assert.deepEqual(outputs(), [true, true, false]);
  });

  it('keeps mode and target over a redeploy, unless the form has changed them; the output begins off', async () => {
    await start();
    plant.receive({ topic: 'range', payload: { min: 10, max: 14 } });
    plant.receive({ topic: 'mode', payload: 'manual' });
    plant.receive({ topic: 'manual', payload: true });
    await plant.redeploy('full', { name: 'again' });
    plant.take();
    plant.receive(reading(5));
    plant.receive({ topic: 'mode', payload: 'auto' });
    assert.deepEqual(outputs(), [false, true]);
    await plant.redeploy('full', { name: 'again', min: 0, max: 2 });
    plant.receive(reading(5));
    assert.deepEqual(outputs(), [false]);
  });

  it('names a field it cannot read, and exists all the same', async () => {
    await start({ band: '-1' });
    assert.deepEqual(plant.reported(), ['band: must be a number of at least 0, got "-1"']);
    plant.receive(reading(20));
    assert.deepEqual(outputs(), []);
  });
});
