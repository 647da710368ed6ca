import assert from 'node:assert/strict';
import { createDiskGuard } from '../../nodes/plant-database/disk-guard.ts';

const TOTAL = 1_000_000_000;
const ROW_BYTES = 100;

/** A disk with a history of so many rows, and so much of others. */
const disk = (rows: number, othersPercent: number) => {
  const world = {
    rows,
    others: (TOTAL * othersPercent) / 100,
    slices: 0,
    fault: '',
    reports: [] as string[],
  };
  const size = (): number => world.rows * ROW_BYTES;
  const guard = createDiskGuard({
    measure: async () => ({ totalBytes: TOTAL, freeBytes: Math.max(0, TOTAL - world.others - size()) }),
    size,
    prune: async (wanted) => {
      if (world.fault !== '') throw new Error(world.fault);
      const gone = Math.min(wanted, world.rows);
      world.rows -= gone;
      world.slices++;
      return gone;
    },
    report: (sentence) => world.reports.push(sentence),
  });
  const percent = (): number => (100 * (world.others + size())) / TOTAL;
  return { world, guard, percent };
};

describe('the disk guard of a history', () => {
  it('gives up nothing below 85 %', async () => {
    const { world, guard } = disk(5_000_000, 34.9);
    await guard.look();
    assert.equal(world.rows, 5_000_000);
    assert.deepEqual(world.reports, []);
  });

  it('prunes from 85 % in slices until 80 %, no further, and says so once', async () => {
    const { world, guard, percent } = disk(5_000_000, 35);
    await guard.look();
    assert.ok(percent() <= 80 && percent() > 79.4, `${percent()}`);
    assert.ok(world.slices >= 10);
    assert.match(world.reports.join(), /^the disk was 85 % full: the \d+ oldest samples were given up$/);
    await guard.look();
    assert.equal(world.reports.length, 1);
  });

  it('spares a history that does not fill the disk', async () => {
    const { world, guard } = disk(400_000, 94);
    for (let look = 0; look < 5; look++) await guard.look();
    assert.equal(world.rows, 400_000);
    assert.deepEqual(world.reports, ['the disk is 98 % full, and not by the history']);
    const large = disk(1_000_000, 88);
    await large.guard.look();
    assert.equal(large.world.rows, 500_000, 'down to 5 % of the disk at most');
  });

  it('tries again when nothing could be deleted, and tells it once', async () => {
    const { world, guard, percent } = disk(5_000_000, 45);
    world.fault = 'database or disk is full';
    for (let look = 0; look < 3; look++) await guard.look();
    assert.deepEqual(world.reports, [
      'the disk is full, and nothing could be given up: database or disk is full',
    ]);
    world.fault = '';
    await guard.look();
    assert.ok(percent() <= 80);
  });

  it('looks once at a time, and ends between two slices', async () => {
    const { world, guard, percent } = disk(5_000_000, 45);
    const looks = [guard.look(), guard.look()];
    await guard.stop();
    await Promise.all(looks);
    assert.ok(world.slices <= 1 && percent() > 94);
    await guard.look();
    assert.ok(world.slices <= 1, 'it has stopped');
  });
});
