import assert from 'node:assert/strict';
import fc from 'fast-check';
import { conditions, isActive, type AlarmState } from '../../nodes/lib/alarms.ts';
import {
  acknowledge,
  advance,
  elapse,
  latchedRoutes,
  quiet,
  routes,
  sense,
  shelve,
  unshelve,
  type Alarm,
  type Delays,
  type Result,
  type Transition,
} from '../../nodes/limit-alarm/alarm.ts';
import { emptyRows, fields, parse, type Rule } from '../../nodes/limit-alarm/config.ts';
import { lightFor } from '../../nodes/limit-alarm/report.ts';
import { rateOf, remember, type Point } from '../../nodes/limit-alarm/judge.ts';
import {
  accept,
  deadlineOf,
  newUnit,
  tick,
  type Happening,
  type Unit,
} from '../../nodes/limit-alarm/unit.ts';
import { nameOf, sentenceOf, timeOf } from '../../nodes/limit-alarm/words.ts';

const table = (...rows: object[]): string => JSON.stringify(rows);
const rulesOf = (...rows: object[]): readonly Rule[] => parse({ conditions: table(...rows) }).rules;
const RATE_MS = 60_000;

const sample = { unit: 'Cel', timeline: 'simulated' } as const;

/** A series with its own clock: samples and time in, what happened out. */
const watching = (...rows: object[]) => {
  let now = 0;
  let unit: Unit = newUnit('fish-tank/1/temperature', 'simulated', rulesOf(...rows), 0);
  const log: string[] = [];
  const happened: Happening[] = [];
  const take = (step: { unit: Unit; happenings: readonly Happening[] }): void => {
    unit = step.unit;
    happened.push(...step.happenings);
    for (const { action, rule } of step.happenings) log.push(`${now / 1000} ${rule.condition} ${action}`);
  };
  const advanceTo = (at: number): void => {
    for (let due = deadlineOf(unit); due <= at; due = deadlineOf(unit)) {
      now = due;
      take(tick(unit, RATE_MS, now));
    }
    now = at;
  };
  return {
    at(seconds: number, value: number | undefined, setpoint?: number) {
      advanceTo(seconds * 1000);
      take(accept(unit, { ...sample, value, timestamp: now, setpoint }, RATE_MS, now));
    },
    /** What was measured at another time than it comes. */
    of(measured: number, value: number) {
      take(accept(unit, { ...sample, value, timestamp: measured * 1000, setpoint: undefined }, RATE_MS, now));
    },
    /** The clock is put back. */
    back(seconds: number) {
      now = seconds * 1000;
    },
    wait: (seconds: number) => advanceTo(seconds * 1000),
    log,
    happened,
    state: (condition: Rule['condition']): AlarmState => unit.alarms[condition]?.state ?? 'normal',
  };
};

describe('limit alarm: states', () => {
  const states: AlarmState[] = ['normal', 'unacknowledged', 'acknowledged', 'returned'];
  it('every route leads to a state of the table, and every state has a way out', () => {
    for (const some of [routes, latchedRoutes])
      for (const state of states) {
        assert.ok(Object.values(some[state]).every((next) => states.includes(next)));
        assert.ok(Object.keys(some[state]).length > 0, state);
      }
  });
  const cases: [AlarmState, 'active' | 'clear' | 'acknowledge', boolean, AlarmState | undefined][] = [
    ['normal', 'active', false, 'unacknowledged'],
    ['normal', 'acknowledge', false, undefined],
    ['unacknowledged', 'acknowledge', false, 'acknowledged'],
    ['unacknowledged', 'clear', false, 'returned'],
    ['acknowledged', 'clear', false, 'normal'],
    ['acknowledged', 'clear', true, 'returned'],
    ['returned', 'acknowledge', true, 'normal'],
    ['returned', 'active', false, 'unacknowledged'],
  ];
  for (const [state, signal, latching, next] of cases)
    it(`${state} + ${signal}${latching ? ', latching' : ''} -> ${next}`, () =>
      assert.equal(advance(state, signal, latching), next));

  const delays: Delays = { onDelayMs: 0, offDelayMs: 0, latching: false };
  const told = ({ transitions }: Result): string[] =>
    transitions.map(({ action, previous, alarm }) => `${action}: ${previous} -> ${alarm.state}`);
  it('says nothing of what happens on the shelf, and then what has become of it', () => {
    const shelved = shelve(quiet, 10, 'anna');
    assert.deepEqual(told(shelved), ['shelved: normal -> normal']);
    const active = sense(delays, shelved.alarm, true, 5);
    assert.deepEqual(told(active), []);
    assert.equal(active.alarm.state, 'unacknowledged');
    assert.deepEqual(told(unshelve(active.alarm, '')), [
      'unshelved: normal -> normal',
      'raised: normal -> unacknowledged',
    ]);
    const gone = sense(delays, active.alarm, false, 6);
    assert.deepEqual(told(unshelve(gone.alarm, '')), ['unshelved: normal -> returned']);
  });
  it('an alarm that was told before the shelf is cleared after it, or has to be acknowledged anew', () => {
    const raised = sense(delays, quiet, true, 1).alarm;
    const shelved = shelve(acknowledge(delays, raised, 'anna').alarm, 10, 'anna').alarm;
    assert.deepEqual(told(unshelve(shelved, 'eva')), ['unshelved: acknowledged -> unacknowledged']);
    const gone = sense(delays, shelved, false, 2).alarm;
    assert.deepEqual(told(unshelve(gone, '')), [
      'cleared: acknowledged -> normal',
      'unshelved: normal -> normal',
    ]);
  });

  type Step = ['sense', boolean | undefined] | ['acknowledge'] | ['shelve'] | ['unshelve'] | ['elapse'];
  const steps = fc.array(
    fc.tuple(
      fc.oneof(
        {
          weight: 8,
          arbitrary: fc.tuple(fc.constant('sense' as const), fc.constantFrom(true, false, undefined)),
        },
        fc.constantFrom<Step>(['acknowledge'], ['shelve'], ['unshelve'], ['elapse']),
      ),
      fc.integer({ min: 0, max: 20 }),
    ),
    { minLength: 10, maxLength: 60 },
  );
  const run = (
    delay: Delays,
    input: [Step, number][],
    see: (all: Transition, now: number, before: Alarm) => void,
  ): void => {
    let alarm = quiet;
    let now = 0;
    for (const [[kind, holds], pause] of input) {
      now += pause;
      const before = alarm;
      const result: Result =
        kind === 'sense'
          ? sense(delay, alarm, holds, now)
          : kind === 'elapse'
            ? elapse(delay, alarm, now)
            : kind === 'acknowledge'
              ? acknowledge(delay, alarm, 'anna')
              : kind === 'shelve'
                ? shelve(alarm, now + 100, 'anna')
                : unshelve(alarm, 'anna');
      alarm = result.alarm;
      for (const transition of result.transitions) see(transition, now, before);
    }
  };
  const anyDelays = fc.record({
    onDelayMs: fc.integer({ min: 0, max: 15 }),
    offDelayMs: fc.integer({ min: 0, max: 15 }),
    latching: fc.boolean(),
  });
  it('never tells of two raises without a clearing between, and each transition begins where the last one ended', () => {
    let raises = 0;
    fc.assert(
      fc.property(anyDelays, steps, (delay, input) => {
        let open = false;
        let last: AlarmState = 'normal';
        run(delay, input, ({ action, previous, alarm }) => {
          assert.equal(previous, last);
          last = alarm.state;
          if (action !== 'raised' && action !== 'cleared') return;
          assert.equal(open, action === 'cleared');
          open = action === 'raised';
          raises += Number(open);
        });
      }),
      { numRuns: 500 },
    );
    assert.ok(raises > 200, `the property was hardly tried: ${raises} raises`);
  });
  it('raises only after the condition has not been seen gone for the whole on delay', () => {
    fc.assert(
      fc.property(anyDelays, steps, (delay, input) => {
        let alarm = quiet;
        let now = 0;
        let goneAt = -Infinity;
        let since: number | undefined;
        for (const [[kind, holds], pause] of input) {
          now += pause;
          if (kind !== 'sense') continue;
          if (holds === false) [goneAt, since] = [now, undefined];
          if (holds === true) since ??= now;
          const before = alarm;
          alarm = sense(delay, alarm, holds, now).alarm;
          if (isActive(before.state) || !isActive(alarm.state)) continue;
          assert.ok(since !== undefined && now - since >= delay.onDelayMs && goneAt <= since);
          assert.equal(alarm.since, since);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('limit alarm: conditions', () => {
  it('raises above the limit, not at it, and clears at the deadband inside it', () => {
    const unit = watching({ condition: 'high', limit: 27, deadband: 0.5 });
    for (const [time, value] of [27, 27.1, 26.6, 27.2, 26.5, 27, 27.1].entries()) unit.at(time, value);
    assert.deepEqual(unit.log, ['1 high raised', '4 high cleared', '6 high raised']);
  });
  it('is the mirror image below', () => {
    const unit = watching(
      { condition: 'low', limit: 24, deadband: 1 },
      { condition: 'low-low', limit: '22' },
    );
    for (const [time, value] of [24, 23.9, 24.5, 21, 25].entries()) unit.at(time, value);
    assert.deepEqual(unit.log, ['1 low raised', '3 low-low raised', '4 low cleared', '4 low-low cleared']);
  });
  it('waits for the on and the off delay, with and without samples', () => {
    const unit = watching({ condition: 'high', limit: 27, onDelay: 10, offDelay: 20 });
    unit.at(0, 28);
    unit.at(9, 26);
    unit.at(10, 28);
    unit.wait(19.999);
    assert.deepEqual(unit.log, []);
    unit.wait(30);
    assert.deepEqual(unit.log, ['20 high raised']);
    assert.equal(unit.happened[0]?.alarm.since, 10_000, 'since the condition holds');
    unit.at(31, 26);
    unit.at(40, 28);
    unit.at(41, 26);
    unit.wait(100);
    assert.deepEqual(unit.log.slice(1), ['61 high cleared']);
  });
  it('a bad sample never clears, not even at the end of an off delay', () => {
    const unit = watching(
      { condition: 'high', limit: 27, offDelay: 10 },
      { condition: 'bad-quality', limit: 'true' },
    );
    unit.at(0, 28);
    unit.at(1, 20);
    unit.at(5, undefined);
    unit.wait(60);
    assert.deepEqual(unit.log, ['0 high raised', '5 bad-quality raised']);
    unit.at(61, 20);
    unit.wait(90);
    assert.deepEqual(unit.log.slice(2), ['61 bad-quality cleared', '71 high cleared']);
  });
  it('goes stale without samples and with bad ones, since the last good one', () => {
    const unit = watching({ condition: 'stale', limit: 60 });
    unit.at(5, 25);
    unit.at(30, undefined);
    unit.at(70, undefined);
    assert.deepEqual(unit.log, ['65 stale raised']);
    assert.equal(unit.happened[0]?.alarm.since, 5000);
    unit.at(80, 25);
    unit.wait(139);
    assert.deepEqual(unit.log.slice(1), ['80 stale cleared']);
    unit.wait(140);
    assert.equal(unit.log.length, 3);
  });
  it('goes stale even if nothing has ever come', () => {
    const unit = watching({ condition: 'stale', limit: 60, onDelay: 5 });
    unit.wait(100);
    assert.deepEqual(unit.log, ['65 stale raised']);
    assert.equal(unit.happened[0]?.alarm.since, 0);
  });
  it('knows the rate over a whole window, up and down', () => {
    const unit = watching({ condition: 'rate', limit: 2 });
    for (let time = 0; time <= 120; time += 10) unit.at(time, 20 + time * (1 / 60));
    assert.deepEqual(unit.log, []);
    for (let time = 130; time <= 180; time += 10) unit.at(time, 22 + (time - 120) * (3 / 60));
    assert.deepEqual(unit.log, ['160 rate raised']);
    for (let time = 190; time <= 300; time += 10) unit.at(time, 25 - (time - 180) * (3 / 60));
    assert.deepEqual(unit.log.slice(1), ['190 rate cleared', '240 rate raised']);
    assert.ok(Math.abs((unit.happened[2]?.value ?? Number.NaN) + 3) < 1e-9, 'the change, with its sign');
  });
  it('leaves out what comes late, also for silence and the rate', () => {
    const unit = watching({ condition: 'high', limit: 27 }, { condition: 'stale', limit: 60 });
    unit.at(100, 25);
    unit.wait(150);
    unit.of(90, 30);
    unit.wait(160);
    assert.deepEqual(unit.log, ['60 stale raised', '100 stale cleared', '160 stale raised']);
    unit.of(100, 28);
    assert.deepEqual(
      unit.log.slice(3),
      ['160 high raised', '160 stale cleared'],
      'the same time is a correction',
    );
  });
  it('a time ahead of the clock, or a clock that is put back, does not shut out what comes after', () => {
    const unit = watching({ condition: 'high', limit: 27 });
    unit.at(100, 25);
    unit.of(1e6, 25);
    unit.at(101, 28);
    unit.back(10);
    unit.at(11, 25);
    assert.deepEqual(unit.log, ['101 high raised', '11 high cleared']);
  });
  it('compares with the setpoint of the record or of a command, and knows nothing without one', () => {
    const unit = watching({ condition: 'deviation', limit: 1, deadband: 0.5 });
    unit.at(0, 50);
    unit.at(1, 24, 25);
    unit.at(2, 23.9);
    unit.at(3, 24.4);
    unit.at(4, 24.5);
    unit.at(5, 26.1);
    assert.deepEqual(unit.log, ['2 deviation raised', '4 deviation cleared', '5 deviation raised']);
  });
  it('never chatters with noise smaller than the deadband', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.24, max: 0.24, noNaN: true }), { minLength: 50, maxLength: 200 }),
        fc.double({ min: 26.5, max: 27.5, noNaN: true }),
        (noise, level) => {
          const unit = watching({ condition: 'high', limit: 27, deadband: 0.5 });
          for (const [time, off] of noise.entries()) unit.at(time, level + off);
          assert.ok(unit.log.length <= 1, unit.log.join());
        },
      ),
    );
  });
  it('keeps a bounded window whatever the rate of samples, and time that runs backwards starts afresh', () => {
    let points: readonly Point[] = [];
    for (let at = 0; at < 200_000; at += 10) points = remember(points, { at, value: at / 60_000 }, 60_000);
    assert.ok(points.length < 250, String(points.length));
    assert.ok(Math.abs((rateOf(points, 60_000) ?? 0) - 1) < 1e-9);
    points = remember(points, { at: 5, value: 1 }, 60_000);
    assert.equal(points.length, 1);
    assert.equal(rateOf(points, 60_000), undefined);
  });
});

describe('limit alarm: words', () => {
  const facts = {
    series: 'fish-tank/1/temperature',
    condition: 'high' as const,
    active: true,
    value: 27.3,
    limit: 27,
    measuredIn: 'Cel',
    since: Date.UTC(2000, 0, 1, 9, 12),
    now: Date.UTC(2000, 0, 1, 9, 20),
    timeline: 'simulated' as const,
  };
  const cases: [object, string][] = [
    [{}, 'Fish tank 1 temperature is 27.3 °C, above the high limit of 27 °C since 09:12'],
    [
      { active: false, value: 26.4 },
      'Fish tank 1 temperature is 26.4 °C, no longer above the high limit of 27 °C since 09:12',
    ],
    [
      { value: 27.00001 },
      'Fish tank 1 temperature is 27.00001 °C, above the high limit of 27 °C since 09:12',
    ],
    [
      { condition: 'low-low', value: 10, limit: 12, now: Date.UTC(2000, 0, 3) },
      'Fish tank 1 temperature is 10 °C, below the low-low limit of 12 °C since 2000-01-01 09:12',
    ],
    [
      { condition: 'rate', value: -3.21234, limit: 2 },
      'Fish tank 1 temperature changes by -3.212 °C per minute, above the limit of 2 °C per minute since 09:12',
    ],
    [
      { condition: 'deviation', value: -1.5, limit: 1 },
      'Fish tank 1 temperature is 1.5 °C off its setpoint, above the limit of 1 °C since 09:12',
    ],
    [
      { condition: 'stale', value: 75, limit: 60 },
      'Fish tank 1 temperature has sent no value since 09:12, longer than the limit of 60 s',
    ],
    [
      { condition: 'stale', active: false, limit: 60 },
      'Fish tank 1 temperature sends values again since 09:12',
    ],
    [{ condition: 'bad-quality', limit: 0 }, 'Fish tank 1 temperature has bad quality since 09:12'],
    [{ limit: undefined, active: false }, 'Fish tank 1 temperature is no longer watched for its high limit'],
  ];
  for (const [change, sentence] of cases)
    it(sentence, () => assert.equal(sentenceOf({ ...facts, ...change }), sentence));
  it('names a series as people do', () =>
    assert.deepEqual(['fish-tank/1/ph', 'ambient_temperature', 'x'].map(nameOf), [
      'Fish tank 1 pH',
      'Ambient temperature',
      'X',
    ]));
  it('tells real time in the zone of the people', () => {
    const noon = new Date(2026, 5, 1, 12, 5).getTime();
    assert.equal(timeOf(noon, noon, 'real'), '12:05');
  });
});

describe('limit alarm: status', () => {
  const unit = (value: number): Unit =>
    accept(
      newUnit(
        't',
        'real',
        rulesOf({ condition: 'high', limit: 27 }, { condition: 'high-high', limit: 30 }),
        0,
      ),
      { value, timestamp: 0, unit: 'Cel', setpoint: undefined, timeline: 'real' },
      RATE_MS,
      0,
    ).unit;
  const cases: [Unit[], object][] = [
    [[], { kind: 'waiting', text: 'no data' }],
    [[unit(25)], { kind: 'nominal', value: 25, unit: 'Cel' }],
    [[unit(25), unit(25)], { kind: 'nominal', text: 'normal' }],
    [[unit(28), unit(25)], { kind: 'fault', text: 'high' }],
    [[unit(31), unit(28)], { kind: 'fault', text: '3 alarms' }],
  ];
  for (const [units, light] of cases)
    it(JSON.stringify(light), () => assert.deepEqual(lightFor(units), light));
});

describe('limit alarm: configuration', () => {
  it('has a line for every condition, none of them watched', () => {
    const { rules } = parse({});
    assert.deepEqual(
      rules.map(({ condition }) => condition),
      conditions,
    );
    assert.ok(rules.every(({ limit }) => limit === undefined));
    assert.equal(fields.conditions.value, JSON.stringify(emptyRows));
  });
  it('reads the table', () => {
    const rule = rulesOf({
      condition: 'high',
      limit: '0',
      deadband: '0.5',
      onDelay: '10',
      offDelay: '20',
      priority: 'low',
      latching: true,
    })[1];
    assert.deepEqual(rule, {
      condition: 'high',
      limit: 0,
      deadband: 0.5,
      onDelayMs: 10_000,
      offDelayMs: 20_000,
      priority: 'low',
      latching: true,
    });
  });
  const refused: [object, string][] = [
    [{ conditions: 'x' }, 'conditions: must be a JSON list of conditions, got "x"'],
    [
      { conditions: table({ condition: 'high', limit: 'hot' }) },
      'conditions[0].limit (high): must be a number or blank, got "hot"',
    ],
    [
      { conditions: table({ condition: 'stale', limit: 0 }) },
      'conditions[0].limit (stale): must be a number above 0 or blank, got 0',
    ],
    [
      { conditions: table({ condition: 'bad-quality', limit: 'maybe' }) },
      'conditions[0].limit (bad-quality): must be true or false, got "maybe"',
    ],
    [
      { conditions: table({ condition: 'high', limit: 20 }, { condition: 'low', limit: 20 }) },
      'conditions: high must be above low (20), got 20',
    ],
    [
      { conditions: table({ condition: 'high', limit: 30 }, { condition: 'high-high', limit: 29 }) },
      'conditions: high-high must be above high (30), got 29',
    ],
    [
      { conditions: table({ condition: 'low', limit: 1 }, { condition: 'low' }) },
      'conditions[1].condition: must be there once, got "low" again',
    ],
    [
      { conditions: table({ condition: 'high', deadband: -1 }) },
      'conditions[0].deadband: must be a number of at least 0, got -1',
    ],
    [{ rateSeconds: 0 }, 'rateSeconds: must be a number above 0, got 0'],
  ];
  for (const [def, message] of refused) it(message, () => assert.throws(() => parse(def), { message }));
});
