import type { Sample, Written } from '../lib/store.ts';
import { isAway } from '../lib/retry.ts';

export interface Refusal {
  readonly sample: Sample;
  readonly cause: unknown;
}
export interface Sifted {
  readonly stored: number;
  /** what the database will never take */
  readonly refused: readonly Refusal[];
}

/** So many writes fail and none succeeds: it is not the samples. Enough to get from any batch to a single sample. */
const MAX_MISSES = 24;

/**
 * Writes what a database takes of samples that it has refused together, by halves. A sample counts as refused where it
 * fails alone, a new one is stored after it, and it fails once more: a database that can store nothing has not judged
 * any sample. Throws where that cannot be told, or the database is away; what has been stored until then is stored.
 */
export const sift = async (
  write: (samples: readonly Sample[]) => Promise<Written>,
  samples: readonly Sample[],
): Promise<Sifted> => {
  const refused: Refusal[] = [];
  let [stored, misses, judged] = [0, 0, 0];
  let hasCommitted = false;
  let last: unknown;
  const part = async (from: number, to: number): Promise<void> => {
    const piece = samples.slice(from, to);
    try {
      const written = await write(piece);
      stored += written.stored;
      hasCommitted = true;
      if (written.stored > 0) judged = refused.length;
      return;
    } catch (cause) {
      last = cause;
      if (isAway(cause) || (!hasCommitted && ++misses > MAX_MISSES)) throw cause;
    }
    const [sample] = piece;
    if (piece.length === 1 && sample) {
      refused.push({ sample, cause: last });
      return;
    }
    const middle = (from + to) >>> 1;
    await part(from, middle);
    await part(middle, to);
  };
  await part(0, samples.length);
  if (judged < refused.length) throw last;
  // It may have been the moment and not the sample: a database that could not be written to, and now can.
  const still: Refusal[] = [];
  for (const { sample } of refused)
    try {
      stored += (await write([sample])).stored;
    } catch (cause) {
      if (isAway(cause)) throw cause;
      still.push({ sample, cause });
    }
  return { stored, refused: still };
};
