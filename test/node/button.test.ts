import assert from 'node:assert/strict';
import adapter from '../../nodes/button/button.ts';
import { bench, type Bench } from '../support/bench.ts';

const def = { type: 'button', outputTopic: 'bioreactor/start', activeLow: false };

describe('button', () => {
  let plant: Bench;
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change }, { outputs: 2 });
  };
  afterEach(() => plant.close());
  const payloads = (output = 1) => plant.take(output).map((msg) => msg['payload']);
  const levels = (...list: readonly unknown[]): void => {
    for (const payload of list) plant.receive({ topic: 'pi/22', payload });
  };
  /** Levels with enough time for each to settle. */
  const settled = (...list: readonly unknown[]): void => {
    for (const payload of list) {
      levels(payload);
      plant.clock.advance(100);
    }
  };

  it('tells gestures and states in messages of its own when its clock has decided', async () => {
    await start();
    settled(0, 1, 0);
    const at = plant.clock.now();
    const told = plant.take().map(({ _msgid, ...rest }) => rest);
    const topic = 'bioreactor/start';
    assert.deepEqual(told, [
      { topic, payload: 'press', timestamp: at - 175 },
      { topic, payload: 'release', heldMs: 100, timestamp: at - 75 },
      { topic, payload: 'click', heldMs: 100, count: 1, timestamp: at - 75 },
    ]);
    assert.deepEqual(
      plant.take(2).map(({ topic: of, payload, timestamp }) => [of, payload, timestamp]),
      [
        ['bioreactor/start/state', true, at - 175],
        ['bioreactor/start/state', false, at - 75],
      ],
    );
  });

  it('is called button where nothing else is said', async () => {
    await start({ outputTopic: '' });
    levels('press');
    assert.deepEqual(
      [plant.take(), plant.take(2)].map(([msg]) => msg?.['topic']),
      ['button', 'button/state'],
    );
  });

  it('carries on the message that caused one gesture, and its id and user in the others', async () => {
    await start();
    const extra = { _msgid: 'abc', user: 'ann', station: 3, heldMs: 9, count: 9 };
    plant.receive({ topic: 'page', payload: 'press', ...extra });
    plant.receive({ topic: 'page', payload: 'release', ...extra });
    const timestamp = plant.clock.now();
    const topic = 'bioreactor/start';
    const own = { topic, timestamp, _msgid: 'abc', user: 'ann' };
    assert.deepEqual(plant.take(), [
      { ...own, payload: 'press', station: 3 },
      { ...own, payload: 'release', heldMs: 0 },
      { ...own, payload: 'click', heldMs: 0, count: 1 },
    ]);
    assert.deepEqual(plant.take(2), [
      { ...own, topic: `${topic}/state`, payload: true },
      { ...own, topic: `${topic}/state`, payload: false },
    ]);
  });

  it('does not put what was due before on the account of a message', async () => {
    await start({ doubleEnabled: true });
    levels('press', 'release');
    plant.clock.advance(301);
    plant.receive({ payload: 'press', user: 'ann' });
    assert.deepEqual(
      plant.take().map(({ payload, user }) => [payload, user]),
      [
        ['press', undefined],
        ['release', undefined],
        ['click', undefined],
        ['press', 'ann'],
      ],
    );
  });

  it('B3 B4 doubles, and holds that repeat, by its clock', async () => {
    await start({ doubleEnabled: 'true', method: 'lock-out' });
    settled(0, 1, 0, 1, 0);
    plant.clock.advance(1000);
    levels(1);
    plant.clock.advance(1500);
    settled(0);
    plant.clock.advance(10_000);
    assert.equal(payloads().join(' '), 'press release press release double press long repeat repeat release');
  });

  it('B5 a button that is pressed at the start is no press; its state is told if asked for', async () => {
    await start({ initial: true });
    settled(1);
    plant.clock.advance(5000);
    assert.deepEqual([payloads(), payloads(2)], [[], [true]]);
    settled(0, 1);
    assert.deepEqual([payloads(), payloads(2)], [['press'], [false, true]]);
  });

  it('B6 active low is the mirror of active high, but for words', async () => {
    await start({ activeLow: true });
    settled(1, 0, '1', 'press', 'release');
    assert.deepEqual(payloads(), ['press', 'release', 'click', 'press', 'release', 'click']);
  });

  it('B9 takes a level that is read again as a level', async () => {
    await start();
    settled(0, 1, 1, 0, 0);
    assert.deepEqual(payloads(), ['press', 'release', 'click']);
    settled(1);
    plant.take();
    settled(0);
    assert.deepEqual(payloads(), ['release', 'click'], 'also a release that happened meanwhile');
  });

  it('B8 a storm of edges gives few messages and one timer', async () => {
    await start({ method: 'lock-out' });
    levels(0);
    for (let index = 0; index < 10_000; index += 1) {
      plant.clock.advance(0.1);
      levels(index % 2 === 0);
    }
    plant.clock.advance(1000);
    assert.ok(payloads().length <= 3 * 41);
    assert.ok(payloads(2).length <= 41);
    assert.equal(plant.clock.nextDue(), Infinity);
  });

  it('B11 one press starts one run, whatever the contacts do', async () => {
    await start({ activeLow: true });
    settled(1);
    for (const level of [0, 1, 0, 1, 0, 0]) {
      levels(level);
      plant.clock.advance(3);
    }
    plant.clock.advance(200);
    for (const level of [1, 0, 1, 0, 1]) {
      levels(level);
      plant.clock.advance(3);
    }
    plant.clock.advance(5000);
    assert.deepEqual(payloads(), ['press', 'release', 'click']);
  });

  it('names a payload it cannot read, and goes on', async () => {
    await start();
    levels('press', 'on', 7, null, 'release');
    const sentence = 'payload: must be true, false, 1, 0, "press" or "release", got';
    assert.deepEqual(plant.errors(), [`${sentence} "on"`, `${sentence} 7`, `${sentence} null`]);
    assert.deepEqual(payloads(), ['press', 'release', 'click']);
  });

  it('forgets a press over a redeploy, and waits for nothing once it is closed', async () => {
    await start({ method: 'lock-out' });
    levels(0, 1);
    await plant.redeploy('full', { name: 'again' });
    plant.take();
    plant.clock.advance(5000);
    levels(1, 0);
    plant.clock.advance(5000);
    assert.deepEqual(payloads(), []);
  });

  it('names a field it cannot read, and exists all the same', async () => {
    await start({ clickMs: '0' });
    assert.deepEqual(plant.reported(), ['clickMs: must be a whole number of at least 1, got "0"']);
    levels(0, 1);
    assert.deepEqual(payloads(), []);
  });
});
