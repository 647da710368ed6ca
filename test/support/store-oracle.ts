import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BucketRows, Range, Rows, Sample, SeriesInfo, Backend } from '../../nodes/lib/store.ts';

/** A day of the plant that no test's data cross. */
export const DAY = Date.UTC(2026, 0, 10);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export const sample = (change: Partial<Sample> = {}): Sample => ({
  series: 'tank/1/temperature',
  timeline: 'real',
  timestamp: DAY,
  value: 25,
  quality: 'good',
  source: 'measured',
  unit: 'Cel',
  ...change,
});

export const seriesOf = async (
  { history }: Backend,
  name: string,
  timeline?: Sample['timeline'],
): Promise<SeriesInfo> => {
  const [found] = await history.series([name], timeline);
  if (!found) throw new Error(`there is no series ${name}`);
  return found;
};

/** What has to be stored of some batches: of a series and a time, the first one. */
export const kept = (batches: readonly (readonly Sample[])[]): Sample[] => {
  const first = new Map<string, Sample>();
  for (const one of batches.flat()) {
    const key = `${one.series} ${one.timeline} ${one.timestamp}`;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()].toSorted((a, b) => a.timestamp - b.timestamp);
};

const numberOf = ({ value, quality }: Sample): number[] =>
  quality === 'bad' || value === null || typeof value === 'string' ? [] : [Number(value) + 0];
const within = ({ from, to }: Range, { timestamp }: Sample): boolean => timestamp >= from && timestamp < to;

export interface Summary {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}
/** Plain arithmetic over what was measured. */
export const summary = (samples: readonly Sample[], range: Range): Summary => {
  const numbers = samples.filter((one) => within(range, one)).flatMap(numberOf);
  if (numbers.length === 0) return { count: 0, min: null, max: null, mean: null };
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return { count: numbers.length, min: Math.min(...numbers), max: Math.max(...numbers), mean };
};

/** Sums are made in another order, so a mean may differ in its last digits. */
export const assertMean = (actual: number | null, expected: number | null, largest: number): void => {
  if (actual === null || expected === null) assert.equal(actual, expected);
  else assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, largest), `${actual} is not ${expected}`);
};

export const asBuckets = (rows: Rows): BucketRows => {
  if (!('bucketMs' in rows)) throw new Error(`got ${rows.timestamps.length} raw rows`);
  return rows;
};

/** Every bucket is what plain arithmetic over its stretch says, and none of those with numbers is missing. */
export const assertBuckets = (rows: BucketRows, samples: readonly Sample[], range: Range): void => {
  const { bucketMs } = rows;
  const starts = new Set<number>();
  for (const one of samples) {
    const start = Math.floor(one.timestamp / bucketMs) * bucketMs;
    if (numberOf(one).length > 0 && start < range.to && start + bucketMs > range.from) starts.add(start);
  }
  assert.deepEqual(
    rows.timestamps,
    [...starts].toSorted((a, b) => a - b),
  );
  for (const [index, from] of rows.timestamps.entries()) {
    const { count, min, max, mean } = summary(samples, { from, to: from + bucketMs });
    assert.deepEqual([rows.count[index], rows.min[index], rows.max[index]], [count, min, max]);
    assertMean(rows.mean[index] ?? null, mean, Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0)));
  }
};

/** Samples of one series within `spanMs` from `start` on, some of them at the same time, cut into batches. */
export const batches = (start: number, spanMs: number, stepMs: number): fc.Arbitrary<Sample[][]> =>
  fc
    .array(
      fc.record({
        step: fc.integer({ min: 0, max: Math.floor(spanMs / stepMs) - 1 }),
        value: fc.oneof(
          { weight: 8, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
          fc.constantFrom(null, 'text', true, false),
        ),
        quality: fc.constantFrom('good', 'good', 'good', 'uncertain', 'bad'),
        batch: fc.integer({ min: 0, max: 5 }),
      }),
      { minLength: 1, maxLength: 300 },
    )
    .map((drawn) => {
      // Some all over the span, so that there are always more than few.
      const spread = Array.from({ length: 30 }, (_, part) =>
        sample({ timestamp: start + Math.floor((part * spanMs) / 30), value: part }),
      );
      const cut: Sample[][] = [[], [], [], spread, [], []];
      for (const { step, value, quality, batch } of drawn)
        cut[batch]?.push(sample({ timestamp: start + step * stepMs, value, quality }));
      return cut;
    });
