/**
 * Time proportioning: a duty becomes on and off within cycles of fixed length. The duty is latched when a cycle
 * begins; a pulse or gap too short for the actuator is saved up for the next cycles, so that the mean stays right.
 */
export interface Cycle {
  /** ms */
  readonly start: number;
  /** 0 to 1, as latched */
  readonly duty: number;
  readonly onMs: number;
  /** on-time still owed (or, negative, given too much) */
  readonly owedMs: number;
}
export const idle: Cycle = { start: 0, duty: 0, onMs: 0, owedMs: 0 };

/** The cycle that runs at `now` with this duty asked for. From rest a cycle begins at once. */
export const turn = (cycle: Cycle, duty: number, now: number, cycleMs: number, shortestMs: number): Cycle => {
  const end = cycle.start + cycleMs;
  if (cycle.duty > 0 ? now < end : duty === 0) return cycle;
  if (duty === 0) return idle;
  const asked = duty * cycleMs + (cycle.duty > 0 ? cycle.owedMs : 0);
  const onMs = asked < shortestMs ? 0 : asked > cycleMs - shortestMs ? cycleMs : asked;
  // On the same grid, unless a whole cycle was missed.
  const start = cycle.duty > 0 && now < end + cycleMs ? end : now;
  return { start, duty, onMs, owedMs: Math.max(-shortestMs, Math.min(asked - onMs, shortestMs)) };
};

/** Whether the output is on at `now`, and when that changes next. */
export const phase = (
  { start, onMs }: Cycle,
  now: number,
  cycleMs: number,
): { on: boolean; until: number } => {
  const on = now < start + onMs;
  return { on, until: on ? start + onMs : start + cycleMs };
};
