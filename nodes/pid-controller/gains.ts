import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';

/**
 * The tuning of a controller as it calculates: parallel gains, whatever form they were given in.
 * ISA: u = Kc [(b r - y) + 1/Ti ∫e dt + Td d(c r - y)/dt], so Kp = Kc, Ki = Kc / Ti, Kd = Kc Td.
 */
export interface Gains {
  readonly kp: number;
  /** 1/s; 0: no integral action, the integral is then a bias */
  readonly ki: number;
  /** s */
  readonly kd: number;
  /** limits the gain of the derivative to n times the proportional one; 0: unfiltered */
  readonly n: number;
  /** setpoint weights of the proportional and of the derivative part */
  readonly b: number;
  readonly c: number;
  /** time constant of the derivative filter, s */
  readonly tf: number;
  /** tracking time of back-calculation, s; 0: at once */
  readonly tt: number;
}
export type Tuning = Pick<Gains, 'kp' | 'ki' | 'kd' | 'n' | 'b' | 'c'>;

/** ISA gains as parallel ones; times in seconds, ti 0 switches the integral off. */
export const fromIsa = (kc: number, ti: number, td: number): Pick<Gains, 'kp' | 'ki' | 'kd'> => ({
  kp: kc,
  ki: ti > 0 ? kc / ti : 0,
  kd: kc * td,
});
/** Parallel gains as ISA ones. Without a proportional part there are none, and both times are 0. */
export const toIsa = ({ kp, ki, kd }: Tuning): Record<'kc' | 'ti' | 'td', number> => ({
  kc: kp,
  ti: ki > 0 ? kp / ki : 0,
  td: kp > 0 ? kd / kp : 0,
});

/**
 * Completes a tuning. The tracking time, where none is given, is √(Ti Td), without derivative Ti / 2. A controller
 * without a proportional part has no Td, so its derivative is unfiltered and its integral stops at the limits.
 */
export const gainsOf = ({ kp, ki, kd, n, b, c }: Tuning, trackingTime: number | undefined): Gains => {
  const { ti, td } = toIsa({ kp, ki, kd, n, b, c });
  const tf = n > 0 ? td / n : 0;
  return { kp, ki, kd, n, b, c, tf, tt: trackingTime ?? (td > 0 ? Math.sqrt(ti * td) : ti / 2) };
};

const isa = ['kc', 'ti', 'td'];
const parallel = ['kp', 'ki', 'kd'];
const common = ['n', 'b', 'c'];
const GREATEST = 1e9;

/**
 * Reads the payload of the command `gains`: any of kc, ti, td or any of kp, ki, kd, and any of n, b, c. What is left
 * out stays as it is in its own form: {kc: 2} keeps Ti and Td. Throws an error that names the key and the value.
 */
export const parseGains = (raw: unknown, present: Tuning): Tuning => {
  if (!isRecord(raw) || Object.keys(raw).length === 0)
    throw new Error(`gains: must be a record of kc, ti, td or kp, ki, kd, got ${shown(raw)}`);
  const given: Record<string, number> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (![...isa, ...parallel, ...common].includes(key)) throw new Error(`gains.${key}: is not a gain`);
    const gain = parseNumber(value);
    const greatest = key === 'b' || key === 'c' ? 1 : GREATEST;
    if (gain === undefined || gain < 0 || gain > greatest)
      throw new Error(`gains.${key}: must be a number of 0 to ${greatest}, got ${shown(value)}`);
    given[key] = gain;
  }
  const inIsa = isa.some((key) => key in given);
  if (inIsa && parallel.some((key) => key in given))
    throw new Error(`gains: must be either kc, ti, td or kp, ki, kd, got ${shown(raw)}`);
  const now = toIsa(present);
  const { kc = now.kc, ti = now.ti, td = now.td } = given;
  return { ...present, ...(inIsa ? fromIsa(kc, ti, td) : {}), ...only(given, [...parallel, ...common]) };
};

const only = (record: Record<string, number>, keys: readonly string[]): Record<string, number> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));
