import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClock } from '../../nodes/lib/clock.ts';
import { wakeOn } from '../../nodes/lib/wake.ts';
import { parse } from '../../nodes/button/config.ts';
import { begin, step, type Event, type Input, type Settings } from '../../nodes/button/gestures.ts';
import { inputOf } from '../../nodes/button/input.ts';

const settle: Settings = parse({});
const lockOut: Settings = { ...settle, method: 'lock-out' };
const doubles: Settings = { ...settle, doubleEnabled: true };

/** What is heard at a ms: 1 and 0 are levels (pressed and not), the words are themselves. */
type Heard = readonly [number, 0 | 1 | 'press' | 'release'];
const inputFor = (heard: Heard[1]): Input => inputOf(heard, false);
const show = (event: Event): string => {
  if (event.kind === 'state') return `${event.at} ${event.pressed ? 'on' : 'off'}`;
  const { at, kind, heldMs, count } = event;
  return [at, kind, heldMs, count === undefined ? undefined : `#${count}`]
    .filter((part) => part !== undefined)
    .join(' ');
};
/** Plays a trace on a stepped clock that wakes the button as the adapter does, and gives all that happens until `end`. */
const play = (settings: Settings, trace: readonly Heard[], end = 5000) => {
  const clock = createClock(
    { mode: 'stepped', speed: 1, startMs: 0 },
    { monotonic: () => 0, utc: () => 0, timer: () => () => {} },
  );
  const events: Event[] = [];
  let memory = begin;
  let wakes = 0;
  const go = (input?: Input): void => {
    const next = step(settings, memory, input, clock.now());
    memory = next.memory;
    events.push(...next.events);
    wake.at(next.deadline);
  };
  const wake = wakeOn(clock, () => {
    wakes += 1;
    go();
  });
  for (const [at, heard] of trace) {
    clock.advance(at - clock.now());
    go(inputFor(heard));
  }
  clock.advance(Math.max(0, end - clock.now()));
  return { events, memory, wakes };
};
const happens = (settings: Settings, trace: readonly Heard[], end?: number): string[] =>
  play(settings, trace, end).events.map(show);
const gestures = (settings: Settings, trace: readonly Heard[], end?: number): string[] =>
  happens(settings, trace, end).filter((text) => !/ (on|off)$/.test(text));

/** A level that bounces ten times within 8 ms before it stays. */
const bouncing = (from: number, level: 0 | 1): Heard[] =>
  Array.from({ length: 11 }, (_, index) => [from + index * 0.8, index % 2 === 0 ? level : level ? 0 : 1]);
/** Clean presses, as [pressed at, released at]. */
const presses = (...times: readonly (readonly [number, number])[]): Heard[] => [
  [0, 0],
  ...times.flatMap(([from, to]): Heard[] => [
    [from, 1],
    [to, 0],
  ]),
];

describe('button: debounce', () => {
  it('B1 settle: bounces are one press, one release, one click', () =>
    assert.deepEqual(happens(settle, [[0, 0], ...bouncing(100, 1), ...bouncing(308, 0)]), [
      '133 on',
      '133 press',
      '341 off',
      '341 release 208',
      '341 click 208 #1',
    ]));

  it('B1 lock-out: the same at once', () =>
    assert.deepEqual(happens(lockOut, [[0, 0], ...bouncing(100, 1), ...bouncing(308, 0)]), [
      '100 on',
      '100 press',
      '308 off',
      '308 release 208',
      '308 click 208 #1',
    ]));

  it('B2 a glitch is nothing, neither way', () =>
    assert.deepEqual(
      happens(settle, [
        [0, 0],
        [100, 1],
        [105, 0],
        [200, 1],
        [224, 0],
      ]),
      [],
    ));

  it('B2 a glitch during a press does not end it', () =>
    assert.deepEqual(
      gestures(settle, [
        [0, 0],
        [100, 1],
        [200, 0],
        [205, 1],
        [300, 0],
      ]),
      ['125 press', '325 release 200', '325 click 200 #1'],
    ));

  it('a level that is stable for the whole time counts', () =>
    assert.deepEqual(gestures(settle, presses([100, 125])), [
      '125 press',
      '150 release 25',
      '150 click 25 #1',
    ]));

  it('a level said again does not begin anew', () =>
    assert.deepEqual(
      gestures(settle, [
        [0, 0],
        [100, 1],
        [120, 1],
        [124, 1],
        [200, 0],
        [220, 0],
      ]),
      ['125 press', '225 release 100', '225 click 100 #1'],
    ));

  it('B7 a release during a lock-out is told after it', () =>
    assert.deepEqual(gestures(lockOut, presses([100, 110])), [
      '100 press',
      '125 release 25',
      '125 click 25 #1',
    ]));

  it('B7 what is seen last in a lock-out counts, also when that changes nothing', () =>
    assert.deepEqual(
      gestures(lockOut, [
        [0, 0],
        [100, 1],
        [105, 0],
        [110, 1],
        [300, 0],
      ]),
      ['100 press', '300 release 200', '300 click 200 #1'],
    ));

  for (const method of ['settle', 'lock-out'] as const)
    it(`${method} of 0 ms takes every level`, () =>
      assert.deepEqual(
        gestures({ ...settle, method, debounceMs: 0 }, [
          [0, 0],
          [10, 1],
          [10, 0],
          [11, 1],
          [12, 0],
        ]),
        ['10 press', '10 release 0', '10 click 0 #1', '11 press', '12 release 1', '12 click 1 #2'],
      ));

  for (const [method, most] of [
    ['settle', 0],
    ['lock-out', 40],
  ] as const)
    it(`B8 ${method}: 10 kHz of edges for a second`, () => {
      const storm = Array.from({ length: 10_000 }, (_, index): Heard => [
        100 + index / 10,
        index % 2 === 0 ? 1 : 0,
      ]);
      const { events, memory, wakes } = play({ ...settle, method }, [[0, 0], ...storm]);
      const changes = events.filter(({ kind }) => kind === 'state').length;
      assert.ok(changes <= most, `${changes} changes`);
      assert.ok(wakes <= 60, `${wakes} wakes`);
      assert.equal(memory.pressed, false);
    });
});

describe('button: gestures', () => {
  it('a click is told at once where there are no doubles, and clicks in a row are counted', () =>
    assert.deepEqual(
      gestures(settle, presses([100, 200], [500, 600], [901, 1000])).filter((text) => text.includes('click')),
      ['225 click 100 #1', '625 click 100 #2', '1025 click 99 #1'],
    ));

  it('a press of the longest time is a click, a longer one is none', () => {
    assert.ok(gestures(settle, presses([100, 600])).includes('625 click 500 #1'));
    assert.deepEqual(gestures(settle, presses([100, 601])), ['125 press', '626 release 501']);
  });

  it('B3 two clicks with a gap of 200 are one double and no click', () =>
    assert.deepEqual(gestures(doubles, presses([100, 200], [400, 500])), [
      '125 press',
      '225 release 100',
      '425 press',
      '525 release 100',
      '525 double 100 #2',
    ]));

  it('B3 a gap of 300 is a double, one of 301 is two clicks', () => {
    assert.ok(gestures(doubles, presses([100, 200], [500, 600])).includes('625 double 100 #2'));
    assert.deepEqual(gestures(doubles, presses([100, 200], [501, 600])), [
      '125 press',
      '225 release 100',
      '526 click 100 #1',
      '526 press',
      '625 release 99',
      '926 click 99 #1',
    ]);
  });

  it('three clicks are a double and a third, four are two doubles', () => {
    const tell = (count: number): string[] =>
      gestures(
        doubles,
        presses(...Array.from({ length: count }, (_, n) => [100 + n * 200, 200 + n * 200] as const)),
      ).filter((text) => /click|double/.test(text));
    assert.deepEqual(tell(3), ['425 double 100 #2', '926 click 100 #3']);
    assert.deepEqual(tell(4), ['425 double 100 #2', '825 double 100 #4']);
  });

  it('a click before a press that becomes none is told when that is known', () => {
    assert.deepEqual(gestures(doubles, presses([100, 200], [400, 1100])), [
      '125 press',
      '225 release 100',
      '425 press',
      '926 click 100 #1',
      '1125 release 700',
    ]);
    assert.deepEqual(
      gestures({ ...doubles, longMs: 400 }, presses([100, 200], [400, 900])).filter((text) =>
        /click|double|long/.test(text),
      ),
      ['825 click 100 #1', '825 long 400'],
    );
  });

  it('B4 a hold is long, repeats, and is no click', () => {
    assert.deepEqual(gestures(settle, presses([75, 1675])), [
      '100 press',
      '1100 long 1000',
      '1350 repeat 1250',
      '1600 repeat 1500',
      '1700 release 1600',
    ]);
    assert.deepEqual(gestures(settle, presses([75, 1075])), [
      '100 press',
      '1100 long 1000',
      '1100 release 1000',
    ]);
  });

  it('repeats never with 0, and a long press is no click however long a click may be', () =>
    assert.deepEqual(gestures({ ...settle, repeatMs: 0, clickMs: 9000 }, presses([75, 3075])), [
      '100 press',
      '1100 long 1000',
      '3100 release 3000',
    ]));

  it('B5 the first level is only learnt, and told as state if asked for', () => {
    const trace: Heard[] = [
      [0, 1],
      [2000, 0],
      [3000, 1],
    ];
    assert.deepEqual(happens(settle, trace, 3500), ['2025 off', '3025 on', '3025 press']);
    assert.deepEqual(happens({ ...settle, initial: true }, trace.slice(0, 2)), ['25 on', '2025 off']);
    assert.deepEqual(happens({ ...lockOut, initial: true }, trace.slice(0, 2)), ['0 on', '2000 off']);
    assert.deepEqual(happens({ ...settle, initial: true }, [[0, 0]]), ['25 off']);
  });

  it('B10 words do not bounce: a press and a release at once are one press', () => {
    for (const settings of [settle, lockOut])
      assert.deepEqual(
        happens(settings, [
          [0, 'press'],
          [0, 'release'],
          [10, 'press'],
          [12, 'press'],
          [14, 'release'],
          [14, 'release'],
        ]),
        [
          '0 on',
          '0 press',
          '0 off',
          '0 release 0',
          '0 click 0 #1',
          '10 on',
          '10 press',
          '14 off',
          '14 release 4',
          '14 click 4 #2',
        ],
      );
    assert.deepEqual(happens({ ...settle, initial: true }, [[0, 'release']]), ['0 off']);
    assert.deepEqual(
      gestures(doubles, [
        [0, 'press'],
        [0, 'release'],
        [100, 'press'],
        [100, 'release'],
      ]).at(-1),
      '100 double 0 #2',
    );
  });

  it('B11 one press of a bad button starts one run', () => {
    const count = (settings: Settings, ...bounces: readonly Heard[][]): number =>
      gestures(settings, [[0, 0], ...bounces.flat()]).filter((text) => text.endsWith('press')).length;
    const worn = [bouncing(100, 1), bouncing(112, 1), bouncing(250, 0), bouncing(262, 0)];
    for (const settings of [settle, lockOut, doubles]) assert.equal(count(settings, ...worn), 1);
    // Contacts that lose touch in the middle of a press are heard by a lock-out, and not by settling.
    const loose = [bouncing(100, 1), bouncing(180, 1), bouncing(250, 0)];
    assert.deepEqual([count(settle, ...loose), count(lockOut, ...loose)], [1, 2]);
  });

  it('catches up in order when it is stepped late', () => {
    let { memory } = step(lockOut, begin, inputFor(0), 0);
    ({ memory } = step(lockOut, memory, inputFor(1), 100));
    const { events, deadline } = step(lockOut, memory, inputFor(0), 1400);
    assert.deepEqual(events.map(show), [
      '1100 long 1000',
      '1350 repeat 1250',
      '1400 off',
      '1400 release 1300',
    ]);
    assert.equal(deadline, undefined);
  });
});

describe('button: any stream', () => {
  const stream = (words: readonly Heard[1][]) =>
    fc.array(fc.tuple(fc.nat({ max: 1300 }), fc.constantFrom(...words)), { maxLength: 60 }).map((steps) => {
      let at = 0;
      return steps.map(([pause, heard]): Heard => [(at += pause), heard]);
    });
  const settings = fc.record({
    method: fc.constantFrom('settle' as const, 'lock-out' as const),
    debounceMs: fc.nat({ max: 100 }),
    clickMs: fc.integer({ min: 1, max: 1200 }),
    doubleEnabled: fc.boolean(),
    doubleGapMs: fc.integer({ min: 1, max: 600 }),
    longMs: fc.integer({ min: 1, max: 1500 }),
    repeatMs: fc.constantFrom(0, 100, 250),
    initial: fc.boolean(),
  });
  const size = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, inner) => sum + size(inner), 0)
      : 1;
  const largest = size({ ...begin, held: [1, 2, 3], row: [1, 2, 3, 4] });

  it('presses and releases alternate, in order of time, and memory does not grow', () =>
    fc.assert(
      fc.property(settings, stream([0, 1, 'press', 'release']), (chosen, trace) => {
        const { events, memory } = play(chosen, trace, 100_000);
        const kinds = events.map(({ kind }) => kind).filter((kind) => kind === 'press' || kind === 'release');
        kinds.forEach((kind, index) => assert.equal(kind, index % 2 === 0 ? 'press' : 'release'));
        const states = events.flatMap((event) => (event.kind === 'state' ? [event.pressed] : []));
        states.forEach((state, index) => assert.notEqual(state, states[index - 1]));
        events.forEach(({ at }, index) => assert.ok(at >= (events[index - 1]?.at ?? 0)));
        assert.ok(size(memory) <= largest);
      }),
      { numRuns: 300 },
    ));

  it('has no more presses than rising edges, and ends in the state seen last', () =>
    fc.assert(
      fc.property(settings, stream([0, 1]), (chosen, trace) => {
        const { events, memory } = play(chosen, trace, 100_000);
        const rising = trace.filter(([, level], index) => level === 1 && trace[index - 1]?.[1] === 0).length;
        assert.ok(events.filter(({ kind }) => kind === 'press').length <= rising);
        const last = trace.at(-1)?.[1];
        assert.equal(memory.pressed, last === undefined ? undefined : last === 1);
      }),
      { numRuns: 300 },
    ));

  it('every press that ends is told as one thing at most: a click, part of a double, or long', () =>
    fc.assert(
      fc.property(settings, stream([0, 1, 'press', 'release']), (chosen, trace) => {
        const { events } = play(chosen, trace, 100_000);
        const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
        assert.ok(count('click') + 2 * count('double') + count('long') <= count('press'));
        if (!chosen.doubleEnabled) assert.equal(count('double'), 0);
      }),
      { numRuns: 300 },
    ));
});
