import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { Kysely } from 'kysely';
import type { Backend } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { createHousekeeping } from '../../nodes/plant-database/housekeeping.ts';
import type { Tables } from '../../nodes/plant-database/schema.ts';
import { threadDialect } from '../../nodes/plant-database/sqlite-dialect.ts';
import { createLink } from '../../nodes/plant-database/sqlite-link.ts';
import { createTurns } from '../../nodes/lib/turns.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { DAY, sample, seriesOf } from '../support/store-oracle.ts';

const always = { from: 0, to: 9e15 };
const rowsPer = (count: number, start = 0) =>
  Array.from({ length: count }, (_, row) => sample({ timestamp: DAY + (start + row) * 1000, value: row }));
const check = (file: string): unknown => {
  const database = new DatabaseSync(file);
  const [row] = database.prepare('PRAGMA integrity_check').all();
  database.close();
  return row?.['integrity_check'];
};

describe('plant-database: SQLite', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  let file: string;
  let store: Backend;
  let files = 0;
  beforeEach(async () => {
    file = join(folder, `${++files}`, 'own.sqlite');
    store = await openBackend(`sqlite:${file}`, { folder });
  });
  afterEach(() => store.close());

  it('is history.sqlite in the data folder where nothing else is said, a relative path below it', async () => {
    const home = join(folder, 'home');
    for (const [url, name] of [
      ['', 'history.sqlite'],
      ['sqlite:sub/a.sqlite', 'sub/a.sqlite'],
    ] as const) {
      await (await openBackend(url, { folder: home })).close();
      assert.equal(check(join(home, name)), 'ok');
    }
  });

  it('keeps its files from everybody else', async () => {
    await store.history.write([sample()]);
    for (const part of ['', '-wal', '-shm']) assert.equal(statSync(file + part).mode & 0o777, 0o600, part);
  });

  it('has a rejection with its name for a file that is none', async () => {
    const broken = join(folder, 'broken.sqlite');
    writeFileSync(
      broken,
      'this is no database, and longer than a header of one has to be, by all means'.repeat(20),
    );
    await assert.rejects(
      openBackend(`sqlite:${broken}`, { folder }),
      (cause) => cause instanceof Error && cause.message === `database ${broken}: file is not a database`,
    );
    assert.match(readFileSync(broken, 'utf8'), /^this is no database/);
  });

  it('has all that was told as committed after kill -9, each batch whole', async () => {
    const script = join(import.meta.dirname, '..', 'support', 'store-writer.ts');
    const args = ['--disable-warning=ExperimentalWarning', script, `sqlite:${file}`, '50'];
    for (const wanted of [1, 7, 20]) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      let told = -1;
      for await (const line of createInterface(child.stdout)) {
        told = Number(line);
        if (told >= wanted) child.kill('SIGKILL');
      }
      await exited;
      const info = await seriesOf(store, sample().series);
      const { timestamps } = await store.history.raw(info, always, 1e6);
      assert.ok(timestamps.length >= (told + 1) * 50);
      assert.equal(timestamps.length % 50, 0);
      assert.equal((await store.history.statistics(info, always)).count, timestamps.length);
    }
    await store.close();
    assert.equal(check(file), 'ok');
  });

  it('reads while another one writes, and waits its turn to write', async () => {
    await store.history.write(rowsPer(10));
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const writing = store.history.write(rowsPer(10, 10));
    const info = await seriesOf(store, sample().series);
    assert.equal((await store.history.raw(info, always, 100)).timestamps.length, 10);
    other.exec('COMMIT');
    other.close();
    assert.deepEqual(await writing, { stored: 10, duplicates: 0 });
  });

  it('goes on after a batch that the database refused', async () => {
    const other = new DatabaseSync(file);
    other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON sample BEGIN SELECT raise(ABORT, 'refused'); END`);
    await assert.rejects(
      store.history.write([sample({ series: 'new' })]),
      /^Error: database .*own.sqlite: refused$/,
    );
    other.exec('DROP TRIGGER refuse');
    other.close();
    assert.deepEqual(await store.history.write([sample({ series: 'new' })]), { stored: 1, duplicates: 0 });
    assert.equal((await store.history.series(['#'])).length, 1);
  });

  it('is copied as it was at one moment, while many write', async () => {
    await store.history.write(rowsPer(5000));
    const copy = join(folder, 'copy.sqlite');
    let isDone = false;
    const copying = store.backup?.(copy).finally(() => (isDone = true));
    let batch = 0;
    for (; !isDone; batch++) await store.history.write(rowsPer(100, 5000 + batch * 100));
    await copying;
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.equal(check(copy), 'ok');
    const restored = await openBackend(`sqlite:${copy}`, { folder });
    const info = await seriesOf(restored, sample().series);
    const { timestamps } = await restored.history.raw(info, always, 1e6);
    const { count } = await restored.history.statistics(info, always);
    await restored.close();
    assert.ok(timestamps.length >= 5000 && timestamps.length <= 5000 + batch * 100);
    assert.equal(count, timestamps.length);
    assert.equal((timestamps.length - 5000) % 100, 0);
  });

  it('gives the room of what is pruned back to the disk', async () => {
    for (let start = 0; start < 60_000; start += 5000) await store.history.write(rowsPer(5000, start));
    const before = await store.size();
    await store.close();
    store = await openBackend(`sqlite:${file}`, { folder });
    assert.ok((await store.history.prune(50_000)) >= 50_000);
    await store.close();
    const after = statSync(file).size;
    assert.ok(after < before / 2, `${before} bytes before, ${after} after`);
    assert.equal(check(file), 'ok');
    store = await openBackend(`sqlite:${file}`, { folder });
  });

  it('keeps the beginning of a series that a late sample has moved while old ones were deleted', async () => {
    const series = 'late';
    const write = (timestamp: number) =>
      store.history.write([sample({ series, timeline: 'simulated', timestamp })]);
    await write(DAY);
    await write(DAY + 3 * 86_400_000);
    const link = createLink({ file, synchronous: 'NORMAL', role: 'write' });
    const { retain } = createHousekeeping({
      writer: new Kysely<Tables>({ dialect: threadDialect(link, createTurns()) }),
      async all() {
        const found = await store.history.series([series]);
        await write(DAY - 86_400_000);
        return found;
      },
      lock: async () => {},
      reclaim: async () => {},
      now: () => 9e15,
    });
    assert.equal(await retain([{ series: '#', rawDays: 1, minuteDays: 0, hourDays: 0 }]), 2);
    await link.close();
    const [info] = await store.history.series([series]);
    assert.equal(info?.first, DAY - 86_400_000);
  });
});
