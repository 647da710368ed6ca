import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import adapter from '../../nodes/command-selector/command-selector.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import { bench, type Bench } from '../support/bench.ts';

const sources = [
  { topic: 'on-off/heater', silenceSeconds: 60, time: 'process' },
  { topic: 'pid/heater', silenceSeconds: '60', time: 'process' },
  { topic: 'external/heater', silenceSeconds: 30, time: 'wall' },
];
const def = { type: 'command-selector', outputTopic: 'heater', sources: JSON.stringify(sources) };

describe('command-selector', () => {
  let plant: Bench;
  let api: NodeAPI;
  const capturing = (RED: NodeAPI): void => {
    api = RED;
    adapter(RED);
  };
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(capturing, { ...def, ...change }, { outputs: 3 });
  };
  beforeEach(() => stateDatabase(undefined).exec('DELETE FROM state'));
  afterEach(() => plant.close());
  const commands = () => plant.take().map(({ topic, payload, owner }) => [topic, payload, owner]);
  const tracking = () => plant.take(2).map(({ topic, payload, owner }) => [topic, payload, owner]);
  const log = () => plant.take(3).map(({ payload }) => payload);
  const say = (source: string, payload: unknown, extra: object = {}) =>
    plant.receive({ topic: `${source}/heater`, payload, ...extra });

  it('passes the commands of the owner only, under its own topic', async () => {
    await start({ initial: 'pid' });
    say('on-off', true);
    say('pid', 40, { unit: '%', quality: 'good' });
    const [first, ...others] = plant.take();
    assert.deepEqual(others, []);
    const { topic, payload, owner, unit, quality } = first ?? {};
    assert.deepEqual([topic, payload, owner, unit, quality], ['heater', 40, 'pid/heater', '%', 'good']);
  });

  it('tells the controllers who is in charge and what is in force, from the start on', async () => {
    await start({ initial: 'pid' });
    say('pid', 40);
    say('pid', 40);
    plant.receive({ topic: 'select', payload: 'on-off' });
    say('on-off', true);
    assert.deepEqual(tracking(), [
      ['tracking', false, 'pid/heater'],
      ['tracking', 40, 'pid/heater'],
      ['tracking', 40, 'on-off/heater'],
      ['tracking', true, 'on-off/heater'],
    ]);
    await plant.redeploy('nodes');
    assert.deepEqual(tracking(), [['tracking', true, 'on-off/heater']], 'again when others were deployed');
  });

  it('hands over by command, logged with the user; off takes effect at once', async () => {
    await start();
    plant.receive({ topic: 'select', payload: 'pid/heater', user: 'ada' });
    say('pid', 70);
    plant.receive({ topic: 'select', payload: 'pid', user: 'ada' });
    plant.receive({ topic: 'select', payload: 'off', user: { username: 'bob' } });
    say('pid', 70);
    assert.deepEqual(commands(), [
      ['heater', 70, 'pid/heater'],
      ['heater', false, 'off'],
    ]);
    const first = plant.take(3);
    assert.deepEqual(
      first.map(({ topic, timestamp }) => [topic, timestamp]),
      [
        ['hand-over', plant.clock.now()],
        ['hand-over', plant.clock.now()],
      ],
    );
    assert.deepEqual(
      first.map(({ payload }) => payload),
      [
        { from: 'off', to: 'pid/heater', reason: 'selected', output: 'heater', user: 'ada' },
        { from: 'pid/heater', to: 'off', reason: 'selected', output: 'heater', user: { username: 'bob' } },
      ],
    );
  });

  it('takes the actuator from a source that is silent in wall time, whatever the plant does', async () => {
    await start({ initial: 'external', repeatSeconds: '10' });
    say('external', true);
    plant.clock.advance(1_800_000);
    assert.equal(commands().length, 181, 'repeated for the lease of the guard');
    wallClock(api).advance(29_999);
    assert.deepEqual(commands(), []);
    wallClock(api).advance(1);
    assert.deepEqual(commands(), [['heater', false, 'off']]);
    assert.deepEqual(log(), [
      { from: 'external/heater', to: 'off', reason: 'silent', output: 'heater', user: null },
    ]);
    plant.clock.advance(60_000);
    assert.deepEqual(commands(), [], 'off is not repeated');
    say('external', true);
    assert.deepEqual(commands(), [['heater', true, 'external/heater']]);
    assert.deepEqual(log(), [
      { from: 'off', to: 'external/heater', reason: 'speaks again', output: 'heater', user: null },
    ]);
  });

  it('takes it from a source that is silent in process time, for good where it must not resume', async () => {
    await start({ initial: 'pid', resume: false });
    say('pid', 40);
    plant.clock.advance(59_999);
    plant.take();
    plant.clock.advance(1);
    assert.deepEqual(commands(), [['heater', false, 'off']]);
    say('pid', 40);
    assert.deepEqual(commands(), []);
    plant.receive({ topic: 'select', payload: 'pid' });
    say('pid', 40);
    assert.deepEqual(commands(), [['heater', 40, 'pid/heater']]);
  });

  it('takes a source that never speaks for silent', async () => {
    await start({ initial: 'pid' });
    plant.clock.advance(60_000);
    assert.deepEqual(commands(), [['heater', false, 'off']]);
  });

  it('ignores retained commands, and says so', async () => {
    await start({ initial: 'external' });
    say('external', true, { retain: true });
    plant.clock.advance(30_000);
    assert.deepEqual(commands(), []);
    assert.deepEqual(log(), [{ source: 'external/heater', output: 'heater', reason: 'retained' }]);
  });

  it('takes a command that is not to be trusted for off, also when it is repeated', async () => {
    await start({ initial: 'pid', repeatSeconds: '10' });
    say('pid', 40);
    say('pid', 40, { quality: 'bad' });
    plant.clock.advance(10_000);
    say('pid', null);
    assert.deepEqual(
      plant.take().map(({ payload, quality }) => [payload, quality]),
      [
        [40, undefined],
        [false, 'bad'],
        [false, undefined],
        [false, undefined],
      ],
    );
  });

  it('keeps the choice over a restart, not the value; reset goes back to the form', async () => {
    await start({ initial: 'pid' });
    plant.receive({ topic: 'select', payload: 'on-off' });
    say('on-off', true);
    await plant.redeploy('full', { initial: 'pid', name: 'again' });
    plant.take();
    plant.take(2);
    plant.take(3);
    plant.clock.advance(30_000);
    assert.deepEqual(commands(), []);
    say('on-off', true);
    assert.deepEqual(commands(), [['heater', true, 'on-off/heater']]);
    plant.receive({ topic: 'reset', user: 'ada' });
    say('pid', 20);
    assert.deepEqual(commands(), [['heater', 20, 'pid/heater']]);
    assert.deepEqual(log(), [
      { from: 'on-off/heater', to: 'pid/heater', reason: 'selected', output: 'heater', user: 'ada' },
    ]);
  });

  it('refuses what it cannot use, and changes nothing', async () => {
    await start({ initial: 'pid' });
    say('pid', 40);
    plant.take();
    say('pid', '40');
    say('pid', undefined);
    say('other', true);
    plant.receive({ topic: 'select', payload: 'fuzzy' });
    assert.deepEqual(plant.errors(), [
      'payload: must be true, false or a finite number, got "40"',
      'payload: must be true, false or a finite number, got nothing',
      'topic: must be one of on-off/heater, pid/heater, external/heater, select, reset, got "other/heater"',
      'payload: must be one of on-off/heater, pid/heater, external/heater, off, got "fuzzy"',
    ]);
    assert.deepEqual(commands(), []);
  });

  for (const [field, value, message] of [
    ['outputTopic', '', 'outputTopic: must not be blank, got ""'],
    ['sources', '7', 'sources: must be a JSON list of sources, got "7"'],
    [
      'initial',
      'fuzz',
      'initial: must be one of on-off/heater, pid/heater, external/heater, off, got "fuzz"',
    ],
    ['sources', '[{"topic":"reset"}]', 'sources: must not be select, reset, off, got "reset"'],
    ['sources', '[{"topic":""}]', 'sources[0].topic: must not be blank, got ""'],
  ] as const)
    it(`names ${field} that it cannot read: ${value}`, async () => {
      await start({ [field]: value });
      assert.deepEqual(plant.reported(), [message]);
    });
});
