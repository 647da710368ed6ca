import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ballastRules,
  ballastStep,
  levelOf,
  usedPercent,
  type BallastRules,
  type DiskLevel,
  type Space,
} from '../nodes/lib/disk.ts';
import { spaceOf } from '../nodes/lib/disk-space.ts';
import type { Report } from '../nodes/lib/health.ts';

/** There only to be given up when the disk is full; no part of a backup. */
export const BALLAST = 'ballast';
const PERIOD_MS = 1000;
const MB = 1_000_000;

export interface DiskWatch {
  readonly report: () => Report;
  readonly stop: () => void;
}

/** Replaced in tests only. */
export interface DiskWatchOptions {
  readonly measure?: (folder: string) => Promise<Space>;
  readonly ballast?: BallastRules;
  readonly warn: (text: string) => void;
}

/** Real blocks, since a hole in a file takes no room; and what does not fit whole is taken away again. */
const layBallast = async (path: string, bytes: number): Promise<void> => {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    const block = randomBytes(MB);
    for (let left = bytes; left > 0; left -= block.length)
      await file.writeFile(block.subarray(0, Math.min(left, block.length)));
    await file.sync();
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause;
  } finally {
    await file.close();
  }
  await rename(draft, path);
};

/** Gives up the ballast before a start where nothing else could be written. */
export const makeRoom = (folder: string): void => {
  const path = join(folder, BALLAST);
  if (!existsSync(path)) return;
  const { bsize, bavail } = statfsSync(folder);
  if (ballastStep(ballastRules, true, { totalBytes: 0, freeBytes: bsize * bavail }) === 'drop')
    rmSync(path, { force: true });
};

/** Looks at the disk of the data folder once a second, and keeps the ballast there. */
export const watchDisk = async (
  folder: string,
  { measure = spaceOf, ballast = ballastRules, warn }: DiskWatchOptions,
): Promise<DiskWatch> => {
  const path = join(folder, BALLAST);
  let level: DiskLevel = 'roomy';
  let space: Space = { totalBytes: 0, freeBytes: 0 };
  let fault: string | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const measured = async (): Promise<void> => {
    space = await measure(folder);
    fault = undefined;
    const before = level;
    level = levelOf(before, space);
    if (level === before || (level !== 'full' && before !== 'full')) return;
    const used = Math.floor(usedPercent(space));
    warn(
      level === 'full' ? `the disk of ${folder} is ${used} % full` : `the disk of ${folder} has room again`,
    );
  };
  const kept = async (): Promise<void> => {
    const step = ballastStep(ballast, statSync(path, { throwIfNoEntry: false }) !== undefined, space);
    if (step === 'drop') await rm(path, { force: true });
    if (step === 'lay') await layBallast(path, ballast.bytes);
  };
  const attempt = async (...steps: readonly (() => Promise<void>)[]): Promise<void> => {
    try {
      for (const step of steps) await step();
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      if (text !== fault) warn(`the data folder cannot be read or written: ${text}`);
      fault = text;
    }
  };
  const round = (): void => {
    timer = setTimeout(() => {
      void attempt(measured, kept).then(() => {
        if (!stopped) round();
      });
    }, PERIOD_MS);
    timer.unref();
  };
  // A start waits for no ballast.
  await attempt(measured);
  round();
  return {
    report() {
      const used = Math.round(10 * usedPercent(space)) / 10;
      const troubles = [];
      if (level === 'full') troubles.push(`only ${Math.round(10 * (100 - used)) / 10} % of the disk is free`);
      if (fault !== undefined) troubles.push('the data folder cannot be read or written');
      return {
        troubles,
        facts: {
          usedPercent: used,
          freeBytes: space.freeBytes,
          totalBytes: space.totalBytes,
          degraded: level === 'full',
          ballastBytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
        },
      };
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
