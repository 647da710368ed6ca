import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { startLoad } from '../support/history-load.ts';
import { needs } from '../support/mosquitto.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { DAY, sample } from '../support/store-oracle.ts';
import { assertSynced, CALLS, events, traced, traceOf, traceWriter } from '../support/trace.ts';

/** `npm run soak` does the same longer. */
const SOAK = process.env['SOAK'] === '1';
const KILLS = SOAK ? 500 : 30;
const CUTS = SOAK ? 2000 : 200;

/** Holds the file as a program that hangs in a transaction: readers go on, writers wait. */
const holdFile = (file: string): (() => void) => {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec('BEGIN EXCLUSIVE');
  return () => {
    database.exec('ROLLBACK');
    database.close();
  };
};
/** The numbers stored in a file, in the order of their time; of a file without tables none. */
const numbersIn = (file: string): number[] => {
  const database = new DatabaseSync(file);
  try {
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    const tables = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'sample'`).all();
    if (tables.length === 0) return [];
    return database
      .prepare('SELECT time, value FROM sample ORDER BY time')
      .all()
      .map(({ time, value }) => {
        assert.equal(value, time);
        return Number(time);
      });
  } finally {
    database.close();
  }
};
const upTo = (to: number): number[] => Array.from({ length: to }, (_, number) => number);

describe('history: kill -9', function () {
  this.timeout(SOAK ? 1_800_000 : 120_000);
  const { folder, remove } = temporaryFolder();
  after(remove);

  it(`nothing that was answered is lost, nothing is stored twice: ${KILLS} kills under load`, async () => {
    const file = join(folder, 'history.sqlite');
    const promised = new Set<number>();
    let from = 0;
    let most = 0;
    for (let life = 0; life < KILLS; life++) {
      // In every third life somebody else holds the database, so that the outbox answers.
      const letGo = life % 3 === 2 ? holdFile(file) : undefined;
      const load = startLoad({
        folder,
        from,
        size: 40,
        calls: 64,
        limits: letGo ? { slowMs: 50, drainMs: 50 } : {},
      });
      await load.line('ack');
      await delay(150 + Math.random() * 250);
      await load.kill();
      letGo?.();
      for (const number of load.acked) promised.add(number);
      most = load.acked.reduce((a, b) => Math.max(a, b), from);
      from = most + 10_000; // beyond whatever was under way
    }
    const last = startLoad({ folder, from, count: 0 });
    await last.line('written');
    await last.drained();
    assert.deepEqual(last.reports, []);
    await last.stop();
    const stored = numbersIn(file);
    const unique = new Set(stored);
    assert.equal(unique.size, stored.length, 'stored twice');
    const missing = [...promised].filter((number) => !unique.has(number));
    assert.deepEqual(missing.slice(0, 10), []);
    assert.ok(promised.size >= 100_000, `${promised.size} acknowledged`);
    console.log(
      `      ${promised.size} acknowledged, ${stored.length} stored, ${missing.length} lost, 0 twice`,
    );
  });
});

describe('history: an answer means stored', function () {
  this.timeout(60_000);
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('while a commit is held there is no answer', async () => {
    const first = startLoad({ folder, count: 20, size: 1 });
    await first.line('written');
    await first.stop();
    const letGo = holdFile(join(folder, 'history.sqlite'));
    const load = startLoad({ folder, from: 100, size: 5, limits: { slowMs: 60_000 } });
    await load.line('started');
    await delay(1000);
    const early = load.acked.length;
    letGo();
    await load.line('ack');
    await load.stop();
    assert.equal(early, 0);
    assert.ok(load.acked.length > 0);
  });
});

describe('history: power cut', function () {
  this.timeout(SOAK ? 600_000 : 120_000);
  const { folder, remove } = temporaryFolder();
  after(remove);

  it(`the write-ahead log cut at ${CUTS} places: what is left is whole, and is what came first`, async () => {
    const load = startLoad({ folder, size: 100, calls: 1, count: 4000 });
    await load.line('written');
    await load.kill();
    const [file, copy] = [join(folder, 'history.sqlite'), join(folder, 'cut.sqlite')];
    const log = readFileSync(`${file}-wal`);
    const lengths = new Set<number>();
    for (let cut = 0; cut < CUTS; cut++) {
      copyFileSync(file, copy);
      rmSync(`${copy}-shm`, { force: true });
      writeFileSync(
        `${copy}-wal`,
        log.subarray(0, Math.floor((log.length * cut) / CUTS + Math.random() * 4096)),
      );
      const stored = numbersIn(copy);
      assert.deepEqual(stored, upTo(stored.length), `cut ${cut}`);
      lengths.add(stored.length);
      if (cut % (CUTS / 10) !== 0) continue;
      // The plant itself opens it, and can write.
      const backend = await openBackend(`sqlite:${copy}`, { folder });
      assert.deepEqual(
        await backend.history.series(['load/#']).then((all) => all.length),
        stored.length > 0 ? 4 : 0,
      );
      await backend.close();
    }
    assert.ok(lengths.size > 20, `${lengths.size} different ends`);
  });
});

describe('history: what the system is asked for', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  before(function () {
    needs(this, 'strace');
  });
  after(remove);
  let made = 0;
  const start = async (hold: boolean, synchronous: 'NORMAL' | 'FULL', ...trace: readonly string[]) => {
    const own = join(folder, String(++made));
    mkdirSync(own);
    const first = startLoad({ folder: own, count: 1 });
    await first.line('written');
    await first.stop();
    const letGo = hold ? holdFile(join(own, 'history.sqlite')) : (): void => {};
    const log = join(own, 'trace');
    const options = { folder: own, from: 10, count: 3, size: 1, calls: 1, synchronous };
    const load = startLoad({ ...options, ...(hold ? { limits: { slowMs: 200 } } : {}) }, [
      ...traced(log),
      ...trace,
    ]);
    await load.line('written');
    await load.kill();
    letGo();
    return { load, trace: traceOf(log), own };
  };

  it('an answer of the outbox comes after its fdatasync', async () => {
    const { trace } = await start(true, 'NORMAL', '-e', CALLS);
    assertSynced(events(trace, /outbox\/\d+\.open/));
  });

  it('an answer of the database comes after its sync, where power cuts count', async () => {
    const { trace } = await start(false, 'FULL', '-e', CALLS);
    assertSynced(events(trace, /history\.sqlite-wal/));
  });

  it('a document is on the disk when it is answered, wherever samples may wait', async () => {
    const log = join(folder, 'trace');
    await traceWriter('document-writer.ts', folder, log);
    assertSynced(events(traceOf(log), /history\.sqlite-wal/));
  });

  it('samples that nobody follows are on the disk some seconds later', async () => {
    const own = join(folder, 'alone');
    mkdirSync(own);
    const log = join(own, 'trace');
    const load = startLoad({ folder: own, count: 3, size: 1, calls: 1 }, [...traced(log), '-e', CALLS]);
    await load.line('written');
    const seen = (): string[] => events(traceOf(log), /history\.sqlite-wal/);
    assert.equal(seen().at(-1), 'answer', 'no answer has waited for the disk');
    while (seen().at(-1) !== 'sync') await delay(100);
    await load.stop();
  });

  it('that they cannot be brought there is told with the next ones', async () => {
    const file = join(folder, 'torn.sqlite');
    const backend = await openBackend(`sqlite:${file}`, { folder });
    let number = 0;
    const write = () => backend.history.write([sample({ timestamp: DAY + number++ })]);
    await write();
    rmSync(`${file}-wal`);
    const failed = async (): Promise<string> => {
      for (;;)
        try {
          await write();
          await delay(100);
        } catch (cause) {
          return String(cause);
        }
    };
    assert.match(await failed(), /torn\.sqlite: disk I\/O error: ENOENT/);
    assert.deepEqual(await write(), { stored: 1, duplicates: 0 }, 'once');
    await backend.close();
  });

  for (const [name, error] of [
    ['a disk that cannot sync', 'inject=fdatasync,fsync:error=EIO'],
    ['a disk that cannot write', 'inject=pwrite64:error=EIO'],
  ] as const)
    it(`${name} is an error, never an answer`, async () => {
      const { load, own } = await start(true, 'NORMAL', '-e', CALLS, '-e', error);
      assert.deepEqual(load.acked, []);
      assert.equal(load.lost.length, 3);
      for (const line of load.lost) assert.match(line, /outbox: .*EIO/);
      assert.ok(existsSync(join(own, 'outbox')));
      const last = startLoad({ folder: own, from: 100, count: 1 });
      await last.line('written');
      await last.drained();
      await last.stop();
      assert.equal(numbersIn(join(own, 'history.sqlite')).at(-1), 100, 'and it works again');
    });
});
