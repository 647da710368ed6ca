import type { Gains } from './gains.ts';

/** What the output may be, and how fast it may move: units per second, Infinity for no limit. */
export interface OutputLimits {
  readonly outMin: number;
  readonly outMax: number;
  readonly rateUp: number;
  readonly rateDown: number;
}
/** Why the output is not what the controller wants: `gap` is a pause in the measurement, `external` an outer limit. */
export type Limit = 'none' | 'high' | 'low' | 'rate up' | 'rate down' | 'gap' | 'external';
export type AntiWindup = 'back-calculation' | 'conditional' | 'none';

/** The output nearest to the wanted one that can be reached from the last within the time, rate first, then range. */
export const limited = (limits: OutputLimits, wanted: number, last: number, dtSeconds: number): number => {
  const highest = limits.rateUp === Infinity ? Infinity : last + limits.rateUp * dtSeconds;
  const lowest = limits.rateDown === Infinity ? -Infinity : last - limits.rateDown * dtSeconds;
  const reached = wanted > highest ? highest : wanted < lowest ? lowest : wanted;
  return reached > limits.outMax ? limits.outMax : reached < limits.outMin ? limits.outMin : reached;
};

/** Which limit turned the wanted output into the given one. */
export const limitHit = (limits: OutputLimits, wanted: number, output: number): Limit => {
  if (output < wanted) return output === limits.outMax ? 'high' : 'rate up';
  if (output > wanted) return output === limits.outMin ? 'low' : 'rate down';
  return 'none';
};

/**
 * What back-calculation adds to the integral: the excess (output - wanted) is followed with the tracking time. The
 * exact factor instead of h / Tt stays stable at any h. Without integral action there is no windup.
 */
export const backCalculation = ({ ki, tt }: Gains, excess: number, dtSeconds: number): number =>
  excess === 0 || ki === 0 ? 0 : -Math.expm1(-dtSeconds / tt) * excess;
