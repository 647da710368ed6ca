import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { spaceOf } from '../lib/disk-space.ts';
import { excessBytes, levelOf, usedPercent, type DiskLevel, type Space } from '../lib/disk.ts';
import type { HistoryStore } from '../lib/store.ts';
import { words } from '../lib/retry.ts';

export interface DiskGuardOptions {
  /** of the disk the history is on */
  readonly measure: () => Promise<Space>;
  /** what the history takes of it, bytes */
  readonly size: () => number;
  readonly prune: HistoryStore['prune'];
  readonly report: (sentence: string) => void;
}
export interface DiskGuard {
  /** Looks once, and prunes until the disk is roomy again or there is nothing to be won. */
  look(): Promise<void>;
  /** resolves when a look that is under way has ended */
  stop(): Promise<void>;
}

const SLICE_ROWS = 50_000;
/** Of the disk: a history that is smaller than this is not what fills it, so nothing of it is given up. */
const FLOOR_SHARE = 0.05;

/** Gives up the oldest history when the disk is filling, in slices between which others have their turn. */
export const createDiskGuard = ({ measure, size, prune, report }: DiskGuardOptions): DiskGuard => {
  let level: DiskLevel = 'roomy';
  let told = '';
  let stopped = false;
  let looking: Promise<void> | undefined;
  const tell = (kind: string, sentence: string): void => {
    if (told !== kind) report(sentence);
    told = kind;
  };
  const run = async (): Promise<void> => {
    let space = await measure();
    level = levelOf(level, space);
    if (level === 'roomy') {
      told = '';
      return;
    }
    const percent = Math.floor(usedPercent(space));
    let pruned = 0;
    while (!stopped && excessBytes(space) > 0 && size() > FLOOR_SHARE * space.totalBytes) {
      const gone = await prune(SLICE_ROWS);
      pruned += gone;
      if (gone === 0) break;
      space = await measure();
    }
    if (excessBytes(space) === 0) level = 'roomy';
    if (pruned > 0)
      tell(`pruned ${pruned}`, `the disk was ${percent} % full: the ${pruned} oldest samples were given up`);
    else if (level !== 'roomy') tell('foreign', `the disk is ${percent} % full, and not by the history`);
  };
  return {
    look() {
      looking ??= run()
        .catch((cause: unknown) =>
          tell('failed', `the disk is full, and nothing could be given up: ${words(cause)}`),
        )
        .finally(() => {
          looking = undefined;
        });
      return looking;
    },
    async stop() {
      stopped = true;
      await looking;
    },
  };
};

const PERIOD_MS = 10_000;

/** Guards the disk of a SQLite file as long as it is in use; gives back how to end that. */
export const guardDisk = (
  file: string,
  prune: HistoryStore['prune'],
  report: (sentence: string) => void,
): (() => Promise<void>) => {
  const size = (): number =>
    [file, `${file}-wal`].reduce(
      (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  const guard = createDiskGuard({ measure: () => spaceOf(dirname(file)), size, prune, report });
  const timer = setInterval(() => void guard.look(), PERIOD_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return guard.stop();
  };
};
