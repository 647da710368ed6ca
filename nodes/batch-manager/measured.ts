import type { Range, SeriesInfo, Statistics } from '../lib/store.ts';
import type { Scalar } from '../lib/signal.ts';
import { answered, type Outcome } from './answers.ts';
import { visibleBatch } from './batches.ts';
import type { Premises, StoredBatch } from './batch.ts';
import { sensors, type Restriction, type SensorName } from './recipe.ts';
import type { Request } from './requests.ts';

type History = Premises['history'];
const POINTS = 500;
const PAGE_ROWS = 5000;
/** More than so many values are not counted one by one: a request must not read for minutes. */
const COUNTED_MAX = 200_000;

/** A series with the part of it that belongs to a batch. */
interface Part {
  readonly series: SeriesInfo;
  readonly range: Range;
  readonly statistics: Statistics;
}

/**
 * What a sensor has measured for a batch: the flow stores it as `batch/<id>/<key>`. The name may stand for a series of
 * simulated and one of real time: the batch is in the one that has more of it.
 */
const partOf = async (history: History, batch: StoredBatch, key: string): Promise<Part | undefined> => {
  const found = await history.series([`batch/${batch.Id}/${key}`]);
  const parts: Part[] = [];
  for (const series of found) {
    const range = { from: series.first, to: series.last + 1 };
    parts.push({ series, range, statistics: await history.statistics(series, range) });
  }
  return parts.toSorted((a, b) => b.statistics.count - a.statistics.count)[0];
};

const isOutside = (value: Scalar | undefined, { min, max }: Restriction): boolean =>
  typeof value === 'number' && (value < min || value > max);

/** How many values were out of the limits (which are in); null where it is no longer known or they are too many. */
const outside = async (
  history: History,
  { series, range, statistics }: Part,
  limits: Restriction,
): Promise<number | null> => {
  const { count, min, max } = statistics;
  if (min === null || max === null || (min >= limits.min && max <= limits.max)) return 0;
  if (count > COUNTED_MAX) return null;
  let [seen, found] = [0, 0];
  for (let from = range.from; ;) {
    const rows = await history.raw(series, { from, to: range.to }, PAGE_ROWS);
    for (const [index, value] of rows.values.entries()) {
      if (typeof value !== 'number' || rows.qualities[index] === 'bad') continue;
      seen++;
      if (isOutside(value, limits)) found++;
    }
    if (rows.timestamps.length < PAGE_ROWS) break;
    from = Math.max(from, rows.timestamps.at(-1) ?? from) + 1;
  }
  // Of a long time ago only minutes or hours are kept.
  return seen < count ? null : found;
};

/** What was measured of one sensor, and the limits of the recipe; null where it is not watched. */
export interface Limit {
  readonly Sensor: SensorName;
  readonly min: number | null;
  readonly max: number | null;
  readonly Unit: string;
  readonly Lowest: number | null;
  readonly Highest: number | null;
  readonly Mean: number | null;
  readonly Count: number;
  /** null also where it is no longer known */
  readonly Outside: number | null;
}

/** What each sensor has measured beside the limits of the recipe. */
export const limitsOf = async ({ history }: Premises, batch: StoredBatch): Promise<Limit[]> => {
  const limits: Limit[] = [];
  for (const { name, key, unit } of sensors) {
    const restriction = batch.Recipe.Restrictions.find(({ Sensor }) => Sensor === name);
    const part = await partOf(history, batch, key);
    limits.push({
      Sensor: name,
      min: restriction?.min ?? null,
      max: restriction?.max ?? null,
      Unit: part?.series.unit || unit,
      Lowest: part?.statistics.min ?? null,
      Highest: part?.statistics.max ?? null,
      Mean: part?.statistics.mean ?? null,
      Count: part?.statistics.count ?? 0,
      Outside: restriction ? (part ? await outside(history, part, restriction) : 0) : null,
    });
  }
  return limits;
};

const numberOf = (value: Scalar): number | null => (typeof value === 'number' ? value : null);
const columnsOf = async (history: History, { series, range }: Part) => {
  const rows = await history.read(series, range, POINTS);
  return 'values' in rows
    ? {
        timestamps: rows.timestamps,
        values: rows.values.map((value, index) => (rows.qualities[index] === 'bad' ? null : numberOf(value))),
        min: [],
        max: [],
      }
    : { timestamps: rows.timestamps, values: rows.mean, min: rows.min, max: rows.max };
};

/** What a batch's sensors have measured, at most 500 points each: what was measured, or means with their extremes. */
export const measurements = async (premises: Premises, request: Request): Promise<Outcome> => {
  const batch = await visibleBatch(premises, request);
  const series: object[] = [];
  for (const { key, unit } of sensors) {
    const part = await partOf(premises.history, batch, key);
    const columns = part
      ? await columnsOf(premises.history, part)
      : { timestamps: [], values: [], min: [], max: [] };
    series.push({
      key,
      unit: part?.series.unit || unit,
      ...(part && { source: part.series.source }),
      ...columns,
    });
  }
  const limits = Object.fromEntries(
    sensors.flatMap(({ name, key }) =>
      batch.Recipe.Restrictions.filter(({ Sensor }) => Sensor === name).map(({ min, max }) => [
        key,
        { min, max },
      ]),
    ),
  );
  return answered({ series, limits });
};
