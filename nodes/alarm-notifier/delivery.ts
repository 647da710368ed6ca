import type { Item } from './queue.ts';

/** Why a notice did not arrive; `permanent` where another try would end the same. */
export class DeliveryError extends Error {
  readonly permanent: boolean;
  constructor(reason: string, permanent: boolean) {
    super(reason);
    this.permanent = permanent;
  }
}

/** Resolves when the other side has taken it, with what it says against a part of it; rejects with a DeliveryError. */
export type Deliver = (item: Item, signal: AbortSignal) => Promise<string | undefined>;
