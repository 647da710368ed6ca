import { isRecord } from '../lib/signal.ts';
import type { Notice } from './gate.ts';

/** Notices on their way to one channel: in order, bounded, and tried again a few times. Times are ms of wall time. */
export interface Item {
  /** the same at every try, so that who gets it can tell */
  readonly id: string;
  readonly notice: Notice;
  /** tries that have failed */
  readonly failures: number;
  readonly nextAt: number;
}
export type Queue = readonly Item[];

export const MOST_WAITING = 100;
/** How long after each failure it is tried again; after the last one it is given up. */
export const RETRY_AFTER_MS: readonly number[] = [30_000, 120_000];

/** Adds a notice; where there are too many, the oldest are given up. */
export const enqueue = (
  queue: Queue,
  id: string,
  notice: Notice,
  now: number,
): { queue: Queue; dropped: Queue } => {
  const all = [...queue, { id, notice, failures: 0, nextAt: now }];
  const excess = Math.max(0, all.length - MOST_WAITING);
  return { queue: all.slice(excess), dropped: all.slice(0, excess) };
};

/** The first that is due: one that waits for another try does not hold up the others. */
export const nextOf = (queue: Queue, now: number): Item | undefined =>
  queue.find(({ nextAt }) => nextAt <= now);
export const dueAt = (queue: Queue): number => Math.min(...queue.map(({ nextAt }) => nextAt));
export const without = (queue: Queue, id: string): Queue => queue.filter((item) => item.id !== id);

/** After a failure: when it is tried again, or undefined where it is given up. */
export const failed = (
  queue: Queue,
  item: Item,
  permanent: boolean,
  now: number,
): { queue: Queue; retryAt: number | undefined } => {
  const wait = permanent ? undefined : RETRY_AFTER_MS[item.failures];
  if (wait === undefined) return { queue: without(queue, item.id), retryAt: undefined };
  const retryAt = now + wait;
  return {
    queue: queue.map((one) =>
      one.id === item.id ? { ...one, failures: one.failures + 1, nextAt: retryAt } : one,
    ),
    retryAt,
  };
};

const isItem = (item: unknown): boolean =>
  isRecord(item) &&
  typeof item['id'] === 'string' &&
  Number.isFinite(item['failures']) &&
  Number.isFinite(item['nextAt']) &&
  isRecord(item['notice']) &&
  typeof item['notice']['text'] === 'string' &&
  typeof item['notice']['subject'] === 'string' &&
  Array.isArray(item['notice']['events']);
export const isQueue = (state: unknown): state is Queue => Array.isArray(state) && state.every(isItem);
