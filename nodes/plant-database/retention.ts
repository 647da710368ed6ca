import { matchTopic } from '../signal-input/signal-map.ts';
import type { Level, Retention, SeriesInfo } from '../lib/store.ts';
import { HOUR_MS } from './schema.ts';

const DAY_MS = 86_400_000;

/** What is older goes, per level; a level that is kept for ever is not named. */
export interface Cut {
  readonly series: SeriesInfo;
  readonly level: Level;
  readonly before: number;
}

/**
 * What the rules no longer keep. Days are counted back from now in the timeline of a series: in the simulated one that
 * is its newest sample (each plant has its own clock), in the real one the newest of all, and never later than the wall
 * clock `now`: neither a sensor that dreams of the future nor one that has been taken away changes what is kept.
 */
export const cutsOf = (
  all: readonly SeriesInfo[],
  rules: readonly Retention[],
  now: number,
): readonly Cut[] => {
  const real = all.filter(({ timeline }) => timeline === 'real').map(({ last }) => last);
  const realNow = Math.min(
    now,
    real.reduce((newest, last) => Math.max(newest, last), -Infinity),
  );
  return all.flatMap((series) => {
    const rule = rules.find(({ series: pattern }) => matchTopic(pattern, series.name) !== undefined);
    if (!rule) return [];
    const reference = series.timeline === 'real' ? realNow : series.last;
    const days: Readonly<Record<Level, number>> = {
      raw: rule.rawDays,
      minute: rule.minuteDays,
      hour: rule.hourDays,
    };
    return Object.entries(days).flatMap(([level, kept]) =>
      kept === 0
        ? []
        : // Whole hours, so that where one level ends the next one is complete.
          [
            {
              series,
              level: level as Level,
              before: Math.floor((reference - kept * DAY_MS) / HOUR_MS) * HOUR_MS,
            },
          ],
    );
  });
};
