import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Host,
  createClock,
  type ClockMode,
  type ClockState,
  type PlantClock,
} from '../../nodes/lib/clock.ts';
import { fakeHost, UTC_START, type FakeHost } from '../support/fake-host.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2000, 0, 1, 8);

const clockOn = (host: FakeHost, mode: ClockMode, speed = 1): PlantClock =>
  createClock({ mode, speed, startMs: START }, host);
/** Lets `ms` of process time pass. */
const pass = (clock: PlantClock, host: FakeHost, ms: number, speed = 1): void =>
  clock.mode === 'stepped' ? clock.advance(ms) : host.elapse(Math.ceil(ms / speed) + 2);

const modes = [
  { mode: 'real', speed: 1 },
  { mode: 'scaled', speed: 0.1 },
  { mode: 'scaled', speed: 1 },
  { mode: 'scaled', speed: 60 },
  { mode: 'scaled', speed: 600 },
  { mode: 'stepped', speed: 1 },
] as const;

/** What a plant with two rhythms and a delayed action sees: process time since the start, and what happened. */
const story = (clock: PlantClock): [number, string][] => {
  const seen: [number, string][] = [];
  const start = clock.now();
  const note = (what: string): void => {
    seen.push([clock.now() - start, what]);
  };
  let rounds = 0;
  clock.every(700, () => note('sample'));
  const stopControl = clock.every(1000, () => {
    note('control');
    rounds++;
    const cancel = clock.after(300, () => note('off'));
    if (rounds % 3 === 0) cancel();
    if (rounds === 7) stopControl();
  });
  clock.after(0, () => note('first'));
  return seen;
};

describe('clock: deadlines', () => {
  it('tells when the next one is due', () => {
    const clock = clockOn(fakeHost(), 'stepped');
    assert.equal(clock.nextDue(), Infinity);
    clock.after(700, () => undefined);
    const cancel = clock.after(300, () => undefined);
    assert.equal(clock.nextDue(), START + 300);
    cancel();
    assert.equal(clock.nextDue(), START + 700);
    clock.advance(700);
    assert.equal(clock.nextDue(), Infinity);
  });

  for (const { mode, speed } of modes)
    it(`fire in order, at their own time, on a ${mode} clock at ${speed}x`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 30 }), (delays) => {
          const host = fakeHost();
          const clock = clockOn(host, mode, speed);
          const start = clock.now();
          const fired: { due: number; index: number; now: number }[] = [];
          for (const [index, delay] of delays.entries())
            clock.after(delay, () => fired.push({ due: start + delay, index, now: clock.now() }));
          pass(clock, host, 5000, speed);
          assert.equal(fired.length, delays.length);
          for (const { due, now } of fired) assert.equal(now, due);
          assert.deepEqual(
            fired,
            fired.toSorted((a, b) => a.due - b.due || a.index - b.index),
          );
        }),
        { numRuns: 50 },
      );
    });

  it('a plant lives the same life at every speed', () => {
    const stepped = clockOn(fakeHost(), 'stepped');
    const expected = story(stepped);
    stepped.advance(20_000);
    assert.deepEqual(expected.slice(0, 4), [
      [0, 'first'],
      [700, 'sample'],
      [1000, 'control'],
      [1300, 'off'],
    ]);
    assert.equal(expected.filter(([, what]) => what === 'control').length, 7);
    assert.equal(expected.filter(([, what]) => what === 'off').length, 5);
    for (const { mode, speed } of modes) {
      const host = fakeHost();
      const clock = clockOn(host, mode, speed);
      const seen = story(clock);
      pass(clock, host, 20_000, speed);
      assert.deepEqual(
        seen.filter(([at]) => at <= 20_000),
        expected,
        `${mode} at ${speed}x`,
      );
    }
  });

  it('a plant lives the same life however late the timers are and whatever is done to its speed', () => {
    const reference = clockOn(fakeHost(), 'stepped');
    const expected = story(reference);
    reference.advance(20_000);
    fc.assert(
      fc.property(disturbances, (steps) => {
        const host = fakeHost();
        const clock = clockOn(host, 'scaled', 60);
        const start = clock.now();
        const seen = story(clock);
        for (const step of steps) disturb(step, clock, host);
        clock.resume();
        clock.setSpeed(60);
        while (clock.now() - start < 20_001) host.elapse(50);
        assert.deepEqual(
          seen.filter(([at]) => at <= 20_000),
          expected,
        );
      }),
    );
  });

  it('one that was set in a callback fires in the same step when it is due', () => {
    const clock = clockOn(fakeHost(), 'stepped');
    const fired: number[] = [];
    const note = (): void => {
      fired.push(clock.now() - START);
    };
    clock.after(10, () => {
      note();
      clock.after(5, note);
      clock.after(500, note);
    });
    clock.after(12, note);
    clock.advance(100);
    assert.deepEqual(fired, [10, 12, 15]);
    assert.equal(clock.now(), START + 100);
  });

  it('one that was cancelled never fires and holds nothing up', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean())), (plan) => {
        const clock = clockOn(fakeHost(), 'stepped');
        const fired: number[] = [];
        const cancels = plan.map(([delay], index) => clock.after(delay, () => fired.push(index)));
        for (const [index, cancel] of cancels.entries()) if (plan[index]?.[1]) cancel();
        clock.advance(50);
        for (const cancel of cancels) cancel();
        assert.deepEqual(
          fired.toSorted((a, b) => a - b),
          plan.flatMap(([, cancelled], index) => (cancelled ? [] : [index])),
        );
        assert.equal(clock.now(), START + 50);
      }),
    );
  });

  it('that are renewed all the time cost no more for it', () => {
    const clock = clockOn(fakeHost(), 'scaled', 60);
    const renew = (times: number): number => {
      const before = performance.now();
      let cancel = clock.after(30_000, () => assert.fail('renewed'));
      for (let index = 0; index < times; index++) {
        cancel();
        cancel = clock.after(30_000, () => assert.fail('renewed'));
      }
      cancel();
      return performance.now() - before;
    };
    renew(20_000);
    const few = renew(20_000);
    const many = renew(200_000);
    assert.ok(many < 100 * (few + 1), `20 000 renewals took ${few} ms, 200 000 took ${many} ms`);
  });

  it('every(): the callback can stop it', () => {
    const clock = clockOn(fakeHost(), 'stepped');
    let count = 0;
    const stop = clock.every(10, () => {
      if (++count === 3) stop();
    });
    clock.advance(1000);
    assert.equal(count, 3);
  });

  it('a callback that throws loses no other deadline and no time, on a stepped clock', () => {
    const clock = clockOn(fakeHost(), 'stepped');
    const fired: number[] = [];
    clock.after(10, () => {
      throw new Error('broken');
    });
    clock.after(20, () => fired.push(clock.now() - START));
    clock.every(40, () => fired.push(clock.now() - START));
    assert.throws(() => clock.advance(100), /broken/);
    clock.advance(0);
    assert.deepEqual(fired, [20, 40, 80]);
    assert.equal(clock.now(), START + 100);
  });

  for (const mode of ['real', 'scaled'] as const)
    it(`a callback that throws loses no other deadline and no time, on a ${mode} clock`, () => {
      const host = fakeHost();
      const clock = clockOn(host, mode);
      const start = clock.now();
      const fired: number[] = [];
      clock.after(10, () => {
        throw new Error('broken');
      });
      clock.every(40, () => fired.push(clock.now() - start));
      assert.throws(() => host.elapse(100), /broken/);
      host.elapse(100 - host.monotonic());
      assert.deepEqual(fired, [40, 80]);
      assert.equal(clock.now() - start, 100);
    });
});

type Step =
  | { kind: 'elapse' | 'stall'; ms: number }
  | { kind: 'speed'; speed: number }
  | { kind: 'pause' | 'resume' | 'reset' | 'look' };
const disturbances = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('elapse' as const, 'stall' as const),
      ms: fc.integer({ min: 0, max: 300 }),
    }),
    fc.record({ kind: fc.constant('speed' as const), speed: fc.integer({ min: 1, max: 600 }) }),
    fc.record({
      kind: fc.constantFrom('pause' as const, 'resume' as const, 'reset' as const, 'look' as const),
    }),
  ),
  { maxLength: 30 },
);
const disturb = (step: Step, clock: PlantClock, host: FakeHost): void => {
  if (step.kind === 'elapse') host.elapse(step.ms);
  else if (step.kind === 'stall') host.stall(step.ms);
  else if (step.kind === 'speed') clock.setSpeed(step.speed);
  else if (step.kind === 'look') clock.now();
  else clock[step.kind]();
};

describe('clock: time', () => {
  it('never runs backwards, whatever is done to a scaled clock', () => {
    fc.assert(
      fc.property(disturbances, (steps) => {
        const host = fakeHost();
        const clock = clockOn(host, 'scaled', 60);
        let last = clock.now();
        const look = (): void => {
          const now = clock.now();
          assert.ok(now >= last, `${now} after ${last}`);
          last = now;
        };
        clock.every(777, () => {
          look();
          host.stall(3);
          look();
        });
        for (const step of steps) {
          look();
          disturb(step, clock, host);
          look();
        }
      }),
    );
  });

  it('does not pass a deadline that has not fired', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 600);
    clock.after(1000, () => {});
    host.stall(500);
    assert.equal(clock.now(), START + 1000);
    host.elapse(0);
    assert.equal(clock.now(), START + 300_000);
  });

  it('keeps the time its callbacks take', () => {
    for (const mode of ['real', 'scaled'] as const) {
      const host = fakeHost();
      const clock = clockOn(host, mode);
      const start = clock.now();
      clock.every(1000, () => host.stall(20));
      host.elapse(60_000);
      assert.equal(clock.now() - start, host.monotonic());
    }
  });

  it('runs at its speed, and at the new one from the moment it is set', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 60);
    host.elapse(1000);
    assert.equal(clock.now() - START, 60_000);
    clock.setSpeed(600);
    host.elapse(1000);
    assert.equal(clock.now() - START, 660_000);
    clock.setSpeed(0.1);
    host.elapse(1000);
    assert.equal(clock.now() - START, 660_100);
  });

  it('stands still while paused and goes on where it stood', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 60);
    const fired: number[] = [];
    clock.every(30_000, () => fired.push(clock.now() - START));
    host.elapse(600);
    clock.pause();
    host.elapse(100_000);
    assert.equal(clock.now() - START, 36_000);
    assert.equal(host.timers(), 0);
    clock.resume();
    host.elapse(400);
    assert.deepEqual(fired, [30_000, 60_000]);
    assert.equal(clock.now() - START, 60_000);
  });

  it('a callback that pauses stops time at its own deadline, also when the timer is late', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 600);
    const fired: number[] = [];
    clock.after(1000, () => clock.pause());
    clock.after(1000, () => fired.push(1000));
    clock.after(1001, () => fired.push(1001));
    host.stall(900);
    host.elapse(5000);
    assert.deepEqual(fired, [1000]);
    assert.equal(clock.now(), START + 1000);
    clock.resume();
    host.elapse(1);
    assert.deepEqual(fired, [1000, 1001]);
  });

  it('reset gives the configured speed and lets it run; time goes on', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 60);
    clock.setSpeed(600);
    host.elapse(1000);
    clock.pause();
    clock.reset();
    const { now, speed, paused } = clock.state();
    assert.deepEqual({ now, speed, paused }, { now: START + 600_000, speed: 60, paused: false });
    host.elapse(1000);
    assert.equal(clock.now(), START + 660_000);
  });

  it('tells its listeners of every change, until they leave', () => {
    const clock = clockOn(fakeHost(), 'scaled', 60);
    const seen: string[] = [];
    const forget = clock.onChange(({ speed, paused }) => seen.push(`${speed}${paused ? ' paused' : ''}`));
    clock.setSpeed(10);
    clock.pause();
    clock.reset();
    forget();
    clock.setSpeed(20);
    assert.deepEqual(seen, ['10', '10 paused', '60']);
  });

  it('stop() fires nothing more, also from a callback', () => {
    for (const { mode, speed } of modes) {
      const host = fakeHost();
      const clock = clockOn(host, mode, speed);
      const fired: string[] = [];
      clock.after(10, () => {
        fired.push('first');
        clock.stop();
      });
      clock.after(10, () => fired.push('second'));
      clock.every(20, () => fired.push('every'));
      clock.onChange(() => fired.push('change'));
      pass(clock, host, 1000, speed);
      clock.after(0, () => fired.push('after the end'));
      pass(clock, host, 1000, speed);
      assert.deepEqual(fired, ['first'], `${mode} at ${speed}x`);
      assert.equal(host.timers(), 0);
    }
  });
});

describe('clock: too slow for its speed', () => {
  it('reports lagging, runs slower, skips no deadline, and says when it is well again', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 600);
    const states: boolean[] = [];
    const fired: number[] = [];
    let cost = 5;
    clock.onChange(({ lagging }) => states.push(lagging));
    // One process second is 1.7 ms of wall time, and the callback takes 5.
    clock.every(1000, () => {
      fired.push(clock.now() - START);
      host.stall(cost);
    });
    host.elapse(10_000);
    assert.deepEqual(states, [true]);
    assert.equal(clock.state().lagging, true);
    const reached = clock.now() - START;
    assert.ok(reached > 1_500_000 && reached < 2_100_000, `reached ${reached} ms in 10 s`);
    cost = 0;
    host.elapse(3000);
    assert.deepEqual(states, [true, false]);
    assert.deepEqual(
      fired,
      fired.map((_, index) => (index + 1) * 1000),
    );
    const settled = clock.now();
    host.elapse(1000);
    assert.equal(clock.now() - settled, 600_000);
  });

  it('gives the machine a rest between two bursts', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 600);
    let fired = 0;
    clock.every(1000, () => {
      fired++;
      host.stall(5);
    });
    host.stall(500);
    assert.equal(fired, 0);
    host.elapse(0);
    assert.ok(fired > 0 && fired <= 6, `${fired} callbacks of 5 ms in one burst`);
  });

  it('catches up with a short stall without a word', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 60);
    let fired = 0;
    clock.onChange(() => assert.fail('nothing changed'));
    clock.every(1000, () => fired++);
    host.stall(900);
    host.elapse(100);
    assert.equal(fired, 60);
    assert.equal(clock.now() - START, 60_000);
  });

  it('lets the messages under way arrive before more than a process second has passed', () => {
    const host = fakeHost();
    const bursts: number[][] = [];
    const timer: Host['timer'] = (ms, fire) =>
      host.timer(ms, () => {
        bursts.push([]);
        fire();
      });
    const clock = clockOn({ ...host, timer }, 'scaled', 600);
    clock.every(400, () => bursts.at(-1)?.push(clock.now() - START));
    host.stall(10);
    host.elapse(0);
    assert.deepEqual(
      bursts.flat(),
      [...Array(15).keys()].map((index) => (index + 1) * 400),
    );
    for (const burst of bursts) assert.ok(burst.length <= 3, `${burst.join()} in one burst`);
  });

  it('a callback that pauses a lagging clock leaves it whole', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'scaled', 600);
    clock.after(1000, () => {
      host.stall(30);
      clock.pause();
    });
    clock.after(2000, () => {});
    host.stall(5000);
    host.elapse(0);
    assert.equal(clock.now(), START + 1000);
    clock.resume();
    host.elapse(10);
    assert.equal(clock.now(), START + 7000);
  });
});

describe('clock: real time', () => {
  it('is UTC at 1x', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'real', 60);
    assert.equal(clock.now(), UTC_START);
    host.elapse(12_345);
    assert.equal(clock.now(), UTC_START + 12_345);
    assert.equal(clock.state().speed, 1);
  });

  for (const jump of [HOUR, -HOUR])
    for (const busy of [true, false])
      it(`does not jump when UTC jumps by ${jump / HOUR} h, and approaches it by 1/1000, ${busy ? 'with' : 'without'} deadlines`, () => {
        const host = fakeHost();
        const clock = clockOn(host, 'real');
        const fired: number[] = [];
        if (busy) clock.every(1000, () => fired.push(clock.now()));
        host.elapse(60_000);
        host.jumpUtc(jump);
        let last = clock.now();
        for (let second = 0; second < 600; second++) {
          host.elapse(1000);
          const step = clock.now() - last;
          assert.ok(step >= 999 - 1e-3 && step <= 1001 + 1e-3, `a second took ${step} ms`);
          last = clock.now();
        }
        const left = host.utc() - clock.now();
        assert.ok(Math.abs(jump - left - Math.sign(jump) * 600) < 3, `${jump - left} ms nearer in 600 s`);
        assert.ok(fired.every((time, index) => time === UTC_START + (index + 1) * 1000));
      });

  it('is UTC again after the machine was busy for long, with every deadline on the way', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'real');
    const fired: number[] = [];
    const lagging: boolean[] = [];
    clock.onChange((state) => lagging.push(state.lagging));
    clock.every(1000, () => fired.push(clock.now() - UTC_START));
    host.stall(60_500);
    host.elapse(100);
    assert.deepEqual(
      fired,
      Array.from({ length: 60 }, (_, index) => (index + 1) * 1000),
    );
    assert.equal(clock.now(), host.utc());
    assert.deepEqual(lagging, [true, false]);
  });

  it('settles on UTC and stays there, also when nobody looks for hours', () => {
    const host = fakeHost();
    const clock = clockOn(host, 'real');
    host.jumpUtc(2000);
    host.stall(1000);
    clock.now();
    host.stall(5 * HOUR);
    clock.now();
    assert.ok(Math.abs(host.utc() - clock.now()) < 5);
    host.jumpUtc(-100);
    for (let minute = 0; minute < 10; minute++) {
      host.stall(60_000);
      clock.now();
    }
    assert.ok(Math.abs(host.utc() - clock.now()) < 5);
  });

  it('is monotone under any jumps of UTC, stalls and looks', () => {
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom('elapse' as const, 'stall' as const, 'jumpUtc' as const),
        fc.integer({ min: -5000, max: 5000 }),
      ),
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const host = fakeHost();
        const clock = clockOn(host, 'real');
        let last = clock.now();
        clock.every(333, () => {});
        for (const [kind, ms] of plan) {
          host[kind](kind === 'jumpUtc' ? ms : Math.abs(ms));
          const now = clock.now();
          assert.ok(now >= last);
          last = now;
        }
      }),
    );
  });
});

describe('clock: what it refuses', () => {
  const host = fakeHost();
  const real = clockOn(host, 'real');
  const scaled = clockOn(host, 'scaled');
  const stepped = clockOn(host, 'stepped');
  const cases: [string, () => void, RegExp][] = [
    ['a pause of real time', () => real.pause(), /real clock has no pause/],
    ['going on with real time', () => real.resume(), /real clock/],
    ['a speed of real time', () => real.setSpeed(2), /real clock/],
    ['a reset of real time', () => real.reset(), /real clock/],
    ['a speed of 0', () => scaled.setSpeed(0), /speed: .*0\.1.*600, got 0$/],
    ['a speed of 601', () => scaled.setSpeed(601), /speed: .*got 601$/],
    ['a speed that is no number', () => scaled.setSpeed(NaN), /speed: .*got NaN$/],
    ['advancing a scaled clock', () => scaled.advance(1), /only a stepped clock/],
    ['advancing a real clock', () => real.advance(1), /only a stepped clock/],
    ['advancing backwards', () => stepped.advance(-1), /advance: .*got -1$/],
    ['a negative delay', () => stepped.after(-1, () => {}), /delay: .*got -1$/],
    ['a delay that is no number', () => stepped.after(NaN, () => {}), /delay: .*got NaN$/],
    ['a period of 0', () => stepped.every(0, () => {}), /period: .*got 0$/],
  ];
  for (const [name, act, message] of cases) it(name, () => assert.throws(act, message));

  it('advancing from within a callback', () => {
    const clock = clockOn(fakeHost(), 'stepped');
    clock.after(1, () => clock.advance(1));
    assert.throws(() => clock.advance(10), /already on its way/);
  });

  it('nothing of it changes a clock', () => {
    const state: ClockState = scaled.state();
    assert.deepEqual(state, { mode: 'scaled', speed: 1, paused: false, now: START, lagging: false });
  });
});
