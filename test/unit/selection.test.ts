import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  begin,
  command,
  OFF,
  repeatAt,
  select,
  silentAt,
  sourceOf,
  tick,
  type Memory,
  type Now,
  type Result,
  type Settings,
  type Value,
} from '../../nodes/command-selector/selection.ts';

const settings: Settings = {
  sources: [
    { topic: 'on-off/heater', silenceMs: 60_000, time: 'process' },
    { topic: 'manual/heater', silenceMs: Infinity, time: 'wall' },
    { topic: 'external/heater', silenceMs: 30_000, time: 'wall' },
  ],
  initial: OFF,
  resume: true,
  repeatMs: 10_000,
};
const at = (process: number, wall = process / 60): Now => ({ process, wall });

/** One row: what comes, and then who owns, the value in force, whether it is sent, and the reason of a hand-over. */
type Row = readonly [
  now: Now,
  what: ['select', string] | ['command', string, Value] | ['tick'],
  owner: string,
  value: Value,
  sent: boolean,
  reason?: string,
];
const play = (rows: readonly Row[], used = settings, start: string = OFF): void => {
  let memory: Memory = begin(used, start, at(0, 0));
  for (const [index, [now, what, owner, value, sent, reason]] of rows.entries()) {
    const [kind, word = '', given = false] = what;
    const result: Result =
      kind === 'select'
        ? select(used, memory, word, now)
        : kind === 'command'
          ? command(used, memory, word, given, now)
          : tick(used, memory, now);
    memory = result.memory;
    assert.deepEqual(
      [memory.owner, memory.value, result.send, result.handOver?.reason],
      [owner, value, sent, reason],
      `row ${index}`,
    );
  }
};

describe('selection', () => {
  it('hears only the source that was selected', () =>
    play([
      [at(0), ['command', 'on-off/heater', true], OFF, false, false],
      [at(1), ['select', 'on-off/heater'], 'on-off/heater', false, false, 'selected'],
      [at(2), ['command', 'manual/heater', 50], 'on-off/heater', false, false],
      [at(3), ['command', 'on-off/heater', true], 'on-off/heater', true, true],
    ]));

  it('hands over without a bump: what was in force stays until the new owner speaks', () =>
    play([
      [at(0), ['select', 'manual/heater'], 'manual/heater', false, false, 'selected'],
      [at(1), ['command', 'manual/heater', 40], 'manual/heater', 40, true],
      [at(2), ['select', 'on-off/heater'], 'on-off/heater', 40, false, 'selected'],
      [at(3), ['command', 'on-off/heater', false], 'on-off/heater', false, true],
    ]));

  it('goes off at once when off is selected', () =>
    play([
      [at(0), ['select', 'manual/heater'], 'manual/heater', false, false, 'selected'],
      [at(1), ['command', 'manual/heater', 40], 'manual/heater', 40, true],
      [at(2), ['select', OFF], OFF, false, true, 'selected'],
      [at(3), ['command', 'manual/heater', 40], OFF, false, false],
    ]));

  it('takes the actuator from a source that is silent in its own kind of time, and gives it back', () =>
    play([
      [at(0, 0), ['select', 'external/heater'], 'external/heater', false, false, 'selected'],
      [at(60_000, 1000), ['command', 'external/heater', true], 'external/heater', true, true],
      [at(1_800_000, 30_999), ['tick'], 'external/heater', true, true],
      [at(1_860_000, 31_000), ['tick'], OFF, false, true, 'silent'],
      [
        at(1_900_000, 31_600),
        ['command', 'external/heater', true],
        'external/heater',
        true,
        true,
        'speaks again',
      ],
    ]));

  it('gives it back only when selected anew where it must not resume', () => {
    const strict = { ...settings, resume: false };
    play(
      [
        [at(0), ['select', 'on-off/heater'], 'on-off/heater', false, false, 'selected'],
        [at(60_000), ['tick'], OFF, false, true, 'silent'],
        [at(60_001), ['command', 'on-off/heater', true], OFF, false, false],
        [at(60_002), ['select', 'on-off/heater'], 'on-off/heater', false, false, 'selected'],
        [at(60_003), ['command', 'on-off/heater', true], 'on-off/heater', true, true],
      ],
      strict,
    );
  });

  it('repeats the value in force, also one that was taken over, and never for nobody', () =>
    play([
      [at(0), ['select', 'on-off/heater'], 'on-off/heater', false, false, 'selected'],
      [at(1000), ['command', 'on-off/heater', true], 'on-off/heater', true, true],
      [at(2000), ['select', 'manual/heater'], 'manual/heater', true, false, 'selected'],
      [at(11_999), ['tick'], 'manual/heater', true, false],
      [at(12_000), ['tick'], 'manual/heater', true, true],
      [at(13_000), ['command', 'manual/heater', 40], 'manual/heater', 40, true],
      [at(22_999), ['tick'], 'manual/heater', 40, false],
      [at(23_000), ['tick'], 'manual/heater', 40, true],
      [at(24_000), ['select', OFF], OFF, false, true, 'selected'],
      [at(90_000), ['tick'], OFF, false, false],
    ]));

  it('takes a source by its topic or by its part before the first slash, and refuses any other word', () => {
    assert.equal(sourceOf(settings, 'external'), 'external/heater');
    assert.equal(sourceOf(settings, 'external/heater'), 'external/heater');
    assert.equal(sourceOf(settings, 'off'), OFF);
    for (const word of ['pid', '', 7, null, undefined])
      assert.throws(() => sourceOf(settings, word), /^Error: payload: must be one of on-off\/heater, /);
  });

  it('never has two owners, and never an owner that was not selected (property)', () => {
    const topics = [...settings.sources.map(({ topic }) => topic), OFF];
    const step = fc.record({
      passes: fc.integer({ min: 0, max: 40_000 }),
      what: fc.constantFrom('select', 'command', 'tick'),
      topic: fc.constantFrom(...topics),
      value: fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 100 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let memory = begin(settings, OFF, at(0));
        let now = 0;
        for (const { passes, what, topic, value } of steps) {
          now += passes;
          const here = at(now);
          const before = memory;
          const result =
            what === 'select'
              ? select(settings, memory, topic, here)
              : what === 'command' && topic !== OFF
                ? command(settings, memory, topic, value, here)
                : tick(settings, memory, here);
          memory = result.memory;
          assert.ok(memory.owner === memory.selected || memory.owner === OFF);
          if (memory.owner === OFF) assert.equal(memory.value, false);
          if (memory.owner !== before.owner) assert.equal(result.handOver?.to, memory.owner);
          if (what === 'command' && topic !== OFF && topic !== memory.selected)
            assert.deepEqual(memory, before);
          if (what === 'tick') {
            const { time, at: until } = silentAt(settings, memory);
            assert.ok(memory.owner === OFF || here[time] < until);
            assert.ok(repeatAt(settings, memory) > here.process);
          }
        }
      }),
    );
  });
});
