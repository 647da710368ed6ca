/**
 * The PID controller: measurement in, output out. Reverse action (heating) has e = r - y, direct action (cooling)
 * e = y - r. The output is P + I + D + feed-forward, then rate limits, then range. The integral takes the present
 * sample in, time-exact for any dt; the derivative acts on c r - y behind a first-order filter (backward Euler).
 * After Åström & Hägglund, "Advanced PID Control" (2006), chapter 3.
 */
import { clamp } from '../lib/number.ts';
import type { Gains } from './gains.ts';
import {
  backCalculation,
  limited,
  limitHit,
  type AntiWindup,
  type Limit,
  type OutputLimits,
} from './limits.ts';

export type Mode = 'auto' | 'manual';
/** What made the last output. */
export type Acting = Mode | 'tracking' | 'fail-safe';

export interface Settings extends OutputLimits {
  /** 1: reverse action, the output rises when the measurement is low; -1: direct action */
  readonly sign: 1 | -1;
  /** where a controller without memory starts */
  readonly setpoint: number;
  readonly mode: Mode;
  readonly gains: Gains;
  /** s; undefined: as the gains suggest */
  readonly trackingTime: number | undefined;
  readonly antiWindup: AntiWindup;
  /** within it the error counts as 0; beyond it only the excess counts */
  readonly deadband: number;
  /** units of the setpoint per second, Infinity: it steps */
  readonly setpointRate: number;
  /** in manual the setpoint follows the measurement */
  readonly setpointTracking: boolean;
  /** no step of the output on a change of mode, gains or owner, nor when the feed-forward is switched on */
  readonly bumpless: boolean;
  readonly feedForwardGain: number;
  readonly startOutput: number;
  readonly failSafe: number;
  /** s, the time the first sample stands for */
  readonly samplePeriod: number;
  /** s; after a longer pause the integral is held for one sample */
  readonly maxGap: number;
}

/** All a controller knows; plain JSON. A step makes a new one, its `output` is what goes out. */
export interface Memory {
  readonly mode: Mode;
  /** as commanded; `ramped` is where its ramp stands, null before the first sample */
  readonly setpoint: number;
  readonly ramped: number | null;
  readonly gains: Gains;
  readonly manual: number;
  /** its part of the output, null: off */
  readonly feedForward: number | null;
  /** the value in force while another source owns the actuator, null: this controller is in charge */
  readonly tracked: number | null;
  /** what the limited actuator or inner loop behind this controller reached, null: it follows */
  readonly reached: number | null;
  readonly pv: number | null;
  readonly p: number;
  readonly i: number;
  readonly d: number;
  readonly error: number;
  readonly output: number;
  readonly acting: Acting;
  readonly limit: Limit;
}

/** Beyond any physical quantity; keeps the arithmetic finite for any finite input. */
export const HUGE = 1e12;
const SHORTEST_SECONDS = 1e-6;

/** The memory of a controller that has seen nothing yet. */
export const start = (settings: Settings): Memory => ({
  mode: settings.mode,
  setpoint: settings.setpoint,
  ramped: null,
  gains: settings.gains,
  manual: settings.startOutput,
  feedForward: null,
  tracked: null,
  reached: null,
  pv: null,
  p: 0,
  i: settings.startOutput,
  d: 0,
  error: 0,
  output: settings.startOutput,
  acting: settings.mode,
  limit: 'none',
});

/** The setpoint in force: on its ramp, which starts at the measurement. */
const ramp = ({ setpointRate }: Settings, memory: Memory, held: boolean, pv: number, dt: number): number => {
  const { setpoint } = memory;
  if (setpointRate === Infinity) return setpoint;
  const from = held || memory.ramped === null ? pv : memory.ramped;
  return clamp(setpoint, from - setpointRate * dt, from + setpointRate * dt);
};

/** The error outside the deadband; continuous at its edge. */
const outside = (deadband: number, error: number): number =>
  error > deadband ? error - deadband : error < -deadband ? error + deadband : 0;

/** The proportional part: Kc (b r - y), with the deadband taken out of the error r - y. */
export const proportional = (settings: Settings, gains: Gains, setpoint: number, pv: number): number => {
  const error = settings.sign * (setpoint - pv);
  return gains.kp * (outside(settings.deadband, error) + settings.sign * (gains.b - 1) * setpoint);
};

const derivative = ({ sign }: Settings, memory: Memory, setpoint: number, pv: number, dt: number): number => {
  if (memory.pv === null) return memory.d;
  const { tf, kd, c } = memory.gains;
  const change = sign * (c * (setpoint - (memory.ramped ?? setpoint)) - (pv - memory.pv));
  return (tf * memory.d + kd * change) / (tf + dt);
};

/** The value the output is held at, or null where the controller acts by itself. */
const heldAt = ({ outMin, outMax }: Settings, { tracked, mode, manual }: Memory): number | null => {
  const value = tracked ?? (mode === 'manual' ? manual : null);
  return value === null ? null : clamp(value, outMin, outMax);
};

/**
 * Takes one sample in. `pv` is a finite number, `dtSeconds` the time since the last sample. Within a
 * microsecond of it nothing changes and the same memory comes back.
 */
export const step = (settings: Settings, memory: Memory, pv: number, dtSeconds: number): Memory => {
  if (!(dtSeconds >= SHORTEST_SECONDS)) return memory;
  const { gains, mode, tracked, acting } = memory;
  const y = clamp(pv, -HUGE, HUGE);
  const held = heldAt(settings, memory);
  const gap = dtSeconds > settings.maxGap;
  const follows = settings.setpointTracking && mode === 'manual';
  const ramped = follows ? y : ramp(settings, memory, held !== null, y, dtSeconds);
  const error = settings.sign * (ramped - y);
  const p = proportional(settings, gains, ramped, y);
  const d = gap ? 0 : derivative(settings, memory, ramped, y, dtSeconds);
  const others = p + d + (memory.feedForward ?? 0);

  let output: number;
  let i = memory.i;
  let limit: Limit = 'none';
  if (held !== null) {
    output = held;
    if (settings.bumpless) i = output - others;
  } else {
    // From a held output the first own one starts where the actuator is; then the sample is integrated.
    if (settings.bumpless && (acting === 'manual' || acting === 'tracking')) i = memory.output - others;
    const increment = gap ? 0 : gains.ki * outside(settings.deadband, error) * dtSeconds;
    // The rate counts from the value in force; how long that has been there is known only in steady operation.
    const moving = memory.pv === null ? 0 : gap || acting === 'fail-safe' ? settings.samplePeriod : dtSeconds;
    const reach = Math.min(moving, dtSeconds);
    const before = i;
    i += increment;
    output = limited(settings, others + i, memory.output, reach);
    limit = limitHit(settings, others + i, output);
    const excess = output - (others + i);
    if (gap) {
      if (limit === 'none') limit = 'gap';
    } else if (memory.reached !== null) {
      i += backCalculation(gains, memory.reached - (others + i), dtSeconds);
      if (limit === 'none') limit = 'external';
    } else if (settings.antiWindup === 'back-calculation') {
      i += backCalculation(gains, excess, dtSeconds);
    } else if (settings.antiWindup === 'conditional' && excess * increment < 0) {
      i = before;
      output = limited(settings, others + i, memory.output, reach);
    }
  }
  return {
    mode,
    setpoint: follows ? y : memory.setpoint,
    ramped,
    gains,
    manual: tracked === null ? memory.manual : output,
    feedForward: memory.feedForward,
    tracked,
    reached: memory.reached,
    pv: y,
    p,
    i,
    d,
    error,
    output,
    acting: tracked !== null ? 'tracking' : mode,
    limit,
  };
};

/** The measurement is missing: the output goes to its fail-safe value, all else waits. A held output stays. */
export const fail = (settings: Settings, memory: Memory): Memory => {
  const { failSafe } = settings;
  const done = memory.acting === 'fail-safe' && memory.output === failSafe;
  if (done || heldAt(settings, memory) !== null) return memory;
  return { ...memory, output: failSafe, acting: 'fail-safe', limit: 'none' };
};
