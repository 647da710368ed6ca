import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ballastRules,
  ballastStep,
  excessBytes,
  levelOf,
  usedPercent,
  type DiskLevel,
  type Space,
} from '../../nodes/lib/disk.ts';

const GB = 1_000_000_000;
const used = (percent: number, totalBytes = 100 * GB): Space => ({
  totalBytes,
  freeBytes: Math.round((totalBytes * (100 - percent)) / 100),
});

describe('disk', () => {
  it('goes from roomy to filling to full, and back a little later', () => {
    let level: DiskLevel = 'roomy';
    const steps: [number, DiskLevel][] = [
      [10, 'roomy'],
      [84.9, 'roomy'],
      [85, 'filling'],
      [84, 'filling'],
      [94.9, 'filling'],
      [95, 'full'],
      [94, 'full'],
      [92.9, 'filling'],
      [80, 'filling'],
      [79.9, 'roomy'],
      [100, 'full'],
      [0, 'roomy'],
    ];
    for (const [percent, expected] of steps) {
      level = levelOf(level, used(percent));
      assert.equal(level, expected, `${percent} %`);
    }
  });

  it('is degraded below 5 % free, whatever it was before', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<DiskLevel>('roomy', 'filling', 'full'),
        fc.integer({ min: 1, max: 1e15 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (before, totalBytes, part) => {
          const freeBytes = Math.floor(totalBytes * part);
          const space = { totalBytes, freeBytes };
          // Of a disk of a few bytes the whole ones are another part.
          const share = freeBytes / totalBytes;
          const level = levelOf(before, space);
          if (share < 0.05 - 1e-9) assert.equal(level, 'full');
          if (share > 0.2 + 1e-9) assert.equal(level, 'roomy');
          assert.equal(levelOf(level, space), level, 'a level that is reached stays');
        },
      ),
    );
  });

  it('that tells no size is roomy', () => {
    assert.equal(usedPercent({ totalBytes: 0, freeBytes: 0 }), 0);
    assert.equal(levelOf('roomy', { totalBytes: 0, freeBytes: 0 }), 'roomy');
  });

  it('is roomy again once the excess has gone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1e13 }),
        fc.integer({ min: 0, max: 100 }),
        (total, percent) => {
          const space = used(percent, total);
          const excess = excessBytes(space);
          const after = { ...space, freeBytes: space.freeBytes + excess + total * 1e-6 };
          assert.equal(levelOf('full', after), 'roomy');
          if (percent < 79) assert.equal(excess, 0);
        },
      ),
    );
  });

  describe('ballast', () => {
    const total = 10 * GB;
    const cases: [string, boolean, Space, 'drop' | 'lay' | undefined][] = [
      ['is laid where there is room', false, used(10, total), 'lay'],
      ['is not laid on a disk that is filling', false, used(82, total), undefined],
      ['stays while anything can be written', true, { totalBytes: total, freeBytes: 5_000_000 }, undefined],
      ['is dropped when nothing can be written', true, { totalBytes: total, freeBytes: 3_000_000 }, 'drop'],
      [
        'that was dropped is not laid in the room it made',
        false,
        { totalBytes: total, freeBytes: 19e6 },
        undefined,
      ],
      ['has no place on a small disk', false, used(1, 199_000_000), undefined],
    ];
    for (const [name, there, space, step] of cases)
      it(name, () => assert.equal(ballastStep(ballastRules, there, space), step));

    it('is never laid where that would make the disk fill, so it is not dropped again at once', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1e12 }), fc.nat(100), (totalBytes, percent) => {
          const space = used(percent, totalBytes);
          if (ballastStep(ballastRules, false, space) !== 'lay') return;
          const after = { ...space, freeBytes: space.freeBytes - ballastRules.bytes };
          assert.equal(ballastStep(ballastRules, true, after), undefined);
          assert.equal(levelOf('roomy', after), 'roomy');
        }),
      );
    });
  });
});
