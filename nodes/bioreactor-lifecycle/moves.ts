import type { Batch } from './batch.ts';
import { facts, isOver, statusAfter, type Signal, type State } from './lifecycle.ts';
import { emptied, leftOf, noted, type Ended, type Entry, type Memory, type Settings } from './memory.ts';

/** Something that happened, to be told; `memory` is the reactor right after it. */
export type Happening = { readonly memory: Memory } & (
  | { readonly kind: 'moved'; readonly entry: Entry }
  /** `batch`: one that is turned away; undefined: it was a command */
  | { readonly kind: 'refused'; readonly entry: Entry; readonly batch: Batch | undefined }
  /** a batch that is known has come again; undefined: it is the one that is here */
  | { readonly kind: 'repeated'; readonly ended: Ended | undefined }
  | { readonly kind: 'tested'; readonly entry: Entry }
  | { readonly kind: 'restarted'; readonly entry: Entry | undefined }
  | { readonly kind: 'asked' }
  | { readonly kind: 'sensed' }
);
/** The reactor after one input, and what is to be told of it. */
export interface Result {
  readonly memory: Memory;
  readonly happening: Happening | undefined;
}
export const quiet = (memory: Memory): Result => ({ memory, happening: undefined });
export const told = (happening: Happening): Result => ({ memory: happening.memory, happening });
/** What has led to something, and who. */
export type Cause = Pick<Entry, 'signal'> & Partial<Pick<Entry, 'user' | 'reason'>>;

/** How long a state lasts. */
const lengthOf = ({ phaseMs }: Settings, state: State, leftMs: number): number => {
  const { phase } = facts[state];
  if (phase === undefined) return Infinity;
  return phase === 'run' ? leftMs : phaseMs[phase];
};

/** Goes to another state. Why a batch is over stays in sight until it has left. */
export const move = (
  settings: Settings,
  memory: Memory,
  to: State,
  { signal, user = '', reason = '' }: Cause & { readonly signal: Signal },
  now: number,
): Result => {
  const { state: from, status } = memory;
  const leftMs = leftOf(memory, now);
  const moved: Memory = {
    ...memory,
    state: to,
    since: now,
    until: now + lengthOf(settings, to, leftMs),
    leftMs,
    status: status && statusAfter(status, to, signal),
    reason: reason === '' && isOver(status) && to !== 'idle' ? memory.reason : reason,
    used: memory.used || to === 'running',
    watchedFrom: now,
  };
  const written = noted(moved, { at: now, from, signal, user, reason });
  return told({
    kind: 'moved',
    entry: written.entry,
    memory: to === 'idle' ? emptied(written.memory) : written.memory,
  });
};

/** Says no: nothing changes but the audit trail. `batch`: one that is turned away. */
export const refuse = (memory: Memory, cause: Cause, now: number, batch?: Batch): Result => {
  const line = { ...cause, at: now, from: memory.state, refused: true };
  return told({ kind: 'refused', batch, ...noted(memory, batch ? { ...line, batch: batch.Id } : line) });
};

export const secondsOf = (ms: number): string => `${Math.round(ms / 1000)} s`;
