/** Lets one in at a time, in the order in which they came. */
export interface Turns {
  /** Resolves when it is one's turn; the function that is given ends it. */
  take(): Promise<() => void>;
}

export const createTurns = (): Turns => {
  let last: Promise<void> = Promise.resolve();
  return {
    async take() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
  };
};
