import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { DatabaseServer } from '../support/database-server.ts';
import { startLoad, type Load } from '../support/history-load.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { needsPostgres, startPostgres } from '../support/postgres.ts';
import { smallDisk, type SmallDisk } from '../support/small-disk.ts';

/** `npm run soak`: outages take as long as they say; else as many samples come as in that time, as fast as they can. */
const SOAK = process.env['SOAK'] === '1';
const OUTAGE_S = 600;
const PER_SECOND = 100;

/** What has come in the outage so far was answered; waits until that many samples were. */
const answered = async (load: Load, count: number): Promise<void> => {
  while (load.acked.length < count) await load.line('ack');
};
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const pace = SOAK
  ? { size: 1, everyMs: 1000 / PER_SECOND, count: OUTAGE_S * PER_SECOND }
  : { size: 20, calls: 4, count: OUTAGE_S * PER_SECOND };

describe(`history: PostgreSQL is away for ${OUTAGE_S / 60} minutes of ${PER_SECOND} signals a second`, function () {
  this.timeout(SOAK ? 1_800_000 : 180_000);
  let server: DatabaseServer;
  const { folder: root, remove } = temporaryFolder();
  let made = 0;
  before(async function () {
    needsPostgres(this);
    server = await startPostgres();
  });
  after(async () => {
    await server?.stop();
    remove();
  });

  /** In the order in which the rows were written, which is that of their places in a table that only grows. */
  const rowsOf = async (url: string): Promise<number[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ time: string; value: number }>(
      'SELECT time, value FROM sample ORDER BY ctid',
    );
    await client.end();
    for (const { time, value } of rows) assert.equal(value, Number(time));
    return rows.map(({ time }) => Number(time));
  };
  const start = async (): Promise<{
    url: string;
    folder: string;
    load: (from: number, rest: object) => Load;
  }> => {
    const url = await server.freshUrl();
    const folder = join(root, String(++made));
    const load = (from: number, rest: object): Load =>
      startLoad({ kind: 'postgres', url, folder, from, timeoutMs: 5000, ...rest });
    const first = load(0, { count: 100, size: 10 });
    await first.line('written');
    await first.stop();
    return { url, folder, load };
  };
  const assertDrained = async (load: Load, url: string, expected: readonly number[]): Promise<void> => {
    const { rows, ms } = await load.drained();
    const facts = await load.stop();
    assert.equal(facts.dropped, 0);
    assert.deepEqual(load.lost, []);
    assert.deepEqual(await rowsOf(url), expected);
    const rate = (rows / Math.max(ms, 1)) * 1000;
    console.log(
      `      ${rows} samples drained in ${ms} ms, ${Math.round(rate / PER_SECOND)} times live rate`,
    );
    if (rows > 10_000) assert.ok(rate >= 5 * PER_SECOND, `${rate} a second`);
  };
  const OUTAGE = 100 + OUTAGE_S * PER_SECOND;

  it('killed and started again: nothing lost, order kept', async () => {
    const { url, load } = await start();
    const running = load(100, { ...pace, count: pace.count + 200 });
    await answered(running, 100);
    await server.kill();
    await answered(running, pace.count - 100);
    assert.ok((await running.facts()).outbox > pace.count / 2);
    await server.start();
    await running.line('written');
    await assertDrained(running, url, upTo(0, OUTAGE + 200));
  });

  it('stopped in its tracks, connections open: nothing lost, order kept', async () => {
    const { url, load } = await start();
    const running = load(100, pace);
    await answered(running, 100);
    server.pause();
    await answered(running, pace.count - 100);
    server.resume();
    await running.line('written');
    await assertDrained(running, url, upTo(0, OUTAGE));
  });

  it('and our side is killed meanwhile: nothing that was answered is lost', async () => {
    const { url, load } = await start();
    await server.kill();
    // One call after the other, so that what was under way when it was killed is the next one.
    const before = load(100, { ...pace, ...(SOAK ? {} : { calls: 1, size: 100 }) });
    await answered(before, pace.count / 2);
    await before.kill();
    const last = before.acked.at(-1) ?? 0;
    const from = last + 1000;
    const after = load(from, { ...pace, count: pace.count / 2 });
    await after.line('written');
    await server.start();
    await after.drained();
    const facts = await after.stop();
    assert.equal(facts.dropped, 0);
    const stored = await rowsOf(url);
    assert.deepEqual(
      stored,
      stored.toSorted((a, b) => a - b),
    );
    const known = new Set(stored);
    const promised = [...before.acked, ...after.acked];
    assert.deepEqual(
      promised.filter((number) => !known.has(number)),
      [],
    );
    assert.equal(known.size, stored.length);
    assert.ok(promised.length >= pace.count - 100);
  });

  it('away when the plant starts', async () => {
    const { url, load } = await start();
    await server.kill();
    const running = load(100, { size: 5, count: 200 });
    await running.line('written');
    assert.equal((await running.facts()).connected, false);
    await server.start();
    await assertDrained(running, url, upTo(0, 300));
  });
});

describe('history: somebody else holds the SQLite file', function () {
  this.timeout(SOAK ? 300_000 : 60_000);
  const { folder, remove } = temporaryFolder();
  after(remove);
  const HELD_S = SOAK ? 60 : 6;

  it(`for ${HELD_S} s: answers go on, little waits, and it is drained when the file is free`, async () => {
    const load = startLoad({ folder, size: 5, everyMs: 20, count: (HELD_S + 2) * 250 });
    await answered(load, 50);
    const database = new DatabaseSync(join(folder, 'history.sqlite'), { timeout: 5000 });
    database.exec('BEGIN EXCLUSIVE');
    await delay(HELD_S * 1000);
    const held = await load.facts();
    database.exec('ROLLBACK');
    await load.line('written');
    await load.drained();
    const facts = await load.stop();
    const stored = database
      .prepare('SELECT time FROM sample ORDER BY time')
      .all()
      .map(({ time }) => Number(time));
    database.close();
    assert.deepEqual(stored, upTo(0, (HELD_S + 2) * 250));
    assert.deepEqual(load.lost, []);
    assert.ok(held.outbox > 0);
    assert.ok(facts.mostWaiting <= 50_000);
    const { delayP99Ms, rssGrowthMiB, mostWaiting } = facts;
    console.log(
      `      event loop p99 ${delayP99Ms.toFixed(1)} ms, at most ${mostWaiting} samples waited, ${rssGrowthMiB.toFixed(0)} MiB more`,
    );
    if (SOAK) {
      assert.ok(delayP99Ms <= 100);
      assert.ok(rssGrowthMiB <= 100);
    }
  });
});

describe('history: the locks of SQLite', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('are kept while the file is opened once more and let go, as after errors: else others may delete its log', async () => {
    const open = () => openBackend('', { folder });
    const backend = await open();
    await backend.history.series(['#']);
    const { ino } = statSync(join(folder, 'history.sqlite'));
    const isLocked = (): boolean =>
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .some((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
    assert.ok(isLocked());
    const other = await open();
    assert.ok(isLocked());
    await other.close();
    assert.ok(isLocked());
    await backend.close();
  });
});

describe('history: the outbox at its limit', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('drops the oldest and counts each: dropped + stored = produced, over restarts', async () => {
    const file = join(folder, 'history.sqlite');
    const first = startLoad({ folder, count: 10 });
    await first.line('written');
    await first.stop();
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.exec('BEGIN EXCLUSIVE');
    const limit = { maxBytes: 100_000, segmentBytes: 12_000, limits: { slowMs: 100 } };
    let from = 10;
    let dropped = 0;
    for (const count of [3000, 2000, 4000]) {
      const load = startLoad({ folder, from, count, ...limit, size: 7 });
      await load.line('written');
      assert.equal(load.acked.length, count);
      const facts = await load.stop();
      from += count;
      assert.ok(facts.dropped >= dropped && facts.bytes <= limit.maxBytes);
      assert.equal(facts.dropped + facts.outbox, from - 10);
      dropped = facts.dropped;
    }
    assert.ok(dropped > 1000);
    database.exec('ROLLBACK');
    const last = startLoad({ folder, from, count: 0, ...limit });
    await last.drained();
    assert.equal((await last.stop()).dropped, dropped);
    const stored = database
      .prepare('SELECT time FROM sample ORDER BY time')
      .all()
      .map(({ time }) => Number(time));
    database.close();
    assert.equal(stored.length - 10 + dropped, from - 10);
    assert.deepEqual(stored.slice(10), upTo(10 + dropped, from), 'the oldest are the ones that went');
  });
});

describe('history: a full disk', function () {
  this.timeout(60_000);
  let disk: SmallDisk;
  before(function () {
    disk = smallDisk(this, 8);
  });
  after(() => disk?.remove());

  it('is an error for who writes, not the end; with room again everything goes on', async () => {
    const load = startLoad({
      folder: disk.folder,
      size: 100,
      everyMs: 20,
      count: 1e9,
      limits: { slowMs: 200 },
    });
    await answered(load, 1000);
    disk.fill();
    while (load.lost.length < 20) await load.line('lost');
    assert.match(load.lost.at(-1) ?? '', /outbox: cannot write to .*ENOSPC/);
    const before = load.acked.length;
    disk.empty();
    await answered(load, before + 2000);
    await load.stop();
    const last = startLoad({ folder: disk.folder, from: 1e9, count: 1 });
    await last.line('written');
    await last.drained();
    await last.stop();
    const database = new DatabaseSync(join(disk.folder, 'history.sqlite'));
    const stored = new Set(
      database
        .prepare('SELECT time FROM sample')
        .all()
        .map(({ time }) => Number(time)),
    );
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    database.close();
    assert.deepEqual(
      load.acked.filter((number) => !stored.has(number)),
      [],
    );
  });
});
