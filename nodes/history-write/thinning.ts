import type { Sample } from '../lib/store.ts';

export interface Thinning {
  /** leave out what says the same as the last one that was kept */
  readonly changesOnly: boolean;
  /** leave out numbers that come sooner than this after the last one that was kept; 0: none */
  readonly intervalMs: number;
}

/** However little changes, a chart shows that the sensor lives. */
export const HEARTBEAT_MS = 600_000;

/**
 * Which samples are worth their place on a small disk. Times are those of the samples. What is late, a change of
 * quality and a change of a text or a boolean are always kept.
 */
export interface Thinner {
  keep(samples: readonly Sample[]): readonly Sample[];
  /** These were not stored after all: what follows them is kept. */
  forget(samples: readonly Sample[]): void;
}

export const createThinner = ({ changesOnly, intervalMs }: Thinning): Thinner => {
  if (!changesOnly && intervalMs === 0) return { keep: (samples) => samples, forget: () => {} };
  const last = new Map<string, Sample>();
  const keyOf = ({ series, timeline }: Sample): string => `${timeline} ${series}`;
  const isWorth = (sample: Sample, before: Sample | undefined): boolean => {
    if (!before || sample.timestamp < before.timestamp || sample.quality !== before.quality) return true;
    const age = sample.timestamp - before.timestamp;
    const isSame = sample.value === before.value;
    if (isSame) return age >= (changesOnly ? Math.max(intervalMs, HEARTBEAT_MS) : intervalMs);
    return typeof sample.value !== 'number' || age >= intervalMs;
  };
  return {
    keep: (samples) =>
      samples.filter((sample) => {
        const key = keyOf(sample);
        const before = last.get(key);
        if (!isWorth(sample, before)) return false;
        if (!before || sample.timestamp >= before.timestamp) last.set(key, sample);
        return true;
      }),
    forget(samples) {
      for (const sample of samples) last.delete(keyOf(sample));
    },
  };
};
