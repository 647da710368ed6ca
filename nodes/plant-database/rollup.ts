import type { Batch } from './columns.ts';
import { BAD, HOUR_MS, LARGEST, MINUTE_MS } from './schema.ts';

/** Numbers of one series in one stretch of time. */
export interface Bucket {
  /** place of the series, as in the batch */
  readonly series: number;
  /** start */
  readonly time: number;
  min: number;
  max: number;
  sum: number;
  count: number;
}
/** What a batch says of one series. */
export interface SeriesChange {
  readonly series: number;
  kind: number;
  first: number;
  last: number;
  /** place of the origin of the newest sample */
  origin: number;
}
export interface Changes {
  readonly series: readonly SeriesChange[];
  readonly minutes: readonly Bucket[];
  readonly hours: readonly Bucket[];
  readonly stored: number;
}

const fold = (buckets: Map<number, Bucket>, width: number, row: Bucket): Bucket => {
  const time = Math.floor(row.time / width) * width;
  const known = buckets.get(time);
  if (!known) {
    const bucket = { ...row, time };
    buckets.set(time, bucket);
    return bucket;
  }
  known.min = Math.min(known.min, row.min);
  known.max = Math.max(known.max, row.max);
  known.sum += row.sum;
  known.count += row.count;
  return known;
};

/** Whether a value is counted in buckets and statistics: a bad one is as good as missing. */
export const isCounted = (value: number, quality: number): boolean =>
  quality !== BAD && Math.abs(value) < LARGEST;

/**
 * What the rows of a batch that `isNew` says have been stored change: in the rollups (each to be added to what is there)
 * and in the list of series. One bucket per series and time.
 */
export const changesOf = (batch: Batch, isNew: (row: number) => boolean): Changes => {
  const changes = new Map<number, SeriesChange>();
  const minutes = new Map<number, Map<number, Bucket>>();
  let stored = 0;
  for (const [row, time] of batch.times.entries()) {
    if (!isNew(row)) continue;
    stored++;
    const series = batch.series[row] ?? 0;
    const value = batch.values[row] ?? NaN;
    const text = batch.texts?.[row] ?? null;
    const origin = batch.origins[row] ?? 0;
    const kind = text === null ? (Number.isNaN(value) ? 0 : 3) : Number.isNaN(value) ? 1 : 2;
    const change = changes.get(series);
    if (!change) changes.set(series, { series, kind, first: time, last: time, origin });
    else {
      change.kind = Math.max(change.kind, kind);
      change.first = Math.min(change.first, time);
      if (time >= change.last) Object.assign(change, { last: time, origin });
    }
    if (!isCounted(value, batch.qualities[row] ?? BAD)) continue;
    let own = minutes.get(series);
    if (!own) minutes.set(series, (own = new Map()));
    fold(own, MINUTE_MS, { series, time, min: value, max: value, sum: value, count: 1 });
  }
  const hours = [...minutes.values()].map((own) => {
    const folded = new Map<number, Bucket>();
    for (const minute of own.values()) fold(folded, HOUR_MS, minute);
    return folded;
  });
  const flat = (maps: Iterable<Map<number, Bucket>>): Bucket[] =>
    [...maps].flatMap((own) => [...own.values()]);
  return { series: [...changes.values()], minutes: flat(minutes.values()), hours: flat(hours), stored };
};
