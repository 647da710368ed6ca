import { isRecord } from '../lib/signal.ts';
import type { Found } from '../lib/state.ts';
import { isBatch } from './batch.ts';
import { statuses } from '../lib/batch-status.ts';
import { states } from './lifecycle.ts';
import { begin, leftOf, noted, type Memory, type Settings } from './memory.ts';

/**
 * A reactor as it outlives a restart. Time without power does not count, so instead of its deadline it holds what was left
 * of it; what the sensors said is not kept.
 */
type Course = Omit<Memory, 'until' | 'batch' | 'status' | 'sensors' | 'watchedFrom' | 'words'>;
export interface Saved extends Course {
  /** null: it has no end */
  readonly untilMs: number | null;
  readonly batch: Memory['batch'] | null;
  readonly status: Memory['status'] | null;
  /** wall time, to know how long the plant was away */
  readonly savedAt: number;
  /** the runtime that has saved it: one that runs on was not away */
  readonly runtime: string;
}

const numbers = ['since', 'runMs', 'leftMs', 'asked', 'askAtMs', 'seq', 'savedAt'];
const isStatus = (value: unknown): boolean => statuses.some((status) => status === value);
const isEntry = (value: unknown): boolean =>
  isRecord(value) &&
  Number.isSafeInteger(value['seq']) &&
  Number.isFinite(value['at']) &&
  ['from', 'to', 'signal', 'user', 'reason'].every((name) => typeof value[name] === 'string') &&
  typeof value['refused'] === 'boolean';
const isEnded = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['Id'] === 'string' &&
  typeof value['Email'] === 'string' &&
  isStatus(value['Status']);

export const isSaved = (state: unknown): state is Saved =>
  isRecord(state) &&
  states.some((name) => name === state['state']) &&
  numbers.every((name) => Number.isFinite(state[name])) &&
  (state['untilMs'] === null || Number.isFinite(state['untilMs'])) &&
  typeof state['used'] === 'boolean' &&
  typeof state['reason'] === 'string' &&
  typeof state['runtime'] === 'string' &&
  (state['batch'] === null
    ? state['status'] === null
    : isBatch(state['batch']) && isStatus(state['status'])) &&
  Array.isArray(state['entries']) &&
  state['entries'].every(isEntry) &&
  Array.isArray(state['ended']) &&
  state['ended'].every(isEnded);

export const keep = (memory: Memory, now: number, savedAt: number, runtime: string): Saved => {
  const { until, batch = null, status = null, sensors: _s, watchedFrom: _w, words: _o, ...course } = memory;
  const untilMs = until === Infinity ? null : Math.max(0, until - now);
  return { ...course, leftMs: leftOf(memory, now), untilMs, batch, status, savedAt, runtime };
};

export interface Restored {
  readonly memory: Memory;
  /** Infinity: nobody knows, since wall time is not what it was; undefined: the runtime has run on */
  readonly outageMs: number | undefined;
}

/**
 * The reactor a node begins with. What cannot be read may have been a batch: nothing goes on before somebody has looked,
 * and then the vessel is cleaned.
 */
export const restore = (
  found: Found<Saved>,
  { quantities }: Settings,
  now: number,
  wallNow: number,
  runtime: string,
): Restored => {
  const fresh = begin(quantities, now, wallNow);
  if (found.kind === 'none') return { memory: fresh, outageMs: undefined };
  if (found.kind === 'unreadable') {
    const reason = 'the saved state could not be read';
    const lost: Memory = { ...fresh, state: 'aborted', reason, used: true };
    return {
      memory: noted(lost, { at: now, from: 'idle', signal: 'give-up', reason }).memory,
      outageMs: undefined,
    };
  }
  const { untilMs, batch, status, savedAt, runtime: before, ...course } = found.state;
  const awayMs = wallNow - savedAt;
  return {
    memory: {
      ...fresh,
      ...course,
      until: untilMs === null ? Infinity : now + untilMs,
      batch: batch ?? undefined,
      status: status ?? undefined,
    },
    outageMs: before === runtime ? undefined : awayMs >= 0 ? awayMs : Infinity,
  };
};
