import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lightFor } from '../../nodes/on-off-controller/report.ts';
import { statusText } from '../../nodes/lib/status.ts';
import {
  bandAround,
  bandWithin,
  begin,
  decide,
  handedOver,
  inMode,
  measured,
  settle,
  tracked,
  type Memory,
  type Settings,
} from '../../nodes/on-off-controller/hysteresis.ts';

const plain: Settings = { action: 'heating', minOnMs: 0, minOffMs: 0, staleMs: 0 };
const band = { low: 24.5, high: 25.5 };

/** [seconds, measurement (null: bad; undefined: none), expected output, expected reason] */
type Row = readonly [number, number | null | undefined, boolean, string];
const run = (settings: Settings, rows: readonly Row[], memory: Memory = begin(band, 'auto', 0)): void => {
  for (const [second, value, on, reason] of rows) {
    const now = second * 1000;
    if (value !== undefined) memory = measured(memory, value ?? undefined, now);
    const decision = decide(settings, memory, now);
    memory = settle(memory, decision, now);
    assert.deepEqual({ second, on: decision.on, reason: decision.reason }, { second, on, reason });
  }
};

describe('on-off control', () => {
  it('heats below the band, stops above it, and keeps its state within', () =>
    run(plain, [
      [0, undefined, false, 'no measurement'],
      [1, 25, false, 'within the band'],
      [2, 24.5, true, 'below the band'],
      [3, 25, true, 'within the band'],
      [4, 25.5, false, 'above the band'],
      [5, 24.6, false, 'within the band'],
    ]));

  it('cools the other way round', () =>
    run({ ...plain, action: 'cooling' }, [
      [1, 25, false, 'within the band'],
      [2, 25.5, true, 'above the band'],
      [3, 25, true, 'within the band'],
      [4, 24.5, false, 'below the band'],
    ]));

  for (const action of ['heating', 'cooling'] as const)
    it(`is off on the edge of a band without width (${action})`, () => {
      const memory = measured(begin(bandAround(25, 0), 'auto', 0), 25, 0);
      assert.equal(decide({ ...plain, action }, memory, 0).on, false);
    });

  it('is off when nobody asks for its mode any more', () => {
    for (const mode of ['auto', 'manual'] as const) {
      const memory = { ...inMode(measured(begin(band, 'off', 0), 20, 0), mode, 30_000), manual: true };
      assert.deepEqual(
        [29_999, 30_000].map((now) => decide(plain, memory, now)),
        [
          { on: true, reason: mode === 'auto' ? 'below the band' : 'manual', deadline: 30_000 },
          { on: false, reason: 'not renewed', deadline: undefined },
        ],
      );
      assert.equal(statusText(lightFor(decide(plain, memory, 30_000), memory)), 'not renewed');
      assert.equal(decide(plain, inMode(memory, mode, 60_000), 30_000).on, true);
      assert.equal(decide(plain, inMode(memory, mode), 90_000).on, true, 'without an end');
    }
  });

  it('derives the band from a setpoint or a range', () => {
    assert.deepEqual(bandAround(25, 1), { low: 24.5, high: 25.5 });
    assert.deepEqual(bandWithin(24, 26, 0.25), { low: 24.5, high: 25.5 });
    assert.deepEqual(bandWithin(24, 26, 0), { low: 24, high: 26 });
  });

  it('respects minimum times, the first from its start', () => {
    const settings = { ...plain, minOnMs: 60_000, minOffMs: 120_000 };
    run(settings, [
      [1, 20, false, 'minimum off-time'],
      [119.999, 20, false, 'minimum off-time'],
      [120, 20, true, 'below the band'],
      [150, 27, true, 'minimum on-time'],
      [180, 27, false, 'above the band'],
      [299, 20, false, 'minimum off-time'],
      [300, 20, true, 'below the band'],
    ]);
    assert.equal(decide(settings, measured(begin(band, 'auto', 0), 20, 1000), 1000).deadline, 120_000);
  });

  it('is off at once on a bad or stale measurement, minimum on-time or not', () => {
    const settings = { ...plain, minOnMs: 600_000, staleMs: 60_000 };
    run(settings, [
      [0, 20, true, 'below the band'],
      [10, null, false, 'bad measurement'],
      [20, 20, true, 'below the band'],
      [79.999, undefined, true, 'below the band'],
      [80, undefined, false, 'stale measurement'],
      [90, 20, true, 'below the band'],
    ]);
    assert.equal(decide(settings, measured(begin(band, 'auto', 0), 20, 5000), 5000).deadline, 65_000);
  });

  it('takes over by hand without a switch, and goes off at once', () => {
    let memory = measured(begin(band, 'auto', 0), 20, 0);
    memory = settle(memory, decide(plain, memory, 0), 0);
    memory = inMode(memory, 'manual');
    assert.equal(memory.manual, true);
    assert.deepEqual(decide(plain, measured(memory, 30, 0), 0), {
      on: true,
      reason: 'manual',
      deadline: undefined,
    });
    assert.equal(decide({ ...plain, minOnMs: 1e6 }, { ...memory, manual: false }, 1).on, false);
    assert.equal(decide({ ...plain, minOnMs: 1e6 }, inMode(memory, 'off'), 1).on, false);
    assert.equal(inMode(inMode(memory, 'off'), 'auto').manual, false);
  });

  it('takes the state in force as its own while another source is in charge', () => {
    let memory = measured(begin(band, 'auto', 0), 25, 0);
    memory = tracked(memory, true, 1000);
    assert.equal(memory.since, 1000);
    assert.equal(decide(plain, memory, 1500).on, true);
    memory = settle(
      measured(memory, 30, 2000),
      { on: false, reason: 'above the band', deadline: undefined },
      2000,
    );
    assert.equal(memory.on, true, 'what it would do changes nothing');
    memory = measured(handedOver(memory, true, 3000), 25, 3000);
    assert.deepEqual(decide(plain, memory, 3000).on, true);
    assert.equal(
      decide({ ...plain, minOnMs: 5000 }, measured(memory, 30, 4000), 4000).reason,
      'minimum on-time',
    );
  });

  it('goes on from what it asked for when it is in charge again by asking', () => {
    let memory = measured(tracked(begin(band, 'auto', 0), false, 0), 20, 1000);
    const asked = decide(plain, memory, 1000);
    memory = handedOver(settle(memory, asked, 1000), asked.on, 1000);
    assert.equal(decide(plain, measured(memory, 25, 2000), 2000).on, true, 'within the band');
    assert.equal(handedOver(memory, false, 3000), memory, 'nothing is handed over twice');
    assert.equal(handedOver(tracked(memory, undefined, 3000), undefined, 3000).on, true);
  });

  it('never breaks a minimum time but to be safe, whatever comes (property)', () => {
    const event = fc.record({
      dt: fc.integer({ min: 0, max: 40 }),
      value: fc.option(fc.double({ min: 20, max: 30, noNaN: true })),
      mode: fc.option(fc.constantFrom('auto', 'manual', 'off'), { freq: 8 }),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200, size: 'max' }),
        fc.constantFrom('heating', 'cooling'),
        (events, action) => {
          const settings: Settings = { action, minOnMs: 30, minOffMs: 50, staleMs: 100 };
          let memory = begin(band, 'auto', 0);
          let now = 0;
          let offSince = 0;
          let onSince = 0;
          for (const { dt, value, mode } of events) {
            now += dt;
            if (mode) memory = inMode(memory, mode);
            if (dt % 3) memory = measured(memory, value ?? undefined, now);
            const before = memory.on;
            const { on, reason } = decide(settings, memory, now);
            if (on && !before) assert.ok(now - offSince >= settings.minOffMs);
            if (!on && before && (reason === 'above the band' || reason === 'below the band'))
              assert.ok(now - onSince >= settings.minOnMs);
            if (on && memory.mode === 'auto') {
              assert.notEqual(memory.value, undefined);
              assert.ok(now - (memory.measuredAt ?? -Infinity) < settings.staleMs);
            }
            if (memory.mode === 'off') assert.equal(on, false);
            memory = settle(memory, { on, reason, deadline: undefined }, now);
            if (memory.on !== before && memory.on) onSince = now;
            if (memory.on !== before && !memory.on) offSince = now;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('on-off-controller status', () => {
  const memory = measured(begin(band, 'auto', 0), 24.25, 0);
  const texts = (state: Memory, now = 0): string[] => {
    const { kind, ...rest } = lightFor(decide({ ...plain, staleMs: 1000 }, state, now), state, 'Cel');
    return [kind, statusText({ kind, ...rest })];
  };
  for (const [name, state, now, expected] of [
    ['nothing measured', begin(band, 'auto', 0), 0, ['waiting', 'no measurement']],
    ['on', memory, 0, ['nominal', '24.25 °C on']],
    ['bad', measured(memory, undefined, 0), 0, ['lost', 'bad measurement']],
    ['stale', memory, 1000, ['lost', 'stale measurement']],
    ['manual', inMode(memory, 'manual'), 0, ['simulated', 'manual off']],
    ['off', inMode(memory, 'off'), 0, ['idle', 'off']],
  ] as const)
    it(name, () => assert.deepEqual(texts(state, now), expected));
});
