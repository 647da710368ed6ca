import type { Rule } from './config.ts';
import type { Unit } from './unit.ts';

export interface Point {
  readonly at: number;
  readonly value: number;
}
/** Points of a window that are kept at most: more would cost memory and tell nothing. */
const RESOLUTION = 100;

/** The points of the last window, and the newest one that is older than it. Time that runs backwards starts afresh. */
export const remember = (points: readonly Point[], point: Point, windowMs: number): readonly Point[] => {
  const newest = points.at(-1);
  if (newest !== undefined && point.at < newest.at) return [point];
  const base = points.findLastIndex(({ at }) => at <= point.at - windowMs);
  const kept = base > 0 ? points.slice(base) : points;
  // A newest point that stands close to the one before it gives way.
  const before = kept.at(-2);
  const crowded =
    newest !== undefined && before !== undefined && newest.at - before.at < windowMs / RESOLUTION;
  return [...(crowded ? kept.slice(0, -1) : kept), point];
};

/** Change per minute over a whole window; undefined before there is one. */
export const rateOf = (points: readonly Point[], windowMs: number): number | undefined => {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.at - first.at < windowMs) return undefined;
  return ((last.value - first.value) / (last.at - first.at)) * 60_000;
};

/** What a condition compares with its limit, as it is now; undefined where nobody knows. */
export const measure = ({ condition }: Rule, unit: Unit, rateMs: number, now: number): number | undefined => {
  switch (condition) {
    case 'high-high':
    case 'high':
    case 'low':
    case 'low-low':
      return unit.value;
    case 'rate':
      return rateOf(unit.points, rateMs);
    case 'deviation':
      return unit.value === undefined || unit.setpoint === undefined ? undefined : unit.value - unit.setpoint;
    case 'stale':
      return (now - unit.goodAt) / 1000;
    case 'bad-quality':
      return undefined;
  }
};

/** Whether the condition holds; an active alarm holds until the deadband is passed too. Undefined: nobody knows. */
export const judge = (
  rule: Rule,
  unit: Unit,
  active: boolean,
  rateMs: number,
  now: number,
): boolean | undefined => {
  const { condition, limit = 0, deadband } = rule;
  if (condition === 'bad-quality') return unit.seen ? unit.missing : undefined;
  const value = measure(rule, unit, rateMs, now);
  if (value === undefined) return undefined;
  if (condition === 'stale') return value >= limit;
  if (unit.missing) return undefined;
  const slack = active ? deadband : 0;
  if (condition === 'low' || condition === 'low-low') return value < limit + slack;
  const size = condition === 'rate' || condition === 'deviation' ? Math.abs(value) : value;
  return size > limit - slack;
};
