import { DeliveryError, type Deliver } from './delivery.ts';
import type { Notice } from './gate.ts';
import { dueAt, enqueue, failed, nextOf, without, type Item, type Queue } from './queue.ts';

export type Way = 'mail' | 'webhook';
/** What has become of a notice on its way: a message of output 2. */
export interface DeliveryReport {
  readonly channel: Way;
  /** `retry`: it failed and is tried again */
  readonly state: 'sent' | 'retry' | 'failed';
  readonly subject: string;
  /** tries so far */
  readonly tries: number;
  /** why not, or not to all */
  readonly reason?: string;
  /** wall time */
  readonly at: number;
}

export interface Channel {
  readonly way: Way;
  add(id: string, notice: Notice): void;
  /** Sends what is due, one at a time. */
  pump(): void;
  dueAt(): number;
  queue(): Queue;
  /** Resolves when nothing is on its way, at the latest some time after `abort`. */
  idle(): Promise<void>;
}

/** What a channel needs of the node around it. */
export interface Surroundings {
  readonly now: () => number;
  readonly report: (report: DeliveryReport) => void;
  /** the queue is not what it was */
  readonly changed: () => void;
  readonly signal: AbortSignal;
}

export const createChannel = (
  way: Way,
  deliver: Deliver,
  saved: Queue,
  { now, report, changed, signal }: Surroundings,
): Channel => {
  let queue = saved;
  let busy = false;
  let onItsWay = Promise.resolve();
  const tell = (state: DeliveryReport['state'], { notice, failures }: Item, reason?: string): void =>
    report({
      channel: way,
      state,
      subject: notice.subject,
      tries: failures + 1,
      ...(reason === undefined ? {} : { reason }),
      at: Math.round(now()),
    });
  const send = async (item: Item): Promise<void> => {
    try {
      const complaint = await deliver(item, signal);
      queue = without(queue, item.id);
      tell('sent', item, complaint);
    } catch (cause) {
      // Stopped by us: it is sent after the start.
      if (signal.aborted) return;
      const permanent = cause instanceof DeliveryError && cause.permanent;
      const { queue: next, retryAt } = failed(queue, item, permanent, now());
      queue = next;
      const reason = cause instanceof Error ? cause.message : String(cause);
      tell(retryAt === undefined ? 'failed' : 'retry', item, reason);
    } finally {
      busy = false;
      changed();
    }
  };
  return {
    way,
    add(id, notice) {
      const { queue: next, dropped } = enqueue(queue, id, notice, now());
      queue = next;
      for (const item of dropped) tell('failed', item, 'too many wait');
      changed();
    },
    pump() {
      const item = busy || signal.aborted ? undefined : nextOf(queue, now());
      if (!item) return;
      busy = true;
      onItsWay = send(item);
    },
    dueAt: () => (busy ? Infinity : dueAt(queue)),
    queue: () => queue,
    idle: () => onItsWay,
  };
};
