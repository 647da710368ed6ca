import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import adapter from '../../nodes/adc-input/adc-input.ts';
import { bench, type Bench } from '../support/bench.ts';

const def = { type: 'adc-input', outputTopic: 'reactor/adc' };

describe('adc-input', () => {
  let plant: Bench;
  let api: NodeAPI;
  const capturing = (RED: NodeAPI): void => {
    api = RED;
    adapter(RED);
  };
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(capturing, { ...def, ...change }, { outputs: 2 });
  };
  const pass = (ms: number): void => wallClock(api).advance(ms);
  const tcp = (text: string, id = 'a'): void =>
    plant.receive({ topic: 'tcp', payload: Buffer.from(text), _session: { type: 'tcp', id } });
  afterEach(() => plant.close());
  const values = () => plant.take().map(({ payload, quality }) => [payload, quality]);
  const drops = () => plant.take(2).map(({ payload }) => payload);

  it('turns bytes into signals, stamped by the clock of the plant', async () => {
    await start();
    plant.clock.advance(5000);
    tcp('51');
    tcp('2\r\n');
    const [{ _msgid, ...signal } = {}, ...more] = plant.take();
    assert.ok(_msgid);
    assert.deepEqual(signal, {
      topic: 'reactor/adc',
      payload: 512,
      timestamp: plant.clock.now(),
      quality: 'good',
      source: 'measured',
      unit: '1',
    });
    assert.equal(more.length, 0);
  });

  it('waits for silence in wall time, where there is no newline', async () => {
    await start({ outputTopic: '' });
    plant.receive({ topic: 'serial', payload: '12' });
    pass(100);
    plant.receive({ topic: 'serial', payload: '3' });
    plant.clock.advance(60_000);
    pass(299);
    assert.deepEqual(plant.take(), []);
    pass(1);
    assert.deepEqual(
      plant.take().map(({ topic, payload }) => [topic, payload]),
      [['serial', 123]],
    );
  });

  it('tells what it drops', async () => {
    await start();
    tcp('512513');
    pass(300);
    tcp('1\n2\n');
    tcp('4');
    tcp('5\n', 'b');
    assert.deepEqual(values(), [
      [2, 'good'],
      [5, 'good'],
    ]);
    assert.deepEqual(drops(), [
      { reason: 'too many digits', text: '512513', count: 1 },
      { reason: 'backlog', text: '1', count: 1 },
      { reason: 'incomplete', text: '4', count: 1 },
    ]);
    assert.deepEqual(plant.errors(), []);
  });

  it('tells once that nothing comes any more, in wall time', async () => {
    await start({ staleSeconds: '5' });
    pass(4999);
    tcp('7\n');
    pass(4000);
    tcp('junk\n');
    pass(999);
    plant.clock.advance(60_000);
    assert.deepEqual(values(), [[7, 'good']]);
    pass(1);
    pass(60_000);
    assert.deepEqual(values(), [[null, 'bad']]);
    tcp('8\n');
    pass(5000);
    assert.deepEqual(values(), [
      [8, 'good'],
      [null, 'bad'],
    ]);
  });

  it('takes a reading that silence completes after the line went stale', async () => {
    await start({ staleSeconds: '1', silenceMs: '1000' });
    pass(500);
    tcp('7');
    pass(1500);
    assert.deepEqual(values(), [
      [null, 'bad'],
      [7, 'good'],
    ]);
  });

  it('begins afresh at once when it is told that the line is gone', async () => {
    await start();
    tcp('7\n51');
    plant.receive({ topic: 'disconnected', payload: 'whatever' });
    tcp('9');
    pass(300);
    assert.deepEqual(values(), [
      [7, 'good'],
      [null, 'bad'],
      [9, 'good'],
    ]);
    assert.deepEqual(drops(), [{ reason: 'incomplete', text: '51', count: 1 }]);
  });

  it('names a payload that is no stream, and never waits where 0 says so', async () => {
    await start({ staleSeconds: '0' });
    for (const payload of [512, null, { a: 1 }]) plant.receive({ payload });
    pass(1e6);
    assert.deepEqual(values(), []);
    assert.deepEqual(plant.errors(), [
      'payload: must be text or bytes, got 512',
      'payload: must be text or bytes, got null',
      'payload: must be text or bytes, got {"a":1}',
    ]);
  });

  it('names a field it cannot read', async () => {
    await start({ fullScale: '10.5' });
    assert.deepEqual(plant.reported(), ['fullScale: must be a whole number of at least 1, got "10.5"']);
  });
});
