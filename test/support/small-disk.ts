import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that a test can fill to the last byte. */
export interface SmallDisk {
  readonly folder: string;
  /** bytes that can be written */
  free(): number;
  /** Writes until nothing fits any more, or until only this many bytes are left. */
  fill(leave?: number): void;
  /** Takes away what `fill` has written. */
  empty(): void;
  remove(): void;
}

const BLOCK = 65_536;
const run = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/**
 * Mounts a tmpfs where that is allowed, else takes /dev/shm where it is small, as in a container. Skips the suite
 * where neither can be had, unless REQUIRE_SYSTEM makes that a failure.
 */
export const smallDisk = (suite: Mocha.Context, megabytes: number): SmallDisk => {
  let folder = mkdtempSync(join(tmpdir(), 'pilot-plant-disk-'));
  const mounted = run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder);
  const remove = (): void => {
    if (mounted && !run('umount', folder)) run('umount', '-l', folder);
    rmSync(folder, { recursive: true, force: true });
  };
  if (!mounted) {
    remove();
    const shared = statfsSync('/dev/shm', { bigint: false });
    if (shared.blocks * shared.bsize > 256 * 1024 * 1024) {
      if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error('no small disk: mount is not permitted');
      suite.skip();
    }
    folder = mkdtempSync('/dev/shm/pilot-plant-disk-');
  }
  const filler = join(folder, 'filler');
  const free = (): number => {
    const { bsize, bavail } = statfsSync(folder);
    return bsize * bavail;
  };
  return {
    folder,
    free,
    fill(leave = 0) {
      const file = openSync(filler, 'a');
      const block = Buffer.alloc(BLOCK, 1);
      try {
        for (let room = free() - leave; room > 0; room = free() - leave)
          writeSync(file, block, 0, Math.min(BLOCK, room));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filler, { force: true }),
    remove,
  };
};
