import assert from 'node:assert/strict';
import adapter from '../../nodes/pid-controller/pid-controller.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import { bench, type Bench, type Sent } from '../support/bench.ts';

const def = {
  type: 'pid-controller',
  outputTopic: 'pid/heater',
  unit: 'Cel',
  form: 'parallel',
  kp: '2',
  ki: '0.5',
  kd: '1',
  derivativeFilter: '0',
  setpoint: '10',
  outMin: '-100',
  outMax: '100',
  startOutput: '0',
  failSafe: '-5',
};
const START = Date.UTC(2020, 0, 1);
const reading = (second: number, payload: unknown, extra: object = {}) => ({
  topic: 'fish-tank/1/temperature',
  payload,
  unit: 'Cel',
  quality: 'good',
  source: 'simulated',
  timestamp: START + second * 1000,
  ...extra,
});

describe('pid-controller', () => {
  let plant: Bench;
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change }, { outputs: 3 });
  };
  // What one test leaves in memory is not the state of the next one's node.
  beforeEach(() => stateDatabase(undefined).exec('DELETE FROM state'));
  afterEach(() => plant.close());
  const outputs = (): unknown[] => plant.take().map((msg) => msg['payload']);
  const details = (): Sent => Object(plant.take(2).at(-1)?.['payload']) as Sent;

  it('turns measurements into commands of its own topic, in event time', async () => {
    await start();
    for (const [second, pv] of [0, 2, 5, 7, 9].entries()) plant.receive(reading(second, pv));
    const sent = plant.take();
    assert.deepEqual(
      sent.map((msg) => msg['payload']),
      [25, 23, 18.5, 17, 13.5],
    );
    const { topic, unit, quality, source, timestamp } = sent[4] ?? {};
    assert.deepEqual(
      { topic, unit, quality, source, timestamp },
      { topic: 'pid/heater', unit: '%', quality: 'good', source: 'simulated', timestamp: START + 4000 },
    );
    assert.equal(plant.take(3).length, 0);
  });

  it('a bare number is measured now, by the clock of the plant', async () => {
    await start();
    for (const pv of [0, 2, 5]) {
      plant.receive({ payload: pv });
      plant.clock.advance(500);
    }
    assert.deepEqual(outputs(), [25, 16 + 7 - 4, 10 + 8.25 - 6]);
  });

  it('reports why the output is what it is', async () => {
    await start({ outMax: '20' });
    plant.receive(reading(0, 0, { quality: 'uncertain' }));
    const [msg] = plant.take(2);
    assert.equal(msg?.['topic'], 'pid/heater/details');
    assert.equal(msg?.['quality'], 'uncertain');
    const { I, ...rest } = Object(msg?.['payload']) as Record<string, unknown>;
    assert.ok(typeof I === 'number' && I < 5, 'held back by anti-windup');
    assert.deepEqual(rest, {
      P: 20,
      D: 0,
      feedforward: 0,
      error: 10,
      measurement: 0,
      setpoint: 10,
      target: 10,
      output: 20,
      mode: 'auto',
      limit: 'high',
      skipped: 0,
    });
    assert.deepEqual(Object.entries(Object(msg?.['units']) as object), [
      ...['P', 'I', 'D', 'feedforward'].map((key) => [key, '%']),
      ...['error', 'measurement', 'setpoint', 'target'].map((key) => [key, 'Cel']),
      ['output', '%'],
    ]);
  });

  it('reads one quantity of a record, and its own quality and unit', async () => {
    await start({ quantity: 'temperature', unit: '' });
    plant.receive({
      topic: 'fish-tank/1',
      payload: { temperature: 0, ph: null },
      units: { temperature: 'K', ph: '[pH]' },
      qualities: { temperature: 'good', ph: 'bad' },
      quality: 'bad',
      timestamp: START,
    });
    const [msg] = plant.take();
    assert.deepEqual([msg?.['payload'], msg?.['quality'], msg?.['unit']], [25, 'good', '%']);
    assert.ok(msg && !('units' in msg) && !('qualities' in msg));
    assert.equal(Object(plant.take(2)[0]?.['units'])['setpoint'], 'K');
  });

  it('ignores a record that lacks its quantity', async () => {
    await start({ quantity: 'temperature' });
    plant.receive({ topic: 'fish-tank/1', payload: { lux: 5 }, timestamp: START });
    assert.deepEqual([plant.take(), plant.take(2), plant.errors()], [[], [], []]);
  });

  it('a measurement that is none gives the fail-safe output and an error, and changes nothing', async () => {
    await start();
    plant.receive(reading(0, 0));
    for (const bad of [NaN, null, 'abc', '21.5', true, { temperature: 3 }])
      plant.receive(reading(1, bad, { quality: undefined }));
    plant.receive(reading(1, 2));
    const sent = plant.take();
    assert.deepEqual(
      sent.map((msg) => [msg['payload'], msg['quality']]),
      [[25, 'good'], ...Array<[number, string]>(6).fill([-5, 'bad']), [23, 'good']],
    );
    assert.deepEqual(
      plant.errors(),
      ['NaN', 'null', '"abc"', '"21.5"', 'true', 'nothing'].map(
        (shown) => `payload: must be a finite number, got ${shown}`,
      ),
    );
  });

  it('a signal that calls itself bad is missing, which is no error', async () => {
    await start();
    plant.receive(reading(0, null, { quality: 'bad' }));
    plant.receive(reading(1, 85, { quality: 'bad' }));
    assert.deepEqual(outputs(), [-5, -5]);
    assert.deepEqual(plant.errors(), []);
  });

  it('takes numeric text only where that is switched on', async () => {
    await start({ numericText: true, ki: 0, kd: 0 });
    for (const text of ['4.5', '4.5 C']) plant.receive(reading(0, text));
    assert.deepEqual(outputs(), [11, -5]);
  });

  it('goes to the fail-safe output when measurements stop, once and in process time', async () => {
    await start({ staleSeconds: 60 });
    plant.receive(reading(0, 0));
    plant.clock.advance(30_000);
    plant.receive(reading(30, 0));
    plant.clock.advance(59_999);
    assert.equal(plant.take().length, 2);
    plant.clock.advance(1);
    const [stopped] = plant.take();
    const { payload, topic, quality, timestamp } = stopped ?? {};
    assert.deepEqual(
      { payload, topic, quality, timestamp },
      { payload: -5, topic: 'pid/heater', quality: 'bad', timestamp: START + 90_000 },
    );
    assert.equal(details()['mode'], 'fail-safe');
    plant.clock.advance(600_000);
    assert.equal(plant.take().length, 0);
  });
  it('goes there too when no measurement ever comes, and never with the time 0', async () => {
    await start({ staleSeconds: 60 });
    plant.clock.advance(60_000);
    assert.deepEqual(outputs(), [-5]);
    await plant.redeploy('full', { staleSeconds: 0 });
    plant.clock.advance(3_600_000);
    assert.deepEqual(outputs(), []);
  });

  it('goes there when it is put in charge without a measurement', async () => {
    await start({ staleSeconds: 60, mode: 'manual' });
    plant.receive({ topic: 'manual', payload: 40 });
    plant.clock.advance(60_000);
    plant.receive({ topic: 'mode', payload: 'auto' });
    plant.receive({ topic: 'tracking', payload: 70, owner: 'on-off/heater' });
    plant.receive(reading(61, 'abc'));
    plant.receive({ topic: 'tracking', payload: 70, owner: 'pid/heater' });
    const sent = plant.take();
    assert.deepEqual(
      sent.map(({ payload, quality }) => [payload, quality]),
      [
        [40, 'good'],
        [40, 'good'],
        [-5, 'bad'],
        [70, 'bad'],
        [-5, 'bad'],
      ],
    );
    plant.receive({ topic: 'feedforward', payload: 1 });
    assert.equal(plant.take().length, 0);
  });

  it('repeats its output where no time has passed, and settles in a time that has jumped back', async () => {
    await start();
    for (const second of [0, 1, 1, 0.5, -3600, -3599]) plant.receive(reading(second, 5));
    const [first, second, ...others] = outputs();
    assert.deepEqual([first, second], [12.5, 15]);
    assert.deepEqual(others, [15, 15, 15, 17.5]);
    assert.equal(details()['skipped'], 3);
  });

  it('obeys commands', async () => {
    await start({ kd: 0 });
    plant.receive(reading(0, 9));
    plant.receive({ topic: 'setpoint', payload: '12' });
    plant.receive(reading(1, 9));
    plant.receive({ topic: 'mode', payload: 'manual' });
    plant.receive({ topic: 'manual', payload: 40 });
    plant.receive(reading(2, 9));
    plant.receive({ topic: 'mode', payload: 'auto' });
    plant.receive(reading(3, 9));
    plant.receive({ topic: 'gains', payload: { kp: 5 } });
    plant.receive({ topic: 'feedforward', payload: 7 });
    plant.receive(reading(4, 9));
    assert.deepEqual(outputs(), [2.5, 8, 40, 40, 41.5, 43]);
    plant.receive({ topic: 'reset' });
    assert.deepEqual(outputs(), [0]);
    const { mode, target, P } = details();
    assert.deepEqual({ mode, target, P }, { mode: 'auto', target: 12, P: 0 });
    assert.deepEqual(plant.errors(), []);
  });
  it('a manual command goes out at once, as a good one', async () => {
    await start({ mode: 'manual' });
    plant.receive({ topic: 'manual', payload: 40, timestamp: 7, quality: 'uncertain' });
    plant.receive(reading(1, 'abc'));
    const sent = plant.take();
    assert.deepEqual(
      sent.map(({ payload, quality, topic }) => [payload, quality, topic]),
      Array(2).fill([40, 'good', 'pid/heater']),
    );
    assert.equal(sent[0]?.['timestamp'], START);
  });
  it('refuses what it does not understand, and changes nothing', async () => {
    await start();
    for (const [topic, payload] of [
      ['setpoint', null],
      ['mode', 'off'],
      ['manual', 5],
      ['gains', { kp: -1 }],
    ] as const)
      plant.receive({ topic, payload });
    assert.deepEqual(plant.errors(), [
      'setpoint: must be a finite number, got null',
      'mode: must be auto or manual, got "off"',
      'manual: needs mode manual and the actuator, got 5',
      'gains.kp: must be a number of 0 to 1000000000, got -1',
    ]);
    assert.deepEqual([plant.take().length, plant.take(2).length], [0, 0]);
    plant.receive(reading(0, 0));
    assert.deepEqual(outputs(), [25]);
  });

  it('follows another owner of the actuator and takes over bumplessly', async () => {
    await start({ kd: 0 });
    plant.receive(reading(0, 9));
    plant.receive({ topic: 'tracking', payload: true, owner: 'on-off/heater' });
    plant.receive(reading(1, 9));
    plant.receive({ topic: 'tracking', payload: true, owner: 'pid/heater' });
    plant.receive(reading(2, 11));
    assert.deepEqual(outputs(), [2.5, 100, 99.5]);
  });

  it('tells an outer loop what it reaches while it cannot follow', async () => {
    await start({ outMax: 20 });
    const heard = (): unknown[] => plant.take(3).map(({ payload, limited }) => [payload, limited]);
    plant.receive(reading(0, 0));
    plant.receive(reading(1, -1));
    plant.receive({ topic: 'mode', payload: 'manual' });
    plant.receive(reading(2, 9));
    plant.receive({ topic: 'mode', payload: 'auto' });
    plant.receive(reading(3, 10));
    plant.receive(reading(4, 11));
    assert.deepEqual(heard(), [
      [0, true],
      [-1, true],
      [-1, false],
      [9, false],
      [9, false],
      [null, true],
    ]);
  });

  it('keeps on controlling over a redeploy; the form wins where it has changed', async () => {
    await start({ kd: 0 });
    plant.receive(reading(0, 9));
    plant.receive({ topic: 'setpoint', payload: 12 });
    plant.receive(reading(1, 9));
    await plant.redeploy('nodes', { kd: 0, name: 'same' });
    plant.receive(reading(2, 9));
    await plant.redeploy('nodes', { kd: 0, setpoint: '9' });
    plant.receive(reading(3, 9));
    assert.deepEqual(outputs(), [2.5, 8, 9.5, 3.5]);
  });
  it('starts afresh when its memory is too old', async () => {
    await start({ kd: 0, stateSeconds: 100 });
    plant.receive(reading(0, 9));
    plant.receive(reading(1, 9));
    plant.clock.advance(50_000);
    await plant.redeploy('nodes', { kd: 0, stateSeconds: 0 });
    plant.clock.advance(1);
    await plant.redeploy('nodes', { kd: 0, stateSeconds: 0, name: 'later' });
    plant.receive(reading(51, 9));
    assert.deepEqual(outputs(), [2.5, 3, 2.5]);
  });

  it('shows its state', async () => {
    await start({ mode: 'manual' });
    plant.receive({ topic: 'manual', payload: 40 });
    await plant.redeploy('nodes', { mode: 'manual', outMin: 5, outMax: 5 });
    assert.deepEqual(plant.statuses(), ['40 % manual']);
    assert.ok(plant.reported().includes('outMax: must be above outMin 5, got 5'));
  });

  it('leaves no deadline behind', async () => {
    await start({ staleSeconds: 60 });
    const { clock } = plant;
    plant.receive(reading(0, 0));
    assert.deepEqual(outputs(), [25]);
    await plant.redeploy('nodes', { name: 'other', staleSeconds: 0 });
    clock.advance(3_600_000);
    assert.deepEqual(outputs(), []);
  });
});
