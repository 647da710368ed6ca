import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Sample, Written } from '../../nodes/lib/store.ts';
import { sift } from '../../nodes/plant-database/sift.ts';
import { sample } from '../support/store-oracle.ts';

const samples = (count: number): Sample[] =>
  Array.from({ length: count }, (_, timestamp) => sample({ timestamp }));

/** Takes nothing before its call number `from`, and never what is in `poison`. */
const database = (from: number, poison: ReadonlySet<number> = new Set()) => {
  const stored = new Set<number>();
  let calls = 0;
  const write = async (batch: readonly Sample[]): Promise<Written> => {
    if (calls++ < from) throw new Error('attempt to write a readonly database');
    if (batch.some(({ timestamp }) => poison.has(timestamp))) throw new Error('bad value');
    const fresh = batch.filter(({ timestamp }) => !stored.has(timestamp));
    for (const { timestamp } of fresh) stored.add(timestamp);
    return { stored: fresh.length, duplicates: batch.length - fresh.length };
  };
  return { stored, write };
};

describe('sift', () => {
  it('gives up exactly what is refused among others that are stored', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 60 })),
        async (count, bad) => {
          const poison = new Set(bad);
          const { write, stored } = database(0, poison);
          const good = samples(count).filter(({ timestamp }) => !poison.has(timestamp));
          fc.pre(good.length > 0 && good.at(-1)?.timestamp === count - 1);
          const sifted = await sift(write, samples(count)).catch((cause: unknown) => String(cause));
          if (typeof sifted === 'string') return assert.match(sifted, /bad value/);
          assert.equal(sifted.stored, stored.size);
          assert.deepEqual(
            [...stored].toSorted((a, b) => a - b),
            good.map(({ timestamp }) => timestamp),
          );
          assert.equal(sifted.refused.length, count - good.length);
        },
      ),
    ));

  it('gives up nothing of what came while the database could not be written to', async () => {
    let interrupted = 0;
    for (let from = 0; from < 40; from++) {
      const { write, stored } = database(from);
      const sifted = await sift(write, samples(100)).catch(() => undefined);
      if (!sifted) {
        interrupted++; // it is tried again as a whole
        continue;
      }
      assert.deepEqual([sifted.refused, sifted.stored, stored.size], [[], 100, 100], `from call ${from}`);
    }
    assert.ok(interrupted > 0 && interrupted < 40, `${interrupted} of 40`);
  });
});
