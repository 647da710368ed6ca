import { clamp, parseNumber, shown } from '../lib/number.ts';
import { gainsOf, parseGains, type Gains } from './gains.ts';
import { HUGE, proportional, type Memory, type Mode, type Settings } from './pid.ts';

/** A command as it comes in a message. */
export interface Command {
  readonly payload?: unknown;
  /** on `tracking`: topic of the source that owns the actuator */
  readonly owner?: unknown;
  /** on `tracking`: the value is as far as a limited actuator or inner loop gets, not another source's */
  readonly limited?: unknown;
}
type Obey = (settings: Settings, memory: Memory, command: Command, ownTopic: string) => Memory;

const numberIn = (raw: unknown, name: string): number => {
  const value = parseNumber(raw);
  if (value === undefined || Math.abs(value) > HUGE)
    throw new Error(`${name}: must be a finite number, got ${shown(raw)}`);
  return value;
};

/** Other gains in the middle of the work: P and D may jump, the integral takes the jump up. */
export const retune = (settings: Settings, memory: Memory, gains: Gains): Memory => {
  const { pv, ramped, acting } = memory;
  // From a held output the integral is found anew anyway.
  const held = acting === 'manual' || acting === 'tracking';
  if (!settings.bumpless || held || pv === null || ramped === null) return { ...memory, gains };
  const p = proportional(settings, gains, ramped, pv);
  const d = memory.gains.kd > 0 ? memory.d * (gains.kd / memory.gains.kd) : 0;
  return { ...memory, gains, p, d, i: memory.i + (memory.p - p) + (memory.d - d) };
};

const changeMode = (memory: Memory, mode: Mode): Memory => {
  if (mode === memory.mode) return memory;
  if (mode === 'auto') return { ...memory, mode };
  return {
    ...memory,
    mode,
    manual: memory.output,
    acting: memory.tracked === null ? 'manual' : memory.acting,
  };
};

const setManual: Obey = ({ outMin, outMax }, memory, { payload }) => {
  const output = clamp(numberIn(payload, 'manual'), outMin, outMax);
  if (memory.mode !== 'manual' || memory.tracked !== null)
    throw new Error(`manual: needs mode manual and the actuator, got ${shown(payload)}`);
  return { ...memory, manual: output, output, acting: 'manual', limit: 'none' };
};

const feedForward: Obey = (settings, memory, { payload }) => {
  const value = payload === null ? null : settings.feedForwardGain * numberIn(payload, 'feedforward');
  const switched = (value === null) !== (memory.feedForward === null);
  const jump = (value ?? 0) - (memory.feedForward ?? 0);
  const i = switched && settings.bumpless ? memory.i - jump : memory.i;
  return { ...memory, feedForward: value, i };
};

const track: Obey = (settings, memory, { payload, owner, limited }, ownTopic) => {
  const ours = payload === null || (owner !== undefined && owner === ownTopic);
  if (ours && memory.tracked === null && memory.reached === null) return memory;
  if (ours) return { ...memory, tracked: null, reached: null };
  const value =
    typeof payload === 'boolean'
      ? payload
        ? settings.outMax
        : settings.outMin
      : numberIn(payload, 'tracking');
  if (limited === true) return { ...memory, tracked: null, reached: value };
  // At once, so that the next own output starts here even when no measurement comes in between.
  const output = clamp(value, settings.outMin, settings.outMax);
  return {
    ...memory,
    tracked: output,
    reached: null,
    output,
    manual: output,
    acting: 'tracking',
    limit: 'none',
  };
};

const reset: Obey = (settings, memory) => ({
  ...memory,
  ramped: null,
  pv: null,
  p: 0,
  i: settings.startOutput,
  d: 0,
  error: 0,
  output: memory.acting === 'auto' || memory.acting === 'fail-safe' ? settings.startOutput : memory.output,
});

/** The commands by `msg.topic`. Each gives the new memory, or throws an error that names it and its value. */
export const commands: ReadonlyMap<unknown, Obey> = new Map<unknown, Obey>([
  ['setpoint', (_, memory, { payload }) => ({ ...memory, setpoint: numberIn(payload, 'setpoint') })],
  [
    'mode',
    (_, memory, { payload }) => {
      if (payload !== 'auto' && payload !== 'manual')
        throw new Error(`mode: must be auto or manual, got ${shown(payload)}`);
      return changeMode(memory, payload);
    },
  ],
  ['manual', setManual],
  [
    'gains',
    (settings, memory, { payload }) =>
      retune(settings, memory, gainsOf(parseGains(payload, memory.gains), settings.trackingTime)),
  ],
  ['feedforward', feedForward],
  ['tracking', track],
  ['reset', reset],
]);
