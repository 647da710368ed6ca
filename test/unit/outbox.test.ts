import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Sample } from '../../nodes/lib/store.ts';
import { openOutbox, type Outbox, type OutboxOptions } from '../../nodes/plant-database/outbox.ts';
import { temporaryFolder } from '../support/node-flow.ts';

const samples = (from: number, count: number): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    series: 'a/b',
    timeline: 'real',
    timestamp: from + index,
    value: (from + index) / 8,
    quality: 'good',
    source: 'measured',
    unit: 'Cel',
  }));
const times = (some: readonly Sample[] | undefined): number[] =>
  (some ?? []).map(({ timestamp }) => timestamp);
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('outbox', () => {
  const { folder: root, remove } = temporaryFolder();
  let folder = root;
  let made = 0;
  let outbox: Outbox;
  let reports: string[] = [];
  const start = async (options: Partial<OutboxOptions> = {}): Promise<Outbox> => {
    outbox = await openOutbox({ folder, report: (trouble) => reports.push(trouble), ...options });
    return outbox;
  };
  const segmentFiles = (): string[] =>
    readdirSync(folder)
      .filter((name) => name !== 'ledger')
      .toSorted();
  /** Takes everything, as a database that works. */
  const drain = async (limit = 1000): Promise<number[]> => {
    const all: number[] = [];
    for (let portion = await outbox.take(limit); portion; portion = await outbox.take(limit)) {
      all.push(...times(portion.samples));
      await portion.done();
    }
    return all;
  };
  beforeEach(() => {
    folder = join(root, String(++made));
    reports = [];
  });
  afterEach(() => outbox.close());
  after(remove);

  it('gives back what it got, in order, and leaves no file but its ledger', async () => {
    await start();
    await outbox.append(samples(0, 3));
    await outbox.append(samples(3, 2500));
    assert.equal(outbox.facts().rows, 2503);
    const first = await outbox.take(1000);
    assert.deepEqual(first?.samples.slice(0, 3), samples(0, 3));
    first?.back();
    assert.deepEqual(await drain(), upTo(0, 2503));
    assert.deepEqual(outbox.facts(), { rows: 0, bytes: 0, maxBytes: 1e9, dropped: 0 });
    assert.deepEqual(segmentFiles(), []);
    await outbox.append(samples(9, 1));
    assert.deepEqual(await drain(), [9]);
  });

  it('what the database did not take comes again', async () => {
    await start();
    await outbox.append(samples(0, 2));
    (await outbox.take(1000))?.back();
    assert.deepEqual(await drain(), [0, 1]);
  });

  it('keeps what it has and its place over a restart', async () => {
    await start({ segmentBytes: 700 });
    for (let at = 0; at < 100; at += 10) await outbox.append(samples(at, 10));
    assert.ok(segmentFiles().length > 1);
    await (await outbox.take(10))?.done();
    await outbox.close();
    await start({ segmentBytes: 700 });
    assert.equal(outbox.facts().rows, 90);
    await outbox.append(samples(100, 5));
    assert.deepEqual(await drain(20), upTo(10, 105));
    await outbox.close();
    await start();
    assert.equal(await outbox.take(1), undefined);
  });

  it('is private to the user who runs it', async () => {
    await start();
    await outbox.append(samples(0, 1));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of readdirSync(folder))
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  });

  it('cuts off a torn end, wherever it is torn: what is left is what came first', async () => {
    await start();
    for (let at = 0; at < 5; at++) await outbox.append(samples(at, 1));
    await outbox.close();
    const [name = ''] = segmentFiles();
    const whole = readFileSync(join(folder, name));
    const kept: number[] = [];
    for (let length = 0; length <= whole.length; length += length < 20 ? 1 : 7) {
      rmSync(folder, { recursive: true });
      await start();
      writeFileSync(join(folder, name), whole.subarray(0, length));
      await outbox.close();
      await start();
      await outbox.append(samples(100, 1));
      const got = await drain();
      assert.deepEqual(got, [...upTo(0, got.length - 1), 100], `cut at ${length}`);
      kept.push(got.length - 1);
      await outbox.close();
    }
    assert.deepEqual(
      kept,
      kept.toSorted((a, b) => a - b),
    );
    assert.ok(kept.includes(0) && kept.includes(4));
    await start();
  });

  it('garbage behind the last sample is cut off too', async () => {
    await start();
    await outbox.append(samples(0, 2));
    await outbox.close();
    appendFileSync(join(folder, segmentFiles()[0] ?? ''), Buffer.alloc(5000, 0xff));
    await start();
    assert.match(reports.join(), /5000 bytes at the end of .* were not whole/);
    assert.deepEqual(await drain(), [0, 1]);
  });

  it('a closed segment that is damaged is counted as dropped from there on', async () => {
    await start({ segmentBytes: 1000 });
    for (let at = 0; at < 40; at++) await outbox.append(samples(at, 1));
    await outbox.close();
    const [first = ''] = segmentFiles();
    const rows = Number(/-(\d+)\.full/.exec(first)?.[1]);
    truncateSync(join(folder, first), 300);
    await start({ segmentBytes: 1000 });
    const got = await drain();
    const { dropped } = outbox.facts();
    assert.ok(dropped > 0 && dropped < rows);
    assert.equal(got.length + dropped, 40);
    assert.deepEqual(got, [...upTo(0, rows - dropped), ...upTo(rows, 40)]);
    assert.match(reports.join(), /is damaged/);
  });

  it('a file that is not its own is left alone', async () => {
    await start();
    await outbox.close();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await start();
    await outbox.append(samples(0, 1));
    assert.deepEqual(await drain(), [0]);
    assert.ok(existsSync(join(folder, 'notes.txt')));
  });

  it('a ledger that cannot be read costs its place, not a sample', async () => {
    await start();
    await outbox.append(samples(0, 4));
    await outbox.append(samples(4, 4));
    await (await outbox.take(4))?.done();
    await outbox.close();
    writeFileSync(join(folder, 'ledger'), 'no ledger');
    await start();
    assert.deepEqual(await drain(), upTo(0, 8));
  });

  it('what it cannot write is an error with words; later samples are kept again', async () => {
    await start();
    rmSync(folder, { recursive: true });
    await assert.rejects(outbox.append(samples(0, 1)), /^Error: outbox: cannot write to .*: ENOENT/);
    assert.equal(outbox.facts().rows, 0);
    await start();
    await outbox.append(samples(1, 1));
    assert.deepEqual(await drain(), [1]);
  });

  it('what is larger than the outbox is an error', async () => {
    await start({ maxBytes: 1000 });
    await assert.rejects(outbox.append(samples(0, 100)), /bytes do not fit into 1000/);
  });

  it('a full one gives up whole segments, the oldest first, and counts every sample: dropped + stored = produced', () =>
    fc
      .assert(
        fc.asyncProperty(
          fc.array(
            fc.oneof(
              {
                weight: 6,
                arbitrary: fc.record({
                  act: fc.constant('append' as const),
                  count: fc.integer({ min: 1, max: 40 }),
                }),
              },
              {
                weight: 2,
                arbitrary: fc.record({
                  act: fc.constantFrom('store' as const, 'refuse' as const, 'hold' as const),
                  count: fc.constant(20),
                }),
              },
              {
                weight: 1,
                arbitrary: fc.record({ act: fc.constant('restart' as const), count: fc.constant(0) }),
              },
            ),
            { maxLength: 60 },
          ),
          async (acts) => {
            folder = join(root, String(++made));
            const size = { maxBytes: 4000, segmentBytes: 700 };
            await start(size);
            let produced = 0;
            const stored: number[] = [];
            for (const { act, count } of acts)
              if (act === 'append') {
                await outbox.append(samples(produced, count));
                produced += count;
              } else if (act === 'restart') {
                await outbox.close();
                await start(size);
              } else {
                const portion = await outbox.take(count);
                if (act === 'hold') {
                  await outbox.append(samples(produced, 20));
                  produced += 20;
                }
                if (act === 'refuse') portion?.back();
                else if (portion) {
                  stored.push(...times(portion.samples));
                  await portion.done();
                }
              }
            const left = outbox.facts();
            assert.equal(left.dropped + left.rows + stored.length, produced);
            assert.ok(left.bytes <= 4000 + 1400);
            stored.push(...(await drain()));
            assert.deepEqual(
              stored,
              stored.toSorted((a, b) => a - b),
            );
            assert.equal(new Set(stored).size, stored.length);
            assert.equal(outbox.facts().dropped + stored.length, produced);
            await outbox.close();
            rmSync(folder, { recursive: true });
          },
        ),
        { numRuns: 60 },
      )
      .then(() => start()));
});
