import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fresh, type Input, type Kept, type Settings, type Value } from '../../nodes/safe-output/memory.ts';
import { GuardRun, open } from '../support/guard-run.ts';

const command = (value: Value | null, leaseMs = Infinity): Input => ({ kind: 'command', value, leaseMs });
const on = command(true);
const off = command(false);
const sample = (value: number | undefined, good = value !== undefined): Input => ({
  kind: 'sample',
  value,
  good,
});
const start: Input = { kind: 'start' };
const trip: Input = { kind: 'trip', cause: 'alarm' };
const reset: Input = { kind: 'reset' };

/** [seconds since the row before, input (undefined: only time), applied, reason] */
type Row = readonly [number, Input | undefined, Value, string];
const table = (settings: Partial<Settings>, rows: readonly Row[], kept: Kept = fresh): GuardRun => {
  const run = new GuardRun();
  run.add({ ...open, ...settings }, kept);
  run.step(0, start);
  rows.forEach(([seconds, input, applied, reason], row) => {
    run.pass(seconds * 1000);
    if (input) run.step(0, input);
    const memory = run.guards[0]?.memory;
    assert.deepEqual({ row, applied: memory?.applied, reason: memory?.reason }, { row, applied, reason });
  });
  return run;
};
const sentAt = (run: GuardRun): (readonly [number, Value])[] =>
  (run.guards[0]?.moments ?? [])
    .filter(({ sent }) => sent)
    .map(({ at, memory }) => [at / 1000, memory.applied]);

describe('safe-output guard', () => {
  it('sends nothing before the start, off at the start and with every heartbeat until it has a command', () => {
    const run = new GuardRun();
    run.add(open);
    run.step(0, on);
    run.pass(60_000);
    assert.deepEqual(sentAt(run), []);
    run.step(0, start);
    run.pass(25_000);
    assert.deepEqual(sentAt(run), [
      [60, false],
      [70, false],
      [80, false],
    ]);
    run.step(0, on);
    assert.deepEqual(sentAt(run).at(-1), [85, true]);
    run.pass(10_000);
    assert.deepEqual(sentAt(run).at(-1), [95, true], 'the heartbeat follows the last message');
  });

  it('repeats the output in force at the start of other nodes, without a hold-off', () => {
    const run = table({}, [[1, on, true, 'command']]);
    run.pass(1000);
    run.step(0, start);
    assert.deepEqual(sentAt(run).at(-1), [2, true]);
  });

  it('goes off when the lease ends', () => {
    table({}, [
      [0, undefined, false, 'no command'],
      [0, on, true, 'command'],
      [29.999, undefined, true, 'command'],
      [0.001, undefined, false, 'stale command'],
      [1, on, true, 'command'],
      [20, on, true, 'command'],
      [29, undefined, true, 'command'],
      [1, undefined, false, 'stale command'],
    ]);
  });

  it('honours a shorter lease of the command, not a longer one', () => {
    table({}, [
      [0, command(true, 5000), true, 'command'],
      [5, undefined, false, 'stale command'],
      [0, command(true, 500_000), true, 'command'],
      [30, undefined, false, 'stale command'],
    ]);
  });

  it('ends a lease in wall time while the clock is paused', () => {
    const run = table({ wallLeaseMs: 30_000 }, [[0, on, true, 'command']]);
    run.pause(29_999);
    assert.equal(run.guards[0]?.memory.on, true);
    run.pause(1);
    assert.equal(run.guards[0]?.memory.reason, 'stale command');
  });

  it('is off on bad quality', () => {
    table({}, [
      [0, on, true, 'command'],
      [1, command(null), false, 'bad command'],
      [1, on, true, 'command'],
    ]);
  });

  it('goes off after the longest on-time until the command has gone off', () => {
    table({ maxOnMs: 20_000, leaseMs: 1e6 }, [
      [0, on, true, 'command'],
      [10, on, true, 'command'],
      [10, undefined, false, 'maximum on-time'],
      [5, on, false, 'maximum on-time'],
      [5, command(null), false, 'bad command'],
      [5, on, false, 'maximum on-time'],
      [5, off, false, 'command'],
      [1, on, true, 'command'],
    ]);
  });

  it('or trips, if so set', () => {
    table({ maxOnMs: 20_000, maxOnTrips: true, leaseMs: 1e6 }, [
      [0, on, true, 'command'],
      [20, undefined, false, 'tripped'],
      [1, off, false, 'tripped'],
      [1, on, false, 'tripped'],
      [1, reset, false, 'no command'],
      [1, on, true, 'command'],
    ]);
  });

  it('stays off for the minimum off-time, also after the start, and never delays an off', () => {
    table({ minOffMs: 5000 }, [
      [1, on, false, 'minimum off-time'],
      [4, undefined, true, 'command'],
      [0.001, off, false, 'command'],
      [1, on, false, 'minimum off-time'],
      [3.999, undefined, false, 'minimum off-time'],
      [0.001, undefined, true, 'command'],
    ]);
  });

  it('limits the switchings of any hour', () => {
    const run = table({ maxPerHour: 2, leaseMs: 1e8 }, [
      [0, on, true, 'command'],
      [10, off, false, 'command'],
      [10, on, true, 'command'],
      [10, off, false, 'command'],
      [10, on, false, 'switching rate'],
      [3559, undefined, false, 'switching rate'],
      [1, undefined, true, 'command'],
      [1, off, false, 'command'],
      [1, on, false, 'switching rate'],
    ]);
    assert.deepEqual(run.guards[0]?.memory.kept.edges, [20_000, 3_600_000 - 0]);
  });

  it('holds off after the start, and waits for good samples in a row', () => {
    table({ holdOffMs: 10_000, goodSamples: 3, sampleStaleMs: 60_000 }, [
      [0, on, false, 'hold-off'],
      [1, sample(20), false, 'hold-off'],
      [9, undefined, false, 'waiting for good samples'],
      [1, sample(20), false, 'waiting for good samples'],
      [1, sample(undefined), false, 'waiting for good samples'],
      [1, sample(20), false, 'waiting for good samples'],
      [1, sample(20), false, 'waiting for good samples'],
      [1, sample(20), true, 'command'],
      [1, sample(undefined), false, 'waiting for good samples'],
      [1, sample(20), false, 'waiting for good samples'],
      [1, sample(20), false, 'waiting for good samples'],
      [1, on, false, 'waiting for good samples'],
      [1, sample(20), true, 'command'],
      [20, on, true, 'command'],
      [20, on, true, 'command'],
      [20, undefined, false, 'stale measurement'],
      [1, sample(20), false, 'waiting for good samples'],
    ]);
  });

  it('trips by command and by the measurement, and waits for a new command after the reset', () => {
    const settings = { goodSamples: 1, tripAbove: 30 };
    const run = table(settings, [
      [0, sample(20), false, 'no command'],
      [1, on, true, 'command'],
      [1, trip, false, 'tripped'],
      [1, on, false, 'tripped'],
      [1, reset, false, 'no command'],
      [1, on, true, 'command'],
      [1, sample(30.1), false, 'tripped'],
    ]);
    assert.equal(run.guards[0]?.memory.kept.tripped, 'measurement 30.1');
    assert.throws(() => run.step(0, reset), /still beyond its limit/);
    run.step(0, trip);
    assert.equal(run.guards[0]?.memory.kept.tripped, 'measurement 30.1', 'the first cause stays');
    run.step(0, sample(29));
    run.step(0, reset);
    assert.equal(run.step(0, on).on, true);
  });

  it('keeps the latch over a restart', () => {
    const kept = { ...fresh, tripped: 'alarm' };
    table({}, [[0, on, false, 'tripped']], kept);
    table({}, [[0, on, false, 'disabled']], { ...fresh, enabled: false });
    table({}, [[0, on, false, 'maximum on-time']], { ...fresh, exhausted: true });
    table({ maxPerHour: 1 }, [[0, on, false, 'switching rate']], { ...fresh, edges: [0] });
    table({ maxPerHour: 1 }, [[0, on, true, 'command']], { ...fresh, edges: [1] });
  });

  it('is off while disabled', () => {
    table({}, [
      [0, on, true, 'command'],
      [1, { kind: 'enable', enabled: false }, false, 'disabled'],
      [1, { kind: 'enable', enabled: true }, true, 'command'],
    ]);
  });

  it('passes numbers, off as 0', () => {
    table({}, [
      [0, command(40), 40, 'command'],
      [0, command(60), 60, 'command'],
      [30, undefined, 0, 'stale command'],
      [1, command(0), 0, 'command'],
      [1, command(null), 0, 'bad command'],
    ]);
  });

  it('proportions a duty to time, latched when the cycle begins', () => {
    const run = table({ cycleMs: 10_000, heartbeatMs: 1e9, leaseMs: 1e9 }, [
      [3, command(40), true, 'command'],
      [1, command(90), true, 'command'],
      [3, undefined, false, 'command'],
      [6, undefined, true, 'command'],
      [9, undefined, false, 'command'],
      [2, command(0), false, 'command'],
      [1, command(50), true, 'command'],
    ]);
    assert.deepEqual(sentAt(run), [
      [0, false],
      [3, true],
      [7, false],
      [13, true],
      [22, false],
      [23, true],
      [24, false],
      [25, true],
    ]);
    run.pass(9000);
    assert.deepEqual(sentAt(run).slice(-2), [
      [32, false],
      [33, true],
    ]);
  });

  for (const duty of [1, 7, 33, 50, 90, 99])
    it(`gives ${duty} % on the mean, in no pulse or gap shorter than the minimum off-time`, () => {
      const run = new GuardRun();
      run.add({ ...open, cycleMs: 10_000, minOffMs: 2000, leaseMs: 1e12, heartbeatMs: 1e12 });
      run.step(0, start);
      run.pass(2000);
      run.step(0, command(duty));
      run.pass(2_000_000);
      const switches = sentAt(run);
      let onSeconds = 0;
      for (let index = 1; index < switches.length; index++) {
        const [at, value] = switches[index] ?? [0, false];
        const [before] = switches[index - 1] ?? [0];
        assert.ok(at - before >= 1.999, `${before} to ${at}`);
        if (!value) onSeconds += at - before;
      }
      assert.ok(Math.abs(onSeconds / 2000 - duty / 100) < 0.006, `${onSeconds / 20} %`);
    });

  it('lets one of a group go on, the other after it and a gap', () => {
    const run = new GuardRun();
    const settings = { ...open, gapMs: 500, leaseMs: 1e9, heartbeatMs: 1e9 };
    run.add(settings);
    run.add(settings);
    run.step(0, start);
    run.step(1, start);
    run.pass(500);
    assert.equal(run.step(0, on).on, true);
    run.pass(1000);
    assert.equal(run.step(1, on).reason, 'excluded');
    run.pass(1000);
    run.step(0, off);
    run.pass(499);
    assert.equal(run.guards[1]?.memory.reason, 'excluded');
    run.pass(1);
    assert.equal(run.guards[1]?.memory.on, true);
    assert.equal(run.step(0, on).reason, 'excluded', 'the newest loses');
  });

  it('reports every change of state or reason, and nothing else', () => {
    const run = table({ heartbeatMs: 1000 }, [
      [0, on, true, 'command'],
      [5, on, true, 'command'],
      [5, off, false, 'command'],
      [5, off, false, 'command'],
      [30, undefined, false, 'no command'],
    ]);
    const reported = run.guards[0]?.moments.filter((moment) => moment.reported) ?? [];
    assert.deepEqual(
      reported.map(({ at, memory }) => [at / 1000, memory.applied, memory.reason]),
      [
        [0, false, 'no command'],
        [0, true, 'command'],
        [10, false, 'command'],
        [45, false, 'no command'],
      ],
    );
  });
});

/** Pulses end at fractions of a ms, so a difference of times may be off by a rounding. */
const ROUNDING_MS = 1e-6;

describe('safe-output envelope (property)', () => {
  const settings = fc.record({
    leaseMs: fc.integer({ min: 1, max: 60 }),
    wallLeaseMs: fc.constantFrom(Infinity, 40),
    maxOnMs: fc.constantFrom(Infinity, 25),
    maxOnTrips: fc.boolean(),
    minOffMs: fc.constantFrom(0, 15),
    maxPerHour: fc.constantFrom(Infinity, 1, 3),
    holdOffMs: fc.constantFrom(0, 30),
    goodSamples: fc.constantFrom(0, 1, 3),
    sampleStaleMs: fc.constantFrom(Infinity, 50),
    tripAbove: fc.constantFrom(Infinity, 80),
    tripBelow: fc.constant(-Infinity),
    gapMs: fc.constantFrom(0, 10),
    cycleMs: fc.constantFrom(0, 20),
    heartbeatMs: fc.integer({ min: 100_000, max: 400_000 }),
  });
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.boolean() },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }) },
    fc.constant(null),
  );
  const input = fc.oneof<fc.WeightedArbitrary<Input>[]>(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('command' as const),
        value,
        leaseMs: fc.constantFrom(Infinity, 5, 1000),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('sample' as const),
        value: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined, freq: 10 }),
        good: fc.constant(true),
      }),
    },
    { weight: 1, arbitrary: fc.constant(trip) },
    { weight: 3, arbitrary: fc.constant(reset) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(true, true, false).map((enabled): Input => ({ kind: 'enable', enabled })),
    },
    { weight: 1, arbitrary: fc.constant(start) },
  );
  const event = fc.record({
    guard: fc.nat({ max: 2 }),
    pass: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 20 }) },
      { weight: 1, arbitrary: fc.constant(1_200_000) },
    ),
    pause: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }) },
    ),
    input,
  });

  it('is never left, whatever comes', () => {
    let edges = 0;
    fc.assert(
      fc.property(
        fc.array(settings, { minLength: 3, maxLength: 3 }),
        fc.array(event, { minLength: 1, maxLength: 150, size: 'max' }),
        fc.nat({ max: 3 }),
        (guards, events, startedOnes) => {
          const run = new GuardRun();
          for (const guard of guards) run.add(guard);
          /** what was asked of each guard, as an observer outside keeps it */
          const seen = guards.map(() => ({
            startedAt: Infinity,
            lease: -Infinity,
            wallLease: -Infinity,
            good: false,
            on: false,
            tripped: false,
            enabled: true,
            goodRow: 0,
            sampledAt: -Infinity,
          }));
          for (let index = 0; index < startedOnes; index++) {
            run.step(index, start);
            Object.assign(seen[index] ?? {}, { startedAt: 0 });
          }
          for (const { guard: index, pass, pause, input: given } of events) {
            run.pass(pass);
            run.pause(pause);
            const guard = guards[index];
            const saw = seen[index];
            if (!guard || !saw) continue;
            const before = run.guards[index]?.moments.length ?? 0;
            try {
              run.step(index, given);
            } catch {
              assert.equal(given.kind, 'reset', 'only a reset is refused');
              continue;
            }
            assert.ok((run.guards[index]?.moments.length ?? 0) > before);
            if (given.kind === 'start' && saw.startedAt === Infinity) saw.startedAt = run.now;
            if (saw.startedAt < Infinity && given.kind === 'command')
              Object.assign(saw, {
                good: given.value !== null,
                on: given.value === true || Number(given.value) > 0,
                lease: run.now + Math.min(guard.leaseMs, given.leaseMs),
                wallLease: run.wall + guard.wallLeaseMs,
              });
            if (given.kind === 'trip') saw.tripped = true;
            if (given.kind === 'reset') Object.assign(saw, { tripped: false, on: false });
            if (given.kind === 'enable') saw.enabled = given.enabled;
            if (given.kind === 'sample') {
              const ok = given.good && given.value !== undefined;
              saw.goodRow = ok ? (run.now < saw.sampledAt + guard.sampleStaleMs ? saw.goodRow : 0) + 1 : 0;
              saw.sampledAt = run.now;
              if (ok && (given.value ?? 0) > guard.tripAbove) saw.tripped = true;
            }
            // What each guard is allowed now.
            guards.forEach((own, other) => {
              const memory = run.guards[other]?.memory;
              const had = seen[other];
              if (!memory?.on || !had) return;
              assert.ok(run.now >= had.startedAt + own.holdOffMs, 'on before the hold-off ended');
              assert.ok(had.good && had.on, 'on without a command');
              assert.ok(run.now < had.lease && run.wall < had.wallLease, 'on beyond the lease');
              assert.ok(!had.tripped && had.enabled, 'on while tripped or disabled');
              if (own.goodSamples > 0) {
                assert.ok(had.goodRow >= own.goodSamples, 'on without good samples');
                assert.ok(run.now < had.sampledAt + own.sampleStaleMs, 'on with a stale measurement');
              }
            });
            assert.ok(run.guards.filter(({ memory }) => memory.on).length <= 1, 'two of a group on');
          }
          const lastOff: { index: number; at: number }[] = [];
          const timeline = run.guards
            .flatMap(({ moments }, index) => moments.map((moment, order) => ({ ...moment, index, order })))
            .filter(
              ({ memory, index, order }) =>
                memory.on !== (run.guards[index]?.moments[order - 1]?.memory.on ?? false),
            );
          run.guards.forEach(({ moments }, index) => {
            const own = guards[index];
            if (!own) return;
            const rises: number[] = [];
            let fellAt = seen[index]?.startedAt ?? Infinity;
            let roseAt: number | undefined;
            for (const { at, memory } of moments) {
              if (memory.on && roseAt === undefined) {
                assert.ok(at - fellAt >= own.minOffMs - ROUNDING_MS, 'minimum off-time');
                roseAt = at;
                rises.push(at);
                edges++;
              } else if (!memory.on && roseAt !== undefined) {
                assert.ok(at - roseAt <= own.maxOnMs + ROUNDING_MS, 'maximum on-time');
                roseAt = undefined;
                fellAt = at;
              }
              if (memory.on) assert.ok(at - (roseAt ?? at) < own.maxOnMs, 'maximum on-time');
              assert.equal(memory.on, memory.applied === true || Number(memory.applied) > 0);
            }
            rises.forEach((at, rise) => {
              const first = rises[rise - own.maxPerHour];
              if (first !== undefined) assert.ok(at - first >= 3_600_000 - ROUNDING_MS, 'switching rate');
            });
          });
          // Break before make: no rise within its own gap after another's fall.
          for (const { at, memory, index } of timeline.sort((a, b) => a.at - b.at)) {
            if (!memory.on) lastOff.push({ index, at });
            else
              for (const other of lastOff)
                if (other.index !== index)
                  assert.ok(at - other.at >= (guards[index]?.gapMs ?? 0) - ROUNDING_MS, 'break before make');
          }
        },
      ),
      { numRuns: 3000 },
    );
    assert.ok(edges > 3000, `the streams did switch: ${edges} times`);
  });

  it('keeps the heartbeat: no longer silence than its period', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 50 }),
        (events, heartbeatMs) => {
          const run = new GuardRun();
          run.add({ ...open, heartbeatMs, minOffMs: 7, maxOnMs: 33 });
          run.step(0, start);
          for (const { pass, input: given } of events) {
            run.pass(Math.min(pass, 500));
            run.step(0, given);
          }
          const sent = sentAt(run).map(([at]) => at * 1000);
          sent.forEach((at, index) => assert.ok(at - (sent[index - 1] ?? at) <= heartbeatMs + 1e-6));
        },
      ),
    );
  });
});
