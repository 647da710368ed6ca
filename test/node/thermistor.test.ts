import assert from 'node:assert/strict';
import adapter from '../../nodes/thermistor/thermistor.ts';
import { bench, type Bench } from '../support/bench.ts';

const def = { type: 'thermistor', outputTopic: 'reactor/temperature' };

describe('thermistor', () => {
  let plant: Bench;
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change });
  };
  afterEach(() => plant.close());
  const values = () => plant.take().map(({ payload, quality, fault }) => [payload, quality, fault]);

  it('turns a count into a temperature, and keeps time and source', async () => {
    await start();
    plant.receive({
      topic: 'reactor/adc',
      payload: 512,
      unit: '1',
      quality: 'uncertain',
      source: 'measured',
      timestamp: 42,
    });
    const [{ _msgid, ...signal } = {}] = plant.take();
    assert.ok(_msgid);
    assert.deepEqual(signal, {
      topic: 'reactor/temperature',
      payload: 24.956,
      unit: 'Cel',
      quality: 'uncertain',
      source: 'measured',
      timestamp: 42,
    });
  });

  it('keeps the topic where it has none of its own, and reads a quantity of a record', async () => {
    await start({ outputTopic: '', quantity: 'adc', wiring: 'supply' });
    plant.receive({ topic: 'reactor', payload: { ph: 7 } });
    plant.receive({
      topic: 'reactor',
      payload: { adc: 511.5, ph: null },
      units: { adc: '1' },
      qualities: { adc: 'good', ph: 'bad' },
      quality: 'bad',
    });
    const [{ _msgid, ...signal } = {}, ...more] = plant.take();
    assert.ok(_msgid);
    assert.deepEqual(signal, { topic: 'reactor', payload: 25, unit: 'Cel', quality: 'good' });
    assert.equal(more.length, 0, 'a record without the quantity is ignored');
  });

  it('tells a broken sensor by null, without an error', async () => {
    await start();
    for (const payload of [512, 0, 1023, 3, null]) plant.receive({ payload });
    plant.receive({ payload: 512, quality: 'bad' });
    assert.deepEqual(values(), [
      [24.956, 'good', undefined],
      [null, 'bad', 'short'],
      [null, 'bad', 'open'],
      [null, 'bad', 'out of range'],
      [null, 'bad', 'no reading'],
      [null, 'bad', 'no reading'],
    ]);
    plant.receive({ payload: 512, fault: 'open' });
    assert.deepEqual(values(), [[24.956, 'good', undefined]]);
    assert.deepEqual(plant.errors(), []);
  });

  it('names a payload that is no number, and sends null', async () => {
    await start();
    for (const payload of ['512', NaN, true, undefined]) plant.receive({ payload });
    assert.deepEqual(values(), Array(4).fill([null, 'bad', 'no reading']));
    assert.deepEqual(plant.errors(), [
      'payload: must be a finite number, got "512"',
      'payload: must be a finite number, got NaN',
      'payload: must be a finite number, got true',
      'payload: must be a finite number, got nothing',
    ]);
  });

  it('reads a resistance', async () => {
    await start({ input: 'resistance' });
    plant.receive({ payload: 10_000 });
    assert.deepEqual(values(), [[25, 'good', undefined]]);
  });

  it('names a field it cannot read', async () => {
    await start({ model: 'steinhart', steinhartB: '-1' });
    assert.deepEqual(plant.reported(), ['steinhartB: must be a number above 0, got "-1"']);
  });
});
