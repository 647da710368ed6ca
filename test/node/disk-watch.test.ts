import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Space } from '../../nodes/lib/disk.ts';
import { watchDisk, type DiskWatch } from '../../runtime/disk-watch.ts';

const TOTAL = 1_000_000_000;
const BYTES = 3_000_000;

describe('the watch over the disk of the data folder', () => {
  let folder: string;
  let watch: DiskWatch | undefined;
  let free: number;
  let looks: (() => void)[];
  let warnings: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    [free, looks, warnings] = [TOTAL, [], []];
  });
  afterEach(() => {
    watch?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const measure = async (): Promise<Space> => {
    for (const seen of looks.splice(0)) seen();
    if (free < 0) throw new Error('gone');
    return { totalBytes: TOTAL, freeBytes: free };
  };
  /** A look later everything that the one before has brought about is done. */
  const looked = async (): Promise<void> => {
    for (let look = 0; look < 2; look++) await new Promise<void>((resolve) => looks.push(resolve));
  };
  const start = async (): Promise<DiskWatch> => {
    const ballast = { bytes: BYTES, minTotalBytes: TOTAL / 2 };
    watch = await watchDisk(folder, { measure, ballast, warn: (text) => warnings.push(text) });
    return watch;
  };
  const ballast = (): string => join(folder, 'ballast');

  it('lays a ballast of real blocks, for its owner alone, gives it up on a full disk, and lays it again', async () => {
    const { report } = await start();
    await looked();
    const { size, blocks, mode } = statSync(ballast());
    assert.deepEqual([size, mode & 0o777], [BYTES, 0o600]);
    assert.ok(blocks * 512 >= BYTES);
    assert.equal(report().facts['ballastBytes'], BYTES);
    free = 1000;
    await looked();
    assert.equal(existsSync(ballast()), false);
    assert.deepEqual(report().troubles, ['only 0 % of the disk is free']);
    assert.equal(report().facts['degraded'], true);
    free = TOTAL;
    await looked();
    assert.equal(statSync(ballast()).size, BYTES);
    assert.deepEqual(report().troubles, []);
    assert.deepEqual(warnings, [
      `the disk of ${folder} is 99 % full`,
      `the disk of ${folder} has room again`,
    ]);
  });

  it('tells once that the folder cannot be looked at, and goes on', async () => {
    const { report } = await start();
    free = -1;
    await looked();
    await looked();
    assert.deepEqual(report().troubles, ['the data folder cannot be read or written']);
    assert.deepEqual(warnings, ['the data folder cannot be read or written: gone']);
    free = TOTAL;
    await looked();
    assert.deepEqual(report().troubles, []);
  });
});
