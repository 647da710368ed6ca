import type { Quality, Scalar, Source } from '../../lib/signal.ts';
import type { Level, SeriesInfo, SeriesKind, Timeline } from '../../lib/store.ts';

/** A series in the answer of `GET /api/series`. */
export type ListedSeries = Omit<SeriesInfo, 'id'>;

interface Stretch {
  readonly name: string;
  readonly timeline: Timeline;
  readonly kind: SeriesKind;
  readonly unit: string;
  readonly source: Source;
  /** what was asked for, in ms since the epoch */
  readonly from: number;
  readonly to: number;
}
export interface RawStretch extends Stretch {
  readonly level: 'raw';
  readonly bucketMs?: undefined;
  readonly timestamps: readonly number[];
  readonly values: readonly Scalar[];
  readonly qualities: readonly Quality[];
}
export interface BucketStretch extends Stretch {
  readonly level: Level;
  readonly bucketMs: number;
  /** start of each bucket */
  readonly timestamps: readonly number[];
  readonly min: readonly number[];
  readonly mean: readonly number[];
  readonly max: readonly number[];
  readonly count: readonly number[];
}
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
