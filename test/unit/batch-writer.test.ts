import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Sample, Written } from '../../nodes/lib/store.ts';
import { createWriter, limits, type Limits, type Writer } from '../../nodes/plant-database/batch-writer.ts';
import type { Outbox } from '../../nodes/plant-database/outbox.ts';
import { fakeHost, type FakeHost } from '../support/fake-host.ts';

const samples = (from: number, count: number): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    series: 'a/b',
    timeline: 'real',
    timestamp: from + index,
    value: 1,
    quality: 'good',
    source: 'measured',
    unit: '',
  }));
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** A database that does what the test says, and remembers in which order it first stored what. */
const fakeDatabase = () => {
  const stored: number[] = [];
  const known = new Set<number>();
  const commits: number[] = [];
  const held: (() => void)[] = [];
  let running = 0;
  const store = (batch: readonly Sample[]): Written => {
    const fresh = batch.filter(({ timestamp }) => !known.has(timestamp));
    for (const { timestamp } of fresh) {
      known.add(timestamp);
      stored.push(timestamp);
    }
    commits.push(batch.length);
    return { stored: fresh.length, duplicates: batch.length - fresh.length };
  };
  const database = {
    stored,
    commits,
    /** up: commits at once; away: refuses connections; held: answers when it is let go */
    mode: 'up' as 'up' | 'away' | 'held',
    poison: new Set<number>(),
    /** the most writes that ran at the same time */
    most: 0,
    letGo(): void {
      for (const go of held.splice(0)) go();
    },
    write: async (batch: readonly Sample[]): Promise<Written> => {
      running++;
      database.most = Math.max(database.most, running);
      try {
        if (database.mode === 'held') await new Promise<void>((resolve) => held.push(resolve));
        if (database.mode === 'away') throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
        if (batch.some(({ timestamp }) => database.poison.has(timestamp))) throw new Error('bad value');
        return store(batch);
      } finally {
        running--;
      }
    },
  };
  return database;
};

/** An outbox in memory, on a disk that may be full. */
const fakeOutbox = () => {
  const kept: (readonly Sample[])[] = [];
  let dropped = 0;
  const outbox: Omit<Outbox, 'limit'> & { kept: typeof kept; full: boolean; appends: number } = {
    kept,
    full: false,
    appends: 0,
    append: async (some) => {
      if (outbox.full) throw new Error('outbox: cannot write: ENOSPC');
      outbox.appends++;
      kept.push(some);
    },
    take: async (limit) => {
      let [count, rows] = [0, 0];
      while (count < kept.length && (rows === 0 || rows + (kept[count]?.length ?? 0) <= limit))
        rows += kept[count++]?.length ?? 0;
      if (count === 0) return undefined;
      return {
        samples: kept.slice(0, count).flat(),
        done: async (refused = 0) => {
          kept.splice(0, count);
          dropped += refused;
        },
        back() {},
      };
    },
    facts: () => ({ rows: kept.flat().length, bytes: 0, maxBytes: 1, dropped }),
    close: async () => {},
  };
  return outbox;
};

interface Bench {
  readonly writer: Writer;
  readonly database: ReturnType<typeof fakeDatabase>;
  readonly outbox: ReturnType<typeof fakeOutbox>;
  readonly host: FakeHost;
  readonly reports: string[];
  readonly renewals: () => number;
  open: boolean;
  /** Writes and remembers how it went: `stored`, or what was wrong. */
  readonly write: (from: number, count?: number) => { answer: string | undefined };
  /** Time passes in small steps; answers arrive in between. */
  readonly pass: (ms: number, step?: number) => Promise<void>;
}
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 4; turns++) await turn();
};
const bench = (change: Partial<Limits> = {}): Bench => {
  const [database, outbox, host] = [fakeDatabase(), fakeOutbox(), fakeHost()];
  const reports: string[] = [];
  let renewals = 0;
  const writer = createWriter({
    name: 'plant',
    history: () => (self.open ? database : undefined),
    outbox,
    host,
    retry: { firstMs: 1000, maxMs: 5000 },
    chance: () => 0.5,
    limits: { ...limits, ...change },
    renew: () => renewals++,
    report: (sentence) => reports.push(sentence),
  });
  const self: Bench = {
    writer,
    database,
    outbox,
    host,
    reports,
    renewals: () => renewals,
    open: true,
    write(from, count = 1) {
      const result: { answer: string | undefined } = { answer: undefined };
      writer.write(samples(from, count)).then(
        () => (result.answer = 'stored'),
        (cause: unknown) => (result.answer = String(cause)),
      );
      return result;
    },
    async pass(ms, step = 10) {
      for (let left = ms; left > 0; left -= step) {
        host.elapse(Math.min(step, left));
        await settle();
      }
    },
  };
  return self;
};

describe('batch writer: while the database is there', () => {
  it('what comes within 20 ms is one transaction, and is answered after it', async () => {
    const { write, pass, database, outbox } = bench();
    const answers = [write(0), write(1, 3), write(4)];
    await pass(19, 19);
    assert.deepEqual(database.commits, []);
    await pass(1);
    assert.deepEqual(database.commits, [5]);
    assert.deepEqual(answers, Array(3).fill({ answer: 'stored' }));
    assert.equal(outbox.appends, 0);
  });

  it('a thousand do not wait', async () => {
    const { write, database } = bench();
    write(0, 999);
    write(999);
    await settle();
    assert.deepEqual(database.commits, [1000]);
  });

  it('a large call is several transactions and one answer', async () => {
    const { write, pass, database } = bench();
    database.mode = 'held';
    const large = write(0, 2500);
    const small = write(2500);
    for (let commit = 1; commit <= 3; commit++) {
      assert.equal(large.answer, undefined);
      await pass(20);
      database.letGo();
      await settle();
    }
    assert.deepEqual(database.commits, [1000, 1000, 501]);
    assert.deepEqual([large.answer, small.answer], ['stored', 'stored']);
    assert.deepEqual(database.stored, upTo(0, 2501));
  });

  it('one transaction at a time, and no answer before its commit', async () => {
    const { write, pass, database } = bench();
    database.mode = 'held';
    const first = write(0, 1000);
    const second = write(1000, 1000);
    await pass(500);
    assert.deepEqual([first.answer, second.answer, database.most], [undefined, undefined, 1]);
    database.letGo();
    await settle();
    assert.deepEqual([first.answer, second.answer], ['stored', undefined]);
    database.letGo();
    await settle();
    assert.equal(second.answer, 'stored');
  });

  it('nothing is nothing', async () => {
    const { writer, host } = bench();
    await writer.write([]);
    assert.equal(host.timers(), 0);
  });
});

describe('batch writer: when the database goes away', () => {
  it('everything goes to the outbox, in order, and from there to the database once it is back', async () => {
    const { write, pass, database, outbox, reports, writer } = bench();
    database.mode = 'away';
    const answers = [];
    for (let at = 0; at < 50; at++) {
      answers.push(write(at));
      await pass(100);
    }
    assert.ok(answers.slice(0, 49).every(({ answer }) => answer === 'stored'));
    assert.deepEqual(
      outbox.kept.flat().map(({ timestamp }) => timestamp),
      upTo(0, 50),
    );
    assert.equal(writer.facts().trouble, 'plant did not take samples: connect');
    database.mode = 'up';
    await pass(5000);
    assert.deepEqual(database.stored, upTo(0, 50));
    assert.deepEqual(outbox.kept, []);
    assert.equal(writer.facts().awaySince, undefined);
    assert.deepEqual(reports, [
      'plant did not take samples: connect; samples go to the outbox',
      'plant takes samples again',
    ]);
    write(50);
    await pass(20);
    assert.equal(outbox.appends, 50, 'the last one went to the database itself');
    assert.deepEqual(database.stored, upTo(0, 51));
  });

  it('it is asked again after 1 s, doubling to the longest wait, and replaced when it keeps failing', async () => {
    const { write, pass, database, renewals } = bench();
    let tries = 0;
    const real = database.write;
    database.write = (batch) => {
      tries++;
      return real(batch);
    };
    database.mode = 'away';
    write(0);
    const seen: number[] = [];
    for (let second = 0; second < 31; second++) {
      await pass(1000);
      seen.push(tries);
    }
    assert.deepEqual(seen.slice(0, 9), [1, 2, 2, 3, 3, 3, 3, 4, 4]);
    assert.equal(tries, 8);
    assert.equal(renewals(), 1);
  });

  it('a commit that takes too long: the outbox answers, and the late commit is no harm', async () => {
    const { write, pass, database, outbox, reports } = bench();
    database.mode = 'held';
    const first = write(0, 2);
    await pass(1000);
    const second = write(2);
    await pass(900);
    assert.deepEqual([first.answer, second.answer], [undefined, undefined]);
    await pass(140);
    assert.deepEqual([first.answer, second.answer], ['stored', 'stored']);
    assert.deepEqual(
      outbox.kept.map((some) => some.length),
      [2, 1],
    );
    assert.match(reports.join(), /plant has not answered for 2 s; samples go to the outbox/);
    database.mode = 'up';
    database.letGo();
    await pass(100);
    assert.deepEqual(database.stored, [0, 1, 2]);
    assert.equal(database.most, 1);
    assert.deepEqual(outbox.kept, []);
  });

  it('one that never answers is given up after a minute, and the connection replaced', async () => {
    const { write, pass, database, renewals } = bench();
    database.mode = 'held';
    write(0);
    await pass(59_000, 500);
    assert.equal(renewals(), 0);
    await pass(1500, 500);
    assert.equal(renewals(), 1);
    database.mode = 'up';
    await pass(2000);
    assert.deepEqual(database.stored, [0]);
    database.letGo();
    await pass(100);
    assert.deepEqual(database.stored, [0]);
  });

  it('while it catches up, who waits for each answer waits: the outbox does not grow faster than it is drained', async () => {
    const { write, pass, database, outbox } = bench();
    database.mode = 'away';
    for (let at = 0; at < 20_000; at += 1000) {
      write(at, 1000);
      await pass(20);
    }
    database.mode = 'held';
    await pass(5000, 100);
    const appends = outbox.appends;
    database.mode = 'held';
    let at = 20_000;
    let client = write(at, 100);
    // A transaction takes 50 ms from now on.
    for (let ms = 0; ms < 3000; ms += 50) {
      await pass(50);
      database.letGo();
      await settle();
      if (client.answer !== undefined) {
        assert.equal(client.answer, 'stored');
        client = write((at += 100), 100);
      }
    }
    assert.ok(outbox.appends - appends <= 3, `${outbox.appends - appends} appends`);
    assert.deepEqual(outbox.kept, []);
    assert.deepEqual(database.stored, upTo(0, database.stored.length));
    assert.ok(database.stored.length >= 20_000);
  });

  it('not there at the start: samples wait a moment, then go to the outbox', async () => {
    const setup = bench();
    const { write, pass, database, outbox, writer } = setup;
    setup.open = false;
    const early = write(0);
    await pass(1500, 100);
    assert.equal(early.answer, undefined);
    writer.away('plant cannot be opened: no');
    await pass(20);
    assert.equal(early.answer, 'stored');
    const later = write(1);
    await pass(20);
    assert.equal(later.answer, 'stored');
    assert.equal(outbox.appends, 2);
    setup.open = true;
    writer.wake();
    await pass(20);
    assert.deepEqual(database.stored, [0, 1]);
    assert.equal(writer.facts().awaySince, undefined);
  });
});

describe('batch writer: when nothing takes samples', () => {
  it('both away: an error that names both, and later ones are kept again', async () => {
    const { write, pass, database, outbox } = bench();
    database.mode = 'away';
    outbox.full = true;
    const lost = write(0);
    await pass(40);
    assert.equal(lost.answer, 'Error: plant did not take samples: connect; outbox: cannot write: ENOSPC');
    outbox.full = false;
    const kept = write(1);
    await pass(40);
    assert.equal(kept.answer, 'stored');
    database.mode = 'up';
    await pass(5000);
    assert.deepEqual(database.stored, [1]);
  });

  it('the outbox full and the database back: samples go to the database', async () => {
    const { write, pass, database, outbox } = bench();
    database.mode = 'away';
    outbox.full = true;
    write(0);
    await pass(40);
    database.mode = 'up';
    await pass(2000);
    const stored = write(1);
    await pass(40);
    assert.equal(stored.answer, 'stored');
    assert.deepEqual(database.stored, [1]);
  });

  it('no more waits in memory than may', async () => {
    const { write, pass, database, outbox, writer } = bench({ maxRows: 5000 });
    database.mode = 'held';
    outbox.append = () => new Promise(() => {}); // a disk that hangs
    const answers = [];
    for (let at = 0; at < 8000; at += 500) answers.push(write(at, 500));
    await pass(100);
    assert.equal(writer.facts().waiting, 5000);
    assert.deepEqual(
      answers.map(({ answer }) => answer !== undefined),
      [...Array(10).fill(false), ...Array(6).fill(true)],
    );
    assert.equal(answers[15]?.answer, 'Error: plant is slow; 5000 samples wait already, 500 more cannot');
  });

  it('nor more bytes, however few the samples', async () => {
    const { pass, database, outbox, writer } = bench({ maxBytes: 100_000 });
    database.mode = 'held';
    outbox.append = () => new Promise(() => {});
    const refused: string[] = [];
    for (let at = 0; at < 100; at++)
      writer
        .write(samples(at, 1).map((sample) => ({ ...sample, value: 'x'.repeat(1000) })))
        .catch((cause: unknown) => refused.push(String(cause)));
    await pass(100);
    assert.equal(writer.facts().waiting, 46, 'of 2200 bytes each');
    assert.equal(refused.length, 54);
    assert.equal(refused[0], 'Error: plant is slow; 46 samples wait already, 1 more cannot');
  });

  it('half of it is enough to use the outbox', async () => {
    const { write, pass, database, outbox } = bench({ maxRows: 5000 });
    database.mode = 'held';
    const answers = [0, 1000, 2000, 3000].map((at) => write(at, 1000));
    await pass(20);
    assert.ok(outbox.appends > 0);
    assert.equal(answers[0]?.answer, undefined, 'the first is under way');
    assert.equal(answers[1]?.answer, 'stored');
    database.mode = 'up';
    database.letGo();
    await pass(1000);
    assert.deepEqual(database.stored, upTo(0, 4000));
  });
});

describe('batch writer: a sample that the database refuses', () => {
  it('is given up and counted, and stops nobody', async () => {
    const { write, pass, database, outbox, reports } = bench();
    database.poison.add(7).add(8);
    for (let at = 0; at < 20; at++) {
      write(at);
      await pass(10);
    }
    await pass(10_000, 50);
    for (let at = 20; at < 30; at++) write(at);
    await pass(10_000, 50);
    assert.deepEqual(
      database.stored.toSorted((a, b) => a - b),
      upTo(0, 30).filter((at) => at !== 7 && at !== 8),
    );
    assert.deepEqual(outbox.kept, []);
    assert.equal(outbox.facts().dropped, 2);
    assert.ok(reports.includes('plant refuses a/b of 7 for ever: bad value'));
  });

  it('a database that refuses everything has judged none', async () => {
    const { write, pass, database, outbox } = bench();
    database.write = () => Promise.reject(new Error('the table is full'));
    write(0, 100);
    await pass(60_000, 100);
    assert.equal(outbox.facts().dropped, 0);
    assert.equal(outbox.facts().rows, 100);
  });
});

describe('batch writer: closing', () => {
  it('what waits is committed first', async () => {
    const { write, writer, database } = bench();
    const last = write(0, 3);
    await writer.close();
    assert.deepEqual([last.answer, database.stored], ['stored', [0, 1, 2]]);
    await assert.rejects(writer.write(samples(3, 1)), { message: 'plant is closed' });
  });

  it('or in the outbox, where the database does not answer', async () => {
    const { write, writer, database, outbox, pass } = bench();
    database.mode = 'held';
    const answers = [write(0, 1000), write(1000)];
    const closed = writer.close();
    await pass(2100);
    await closed;
    assert.deepEqual(
      answers.map(({ answer }) => answer),
      ['stored', 'stored'],
    );
    assert.deepEqual(
      outbox.kept
        .flat()
        .map(({ timestamp }) => timestamp)
        .toSorted((a, b) => a - b),
      upTo(0, 1001),
    );
  });
});

describe('batch writer: whatever happens', () => {
  it('what was answered with stored is in the database in the end, once, in the order in which it came', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            {
              weight: 5,
              arbitrary: fc.record({
                act: fc.constant('write' as const),
                value: fc.integer({ min: 1, max: 1500 }),
              }),
            },
            {
              weight: 3,
              arbitrary: fc.record({
                act: fc.constant('pass' as const),
                value: fc.integer({ min: 1, max: 3000 }),
              }),
            },
            {
              weight: 2,
              arbitrary: fc.record({
                act: fc.constantFrom('up' as const, 'away' as const, 'held' as const, 'letGo' as const),
                value: fc.constant(0),
              }),
            },
            {
              weight: 1,
              arbitrary: fc.record({
                act: fc.constantFrom('full' as const, 'room' as const),
                value: fc.constant(0),
              }),
            },
          ),
          { maxLength: 40 },
        ),
        async (acts) => {
          const { write, pass, database, outbox, writer } = bench();
          const calls: { from: number; count: number; result: { answer: string | undefined } }[] = [];
          let at = 0;
          for (const { act, value } of acts)
            if (act === 'write') {
              calls.push({ from: at, count: value, result: write(at, value) });
              at += value;
            } else if (act === 'pass') await pass(value, 200);
            else if (act === 'letGo') database.letGo();
            else if (act === 'full' || act === 'room') outbox.full = act === 'full';
            else database.mode = act;
          outbox.full = false;
          database.mode = 'up';
          database.letGo();
          await pass(12_000, 200);
          const stored = new Set(database.stored);
          for (const { from, count, result } of calls) {
            assert.ok(result.answer !== undefined);
            if (result.answer === 'stored')
              for (const time of upTo(from, from + count)) assert.ok(stored.has(time));
          }
          const isAllAnswered = calls.every(({ result }) => result.answer === 'stored');
          if (isAllAnswered) assert.deepEqual(database.stored, upTo(0, at));
          assert.equal(database.stored.length, stored.size);
          assert.equal(writer.facts().waiting, 0);
          assert.equal(outbox.facts().rows, 0);
        },
      ),
      { numRuns: 150 },
    ));
});
