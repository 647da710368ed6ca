import { DAILY, phaseOf } from './day.ts';

/** Temperatures in degC: the water, and the probe that follows it. */
export interface Temperatures {
  temperature: number;
  probe: number;
}

/** Everything here is constant over a step, but for the ambient, which swings as a sine over the day. */
export interface HeatBalance {
  /** what heater and cooler do to the water, degC/s */
  readonly drive: number;
  /** exchange with the ambient, 1/s */
  readonly rate: number;
  /** mean and half the daily swing of the ambient, degC */
  readonly ambient: number;
  readonly swing: number;
  /** time constant of the probe, 0: it has none */
  readonly lagSeconds: number;
}

/** Integral of e^(-rate t) over the step: (1 - e^(-rate dt)) / rate, and dt where the rate is 0. */
const decayed = (rate: number, dt: number): number => (rate === 0 ? dt : -Math.expm1(-rate * dt) / rate);

/** (e^(-a t) - e^(-b t)) / (b - a), exact also where a and b are equal or nearly so. */
const difference = (a: number, b: number, dt: number): number =>
  Math.exp(-Math.min(a, b) * dt) * decayed(Math.abs(a - b), dt);

/** Ambient temperature at a time, degC. */
export const ambientAt = (ambient: number, swing: number, timeMs: number): number =>
  ambient + swing * Math.sin(phaseOf(timeMs));

/**
 * Moves both temperatures from one time to another, in place, by the exact solution of
 *   dT/dt = drive + rate (Ta(t) - T),  dP/dt = (T - P) / lag,  Ta(t) = ambient + swing sin(phase(t))
 * Both are split into their periodic answer to the swing, which is a function of the time of day alone, and the rest,
 * which is an answer to constants. So any partition of an interval gives the same result.
 */
export const exchangeHeat = (
  water: Temperatures,
  balance: HeatBalance,
  fromMs: number,
  toMs: number,
): void => {
  const { drive, rate, ambient, swing, lagSeconds } = balance;
  const dt = (toMs - fromMs) / 1000;
  const from = phaseOf(fromMs);
  const to = phaseOf(toMs);
  const sinFrom = Math.sin(from);
  const cosFrom = Math.cos(from);
  const sinTo = Math.sin(to);
  const cosTo = Math.cos(to);

  const gain = (swing * rate) / (rate * rate + DAILY * DAILY);
  const inPhase = gain * rate;
  const quadrature = -gain * DAILY;
  const start = water.temperature - (inPhase * sinFrom + quadrature * cosFrom);
  const slope = drive + rate * (ambient - start);
  const rise = decayed(rate, dt);
  water.temperature = start + slope * rise + inPhase * sinTo + quadrature * cosTo;
  if (lagSeconds === 0) {
    water.probe = water.temperature;
    return;
  }
  const speed = 1 / lagSeconds;
  const follow = speed / (speed * speed + DAILY * DAILY);
  const probeInPhase = follow * (speed * inPhase + DAILY * quadrature);
  const probeQuadrature = follow * (speed * quadrature - DAILY * inPhase);
  const probeStart = water.probe - (probeInPhase * sinFrom + probeQuadrature * cosFrom);
  water.probe =
    start +
    (probeStart - start) * Math.exp(-speed * dt) +
    slope * (rise - difference(rate, speed, dt)) +
    probeInPhase * sinTo +
    probeQuadrature * cosTo;
};
