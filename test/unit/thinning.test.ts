import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lightFor } from '../../nodes/history-write/report.ts';
import { createThinner, HEARTBEAT_MS, type Thinning } from '../../nodes/history-write/thinning.ts';
import { statusText } from '../../nodes/lib/status.ts';
import type { Sample } from '../../nodes/lib/store.ts';

const sample = (timestamp: number, value: Sample['value'], change: Partial<Sample> = {}): Sample => ({
  series: 'a',
  timeline: 'real',
  timestamp,
  value,
  quality: value === null ? 'bad' : 'good',
  source: 'measured',
  unit: '',
  ...change,
});
const all: Thinning = { changesOnly: false, intervalMs: 0 };
const every10s: Thinning = { changesOnly: false, intervalMs: 10_000 };
const changes: Thinning = { changesOnly: true, intervalMs: 0 };

describe('thinning', () => {
  const cases: [string, Thinning, Sample[], number[]][] = [
    ['none', all, [sample(0, 1), sample(0, 1), sample(1, 1)], [0, 1, 2]],
    [
      'numbers come in their interval',
      every10s,
      [0, 5, 9.999, 10, 19, 20].map((s) => sample(s * 1000, s)),
      [0, 3, 5],
    ],
    ['one that is late is kept', every10s, [sample(10_000, 1), sample(4000, 2), sample(12_000, 3)], [0, 1]],
    [
      'a quality that changes is kept',
      every10s,
      [sample(0, 1), sample(1, null), sample(2, null), sample(3, 2)],
      [0, 1, 3],
    ],
    [
      'a boolean that changes is kept',
      every10s,
      [true, true, false, true].map((value, s) => sample(s * 1000, value)),
      [0, 2, 3],
    ],
    [
      'a text that changes is kept',
      every10s,
      ['a', 'a', 'b'].map((value, s) => sample(s * 1000, value)),
      [0, 2],
    ],
    [
      'series are apart',
      every10s,
      [sample(0, 1), sample(1, 1, { series: 'b' }), sample(2, 1, { timeline: 'simulated' })],
      [0, 1, 2],
    ],
    [
      'what is the same says nothing new',
      changes,
      [1, 1, 2, 2, 1].map((value, s) => sample(s, value)),
      [0, 2, 4],
    ],
    ['but that it lives', changes, [0, 1, HEARTBEAT_MS, HEARTBEAT_MS + 1].map((ms) => sample(ms, 1)), [0, 2]],
    [
      'both',
      { changesOnly: true, intervalMs: 10_000 },
      [
        [0, 1],
        [5, 2],
        [10, 1],
        [15, 3],
        [25, 3],
      ].map(([s = 0, v = 0]) => sample(s * 1000, v)),
      [0, 3],
    ],
  ];
  for (const [name, settings, samples, expected] of cases)
    it(name, () =>
      assert.deepEqual(
        createThinner(settings).keep(samples),
        expected.map((index) => samples[index]),
      ),
    );

  it('what was not stored does not count', () => {
    const thinner = createThinner(changes);
    const first = thinner.keep([sample(0, 1)]);
    assert.equal(thinner.keep([sample(1, 1)]).length, 0);
    thinner.forget(first);
    assert.equal(thinner.keep([sample(2, 1)]).length, 1);
  });

  it('in any stream of numbers no two are nearer than the interval, and none is missing for longer than two', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8000 }), { minLength: 1 }), (steps) => {
        let now = 0;
        const samples = steps.map((step) => sample((now += step), now));
        const kept = createThinner(every10s).keep(samples);
        for (const [index, { timestamp }] of kept.entries()) {
          const before = kept[index - 1]?.timestamp ?? -Infinity;
          assert.ok(timestamp - before >= 10_000);
          assert.ok(index === 0 || timestamp - before < 18_000);
        }
      }),
    ));
});

describe('history-write: what its light shows', () => {
  const facts = { kind: 'sqlite', connected: true, bytes: 1, commitMs: 1, rows: 1, waiting: 0 };
  const outbox = { rows: 0, bytes: 0, maxBytes: 1, dropped: 0 };
  const cases: [number, boolean, number, string][] = [
    [1, true, 0, 'nominal 1 stored'],
    [9999, true, 0, 'nominal 9999 stored'],
    [12_345, true, 0, 'nominal 12k stored'],
    [1_260_000, true, 0, 'nominal 1.3M stored'],
    [5, false, 0, 'limited outbox 0'],
    [5, true, 60_000, 'limited outbox 60k'],
  ];
  for (const [stored, connected, rows, expected] of cases)
    it(expected, () => {
      const status = lightFor(stored, { ...facts, connected, outbox: { ...outbox, rows } });
      assert.equal(`${status.kind} ${statusText(status)}`, expected);
    });
});
