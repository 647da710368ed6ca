import type { BucketRows, Range, RawRows, SeriesInfo, Timeline } from '../../lib/store.ts';

/** A series in the answer of `GET /api/series`. */
export type ListedSeries = Omit<SeriesInfo, 'id'>;

/** `from` and `to` are what was asked for. */
type Stretch = Pick<SeriesInfo, 'name' | 'timeline' | 'kind' | 'unit' | 'source'> & Range;
export type RawStretch = Stretch & RawRows & { readonly bucketMs?: undefined };
export type BucketStretch = Stretch & BucketRows;
/** A series in the answer of `GET /api/history`: what was measured, or buckets. */
export type HistorySeries = RawStretch | BucketStretch;

/** A limit in the answer of `GET /api/alarms/limits`, as far as a chart draws it. */
export interface ChartLimit {
  readonly series: string;
  readonly timeline: Timeline;
  readonly condition: string;
  readonly limit: number;
  readonly unit: string;
  readonly priority: string;
}

/** A transition in the answer of `GET /api/alarms`, as far as a chart draws it. */
export interface ChartEvent {
  readonly id: string;
  readonly series: string;
  readonly timeline: Timeline;
  readonly action: string;
  readonly priority: string;
  /** process time, ms since the epoch */
  readonly since: number;
  readonly message: string;
}

/** What a `<history-chart>` draws. */
export interface ChartData {
  readonly timeline: Timeline;
  readonly from: number;
  readonly to: number;
  readonly series: readonly HistorySeries[];
  readonly limits: readonly ChartLimit[];
  readonly events: readonly ChartEvent[];
}
