import { clamp } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { retune } from './commands.ts';
import type { Tuning } from './gains.ts';
import { start, type Memory, type Settings } from './pid.ts';

/** A controller on disk: what it knows, when that was, and what its form said at that time. */
export interface Saved {
  /** process time of saving and of the last sample, ms since the epoch */
  readonly savedAt: number;
  readonly sampledAt: number | undefined;
  readonly configured: Pick<Settings, 'setpoint' | 'mode' | 'gains'>;
  readonly memory: Memory;
}
/** Where a controller goes on. */
export type Restored = Pick<Saved, 'memory' | 'sampledAt'>;

export const save = (
  { setpoint, mode, gains }: Settings,
  memory: Memory,
  sampledAt: number | undefined,
  now: number,
): Saved => ({ savedAt: now, sampledAt, configured: { setpoint, mode, gains }, memory });

const numbers: readonly (keyof Memory)[] = ['setpoint', 'manual', 'p', 'i', 'd', 'error', 'output'];
const optional: readonly (keyof Memory)[] = ['ramped', 'feedForward', 'tracked', 'reached', 'pv'];
const gainNames = ['kp', 'ki', 'kd', 'n', 'b', 'c', 'tf', 'tt'];
const isMode = (value: unknown): boolean => value === 'auto' || value === 'manual';
const isGains = (value: unknown): boolean =>
  isRecord(value) && gainNames.every((name) => Number.isFinite(value[name]));

export const isSaved = (state: unknown): state is Saved => {
  if (!isRecord(state)) return false;
  const { savedAt, sampledAt, configured, memory } = state;
  return (
    Number.isFinite(savedAt) &&
    (sampledAt === undefined || Number.isFinite(sampledAt)) &&
    isRecord(configured) &&
    isGains(configured['gains']) &&
    isRecord(memory) &&
    numbers.every((name) => Number.isFinite(memory[name])) &&
    optional.every((name) => memory[name] === null || Number.isFinite(memory[name])) &&
    isMode(memory['mode']) &&
    isGains(memory['gains']) &&
    typeof memory['acting'] === 'string' &&
    typeof memory['limit'] === 'string'
  );
};

const same = (a: Tuning, b: Tuning): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The controller after a restart or a redeploy. What was commanded (setpoint, mode, gains, feed-forward) stays unless
 * the form says something new since; the course of the control only within the validity time. Who owns the actuator
 * has to be told anew.
 */
export const restore = (
  settings: Settings,
  saved: Saved | undefined,
  now: number,
  validSeconds: number,
): Restored => {
  const fresh = start(settings);
  if (!saved) return { memory: fresh, sampledAt: undefined };
  const { configured, memory } = saved;
  const ageSeconds = (now - saved.savedAt) / 1000;
  const valid = ageSeconds >= 0 && ageSeconds <= validSeconds;
  const setpoint = configured.setpoint === settings.setpoint ? memory.setpoint : settings.setpoint;
  const mode = configured.mode === settings.mode ? memory.mode : settings.mode;
  const gains = same(configured.gains, settings.gains) ? memory.gains : settings.gains;
  const { outMin, outMax } = settings;
  const output = clamp(memory.output, outMin, outMax);
  const course: Memory = valid
    ? { ...memory, tracked: null, reached: null, output, manual: clamp(memory.manual, outMin, outMax) }
    : { ...fresh, gains: memory.gains, feedForward: memory.feedForward };
  return {
    // A mode changed in the form is the same hand-over as one changed by command.
    memory: { ...retune(settings, course, gains), setpoint, mode, ...handedOver(course, mode) },
    sampledAt: valid ? saved.sampledAt : undefined,
  };
};

const handedOver = (course: Memory, mode: Memory['mode']): Partial<Memory> =>
  mode === 'manual' && course.mode === 'auto' ? { manual: course.output, acting: 'manual' } : {};
