import { setImmediate } from 'node:timers/promises';

/** The value below which this share (0 to 1) of the values lies; NaN where there are none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

const PASSES = 5;

/** Bytes in use once what can be freed is free. Needs `--expose-gc`. */
export const heapInUse = async (): Promise<number> => {
  if (!globalThis.gc) throw new Error('the benchmark needs node --expose-gc');
  // What is only weakly held, as compiled code is, goes a few passes later.
  for (let pass = 0; pass < PASSES; pass++) {
    await setImmediate();
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
};
