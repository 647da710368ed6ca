import type { Publication } from './answers.ts';
import type { Assigned } from './batch.ts';
import { topicBase } from './facility.ts';

/** How long a command may be on its way: what starts something must not do so when nobody expects it any more. */
const VALID_SECONDS = 60;

export interface Order {
  readonly command: string;
  /** the batch it is meant for */
  readonly Id?: string;
  /** blank: nobody in particular */
  readonly user: string;
}

/** What a reactor is told, by a topic of its own. */
export const toReactor = (
  { Facility, Id }: Pick<Assigned, 'Facility' | 'Id'>,
  what: 'receiveBatch' | 'command',
  payload: unknown,
): Publication => ({ topic: `${topicBase(Facility, Id)}/${what}`, payload });

/** A command for a reactor; `now` is wall time, ms. */
export const orderTo = (reactor: Pick<Assigned, 'Facility' | 'Id'>, order: Order, now: number): Publication =>
  toReactor(reactor, 'command', { ...order, Until: Math.ceil(now / 1000) + VALID_SECONDS });
