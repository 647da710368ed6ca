import type { BucketRows, Database, Range, RawRows, Sample, SeriesInfo, Statistics } from '../lib/store.ts';
import { rangeBetween } from './moment.ts';
import { MAX_SERIES, type Query } from './query.ts';

export type History = Database['history'];

/** Whose history it is. */
export type Named = Pick<SeriesInfo, 'name' | 'timeline' | 'unit' | 'kind' | 'source'>;
/** A stretch of one series, as columns of equal length. */
export type Stretch = Named & Range & (RawRows | BucketRows);
export type Latest = Named & Pick<Sample, 'timestamp' | 'value' | 'quality'>;
export type Summary = Named & Range & Statistics;

/** What `now` is for a series: the clock of its plant. */
export type Now = (series: SeriesInfo) => number;

/** More than one answer can hold. */
export class TooMuch extends Error {}

/**
 * Over HTTP nobody knows the clock of a simulated plant, so its newest sample is its now; people elsewhere live by the
 * wall clock.
 */
export const newestOr =
  (wall: number): Now =>
  ({ timeline, last }) =>
    timeline === 'simulated' && Number.isFinite(last) ? last : wall;

/** All series that a query means, by name. */
export const listed = (
  history: History,
  { series, timeline }: Pick<Query, 'series' | 'timeline'>,
): Promise<SeriesInfo[]> =>
  series.length === 0
    ? Promise.resolve([])
    : history.series(series, timeline === 'any' ? undefined : timeline);

/** The series whose data is asked for; throws where they are too many for one answer. */
export const wanted = async (history: History, query: Query): Promise<SeriesInfo[]> => {
  const found = await listed(history, query);
  if (found.length <= MAX_SERIES) return found;
  throw new TooMuch(`series: must stand for at most ${MAX_SERIES} series, got ${found.length}`);
};

/** The range of a query in one series. */
export const rangeFor = ({ from, to, tz }: Query, series: SeriesInfo, now: Now): Range =>
  rangeBetween(from, to, now(series), series.timeline === 'real' ? tz : 0);

const named = ({ name, timeline, unit, kind, source }: SeriesInfo): Named => ({
  name,
  timeline,
  unit,
  kind,
  source,
});

/** Calls `answer` for one series after the other: a database that is asked little at a time has time for others. */
const each = async <T>(
  history: History,
  query: Query,
  now: Now,
  answer: (series: SeriesInfo, range: Range) => Promise<T>,
): Promise<T[]> => {
  const found = await wanted(history, query);
  const ranges = found.map((series) => rangeFor(query, series, now));
  const answers: T[] = [];
  for (const [index, series] of found.entries()) {
    const range = ranges[index];
    if (range) answers.push(await answer(series, range));
  }
  return answers;
};

/** Each series in its range, at most `points` rows of it; a range without data has empty columns. */
export const stretches = (history: History, query: Query, now: Now): Promise<Stretch[]> =>
  each(history, query, now, async (series, range) => ({
    ...named(series),
    ...range,
    ...(await history.read(series, range, query.points)),
  }));

/** The newest sample of each series, at or before the end of the query where it names one. */
export const latest = async (history: History, query: Query, now: Now): Promise<Latest[]> => {
  const until = { ...query, from: query.to ?? query.from };
  const found = await each(history, until, now, async (series, { to }) => {
    const sample = await history.last(series, query.to === undefined ? undefined : to - 1);
    return sample === undefined
      ? []
      : [{ ...named(series), timestamp: sample.timestamp, value: sample.value, quality: sample.quality }];
  });
  return found.flat();
};

export const summaries = (history: History, query: Query, now: Now): Promise<Summary[]> =>
  each(history, query, now, async (series, range) => ({
    ...named(series),
    ...range,
    ...(await history.statistics(series, range)),
  }));

/** A point of a chart; of a bucket the mean, with its least and its greatest value. */
export interface Point {
  readonly x: number;
  readonly y: number | string | null;
  readonly series: string;
  readonly min?: number;
  readonly max?: number;
}

/** How a series is called where several are shown together. */
export const titleOf = ({ name, unit }: Pick<SeriesInfo, 'name' | 'unit'>): string =>
  unit === '' ? name : `${name} [${unit}]`;

const pointsOfOne = (stretch: Stretch): Point[] => {
  const series = titleOf(stretch);
  if ('values' in stretch)
    return stretch.timestamps.map((x, row) => {
      const y = stretch.values[row] ?? null;
      return { x, y: typeof y === 'boolean' ? Number(y) : y, series };
    });
  const { timestamps, min, mean, max } = stretch;
  return timestamps.map((x, row) => ({
    x,
    y: mean[row] ?? null,
    series,
    min: min[row] ?? NaN,
    max: max[row] ?? NaN,
  }));
};

/** One object per point, as charts of the dashboard take them. */
export const pointsOf = (all: readonly Stretch[]): Point[] => all.flatMap(pointsOfOne);
