import type { Host } from '../lib/clock.ts';

/** What is under way in a database, so that closing it can wait. */
export interface Underway {
  run<T>(operate: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way any more and nothing has followed at once, or after the limit. */
  idle(limitMs: number): Promise<void>;
}

export const createUnderway = (host: Pick<Host, 'timer'>): Underway => {
  let count = 0;
  let ended = (): void => {};
  return {
    async run(operate) {
      count++;
      try {
        return await operate();
      } finally {
        count--;
        ended();
      }
    },
    async idle(limitMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancelLimit = host.timer(limitMs, resolve);
      let cancelLook = (): void => {};
      // Who does one thing after the other begins the next one only when it has been told of this one.
      const look = (): void => {
        cancelLook();
        cancelLook = host.timer(0, () => {
          if (count === 0) resolve();
        });
      };
      ended = look;
      look();
      await promise;
      ended = () => {};
      cancelLimit();
      cancelLook();
    },
  };
};
