/** The day of the process clock: times are ms since the epoch, hours are those of UTC. */
const DAY_MS = 86_400_000;
const WARMEST_HOUR = 15;
const SUNRISE_HOUR = 6;

/** Angular frequency of one turn a day, rad/s. */
export const DAILY = (2 * Math.PI) / 86_400;

/** 0 to 24. */
export const hourOf = (timeMs: number): number => (timeMs - Math.floor(timeMs / DAY_MS) * DAY_MS) / 3_600_000;

/** Phase of the daily swing in rad: its sine is 1 at 15 h and -1 at 3 h. */
export const phaseOf = (timeMs: number): number => ((hourOf(timeMs) - WARMEST_HOUR) / 12 + 0.5) * Math.PI;

/** Daylight as a part of its peak: a half sine from 6 h to 18 h, else 0. */
export const daylight = (hour: number): number =>
  Math.max(0, Math.sin(((hour - SUNRISE_HOUR) / 12) * Math.PI));
