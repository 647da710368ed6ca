import type { Host } from '../lib/clock.ts';
import type { Backend } from '../lib/store.ts';
import { backoffMs, NotOpen, words, type Backoff } from '../lib/retry.ts';

/** The connection to a back-end that may be away, also when the plant starts. */
export interface Link {
  /** the back-end, undefined as long as none could be opened */
  backend(): Backend | undefined;
  /** The back-end, once the opening under way has ended; rejects with words where it has failed. */
  ready(): Promise<Backend>;
  /** Opens another one in place of this one; the old one serves until the new one does. */
  renew(): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly name: string;
  readonly open: () => Promise<Backend>;
  readonly host: Host;
  readonly retry: Backoff;
  /** 0 to 1 */
  readonly chance: () => number;
  readonly opened: () => void;
  readonly failed: (cause: Error) => void;
}

export const createLink = ({ name, open, host, retry, chance, opened, failed }: LinkOptions): Link => {
  let backend: Backend | undefined;
  let attempt: Promise<void> | undefined;
  let failures = 0;
  let trouble: Error | undefined;
  let cancel = (): void => {};
  let isClosed = false;

  const letGo = (old: Backend | undefined): void => {
    // It hangs or is broken: nobody waits for its end.
    old?.close().catch((cause: unknown) => failed(new Error(`${name}: ${words(cause)}`, { cause })));
  };
  const begin = (): void => {
    if (attempt || isClosed) return;
    cancel();
    attempt = (async () => open())().then(
      (fresh) => {
        attempt = undefined;
        if (isClosed) return letGo(fresh);
        const old = backend;
        backend = fresh;
        failures = 0;
        trouble = undefined;
        letGo(old);
        opened();
      },
      (cause: unknown) => {
        attempt = undefined;
        failures++;
        trouble = new NotOpen(`${name} cannot be opened: ${words(cause)}`, { cause });
        if (isClosed) return;
        cancel = host.timer(backoffMs(retry, failures, chance()), begin);
        failed(trouble);
      },
    );
  };
  begin();
  return {
    backend: () => backend,
    async ready() {
      if (!backend) await attempt;
      if (isClosed) throw new NotOpen(`${name} is closed`);
      if (!backend) throw trouble ?? new NotOpen(`${name} is not open`);
      return backend;
    },
    renew: begin,
    async close() {
      isClosed = true;
      cancel();
      await backend?.close();
    },
  };
};
