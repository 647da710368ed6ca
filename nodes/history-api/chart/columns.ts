import type { Scalar } from '../../lib/signal.ts';
import type { HistorySeries } from './answers.ts';

/** A line with a gap is null there; a band has a lower and an upper edge around its line. */
export interface Columns {
  readonly at: readonly number[];
  readonly line: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** A gap is as wide as several of the usual distances: a sensor that comes every 10 s is not gone after 15. */
const GAP_FACTOR = 4;
const BUCKET_FACTOR = 1.5;

/** What is charted of a value: a switch is 0 or 1, a text is not charted. */
export const chartedValue = (value: Scalar): number | null => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

const usualDistance = (timestamps: readonly number[]): number => {
  const distances = timestamps.slice(1).map((at, index) => at - (timestamps[index] ?? at));
  return distances.sort((a, b) => a - b)[(distances.length - 1) >> 1] ?? Infinity;
};

/** A row of nulls in the middle of each gap wider than `widest`. */
const withGaps = (
  at: readonly number[],
  columns: readonly (readonly (number | null)[])[],
  widest: number,
): { at: number[]; columns: (number | null)[][] } => {
  const times: number[] = [];
  const parted: (number | null)[][] = columns.map(() => []);
  at.forEach((time, index) => {
    const before = at[index - 1];
    if (before !== undefined && time - before > widest) {
      times.push(Math.round((before + time) / 2));
      for (const column of parted) column.push(null);
    }
    times.push(time);
    parted.forEach((column, which) => column.push(columns[which]?.[index] ?? null));
  });
  return { at: times, columns: parted };
};

/** The columns of a series for a chart. Bad values and silence are gaps; a bucket stands at its middle. */
export const columnsOf = (series: HistorySeries): Columns => {
  if (series.bucketMs === undefined) {
    const values = series.values.map((value, index) =>
      series.qualities[index] === 'bad' ? null : chartedValue(value),
    );
    // A switch that is told on change is silent in between.
    const widest = series.kind === 'boolean' ? Infinity : GAP_FACTOR * usualDistance(series.timestamps);
    const { at, columns } = withGaps(series.timestamps, [values], widest);
    return { at, line: columns[0] ?? [] };
  }
  const middle = Math.floor(series.bucketMs / 2);
  const { at, columns } = withGaps(
    series.timestamps.map((start) => start + middle),
    [series.mean, series.min, series.max],
    Math.max(BUCKET_FACTOR * series.bucketMs, GAP_FACTOR * usualDistance(series.timestamps)),
  );
  const [line = [], low = [], high = []] = columns;
  return { at, line, low, high };
};

/** Of what is shown; null where there is no number. */
export interface Summary {
  readonly count: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly last: number | null;
  readonly lastAt: number | null;
}

/** Lowest, mean, highest and last value of what is shown; the mean counts every measurement once. */
export const summaryOf = (series: HistorySeries): Summary => {
  const raw = series.bucketMs === undefined;
  const mean = raw
    ? series.values.map((value, index) => (series.qualities[index] === 'bad' ? null : chartedValue(value)))
    : series.mean;
  let [count, sum, min, max] = [0, 0, Infinity, -Infinity];
  let lastIndex = -1;
  mean.forEach((value, index) => {
    if (value === null) return;
    const weight = raw ? 1 : (series.count[index] ?? 0);
    count += weight;
    sum += value * weight;
    min = Math.min(min, raw ? value : (series.min[index] ?? value));
    max = Math.max(max, raw ? value : (series.max[index] ?? value));
    lastIndex = index;
  });
  if (count === 0) return { count, min: null, mean: null, max: null, last: null, lastAt: null };
  return {
    count,
    min,
    mean: sum / count,
    max,
    last: mean[lastIndex] ?? null,
    lastAt: series.timestamps[lastIndex] ?? null,
  };
};

/** One small chart per unit, in the order in which the units come; switches have their own. */
export interface Panel {
  readonly unit: string;
  readonly kind: 'number' | 'boolean';
  readonly series: readonly HistorySeries[];
}
export const panelsOf = (series: readonly HistorySeries[]): Panel[] => {
  const panels = new Map<string, { unit: string; kind: Panel['kind']; series: HistorySeries[] }>();
  for (const one of series) {
    if (one.kind === 'text') continue;
    const key = one.kind === 'boolean' ? 'boolean' : `number ${one.unit}`;
    const panel = panels.get(key) ?? { unit: one.unit, kind: one.kind, series: [] };
    panel.series.push(one);
    panels.set(key, panel);
  }
  return [...panels.values()];
};
