import type { Level, Range } from '../lib/store.ts';
import { HOUR_MS, MINUTE_MS } from './schema.ts';

/** The stretch one row of a level stands for. */
export const widthOf: Readonly<Record<Level, number>> = { raw: 1, minute: MINUTE_MS, hour: HOUR_MS };
/** Finest first. */
export const levels: readonly Level[] = ['raw', 'minute', 'hour'];
/** The table its rows are in. */
export const tableOf = (level: Level): 'sample' | 'minute' | 'hour' => (level === 'raw' ? 'sample' : level);

/**
 * The coarsest of the levels that cover a range and give half the wanted points or more, else the finest of them.
 * `covering` is not empty, finest first.
 */
export const levelFor = ({ from, to }: Range, points: number, covering: readonly Level[]): Level => {
  const enough = covering.filter((level) => (to - from) / widthOf[level] >= points / 2);
  return enough.at(-1) ?? covering[0] ?? 'hour';
};

const floor = (time: number, width: number): number => Math.floor(time / width) * width;
const SECOND_MS = 1000;

/**
 * The shortest bucket, a whole multiple of the level's rows (of a second, where raw rows are that long apart), of which
 * no more than `points` touch the range.
 */
export const bucketFor = ({ from, to }: Range, points: number, level: Level): number => {
  const least = (to - from) / points;
  const unit = level === 'raw' && least >= SECOND_MS ? SECOND_MS : widthOf[level];
  let bucket = Math.max(unit, Math.ceil(least / unit) * unit);
  // Buckets start at whole multiples, so the range may touch one more than fit into it.
  while (floor(to - 1, bucket) - floor(from, bucket) >= points * bucket) bucket += unit;
  return bucket;
};

/** The range in whole buckets: the first may begin before `from`, the last end after `to`. */
export const wholeBuckets = ({ from, to }: Range, bucket: number): Range => ({
  from: floor(from, bucket),
  to: floor(to - 1, bucket) + bucket,
});

/** A range in stretches that whole rows of a level fill, and its ends that only finer levels know. */
export interface Stretch extends Range {
  readonly level: Level;
}
export const stretchesOf = (range: Range): readonly Stretch[] => {
  const within = ({ from, to }: Range, index: number): readonly Stretch[] => {
    const level = levels[index];
    if (level === undefined || to <= from) return [];
    const start = Math.ceil(from / widthOf[level]) * widthOf[level];
    const end = floor(to, widthOf[level]);
    if (level === 'raw') return [{ level, from, to }];
    if (end <= start) return within({ from, to }, index - 1);
    return [
      ...within({ from, to: start }, index - 1),
      { level, from: start, to: end },
      ...within({ from: end, to }, index - 1),
    ];
  };
  return within(range, levels.length - 1);
};
