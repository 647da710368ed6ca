import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SCHEMA_VERSION } from '../../nodes/plant-database/schema.ts';
import type { Backend, Range, Sample } from '../../nodes/lib/store.ts';
import {
  asBuckets,
  assertBuckets,
  assertMean,
  batches,
  DAY,
  HOUR,
  kept,
  MINUTE,
  sample,
  seriesOf,
  summary,
} from './store-oracle.ts';

/** A database that the suite may do with as it likes. */
export interface StoreHost {
  /** the URL of a new and empty database */
  fresh(): Promise<string>;
  /** a connection of its own, as a process has it */
  open(url: string): Promise<Backend>;
  /** any SQL, past the store */
  execute(url: string, sql: string): Promise<void>;
}

const RUNS = { numRuns: 12 };
/** Of zeros there is one only. */
const zeroed = <T>(value: T): T => (value === 0 ? (0 as T) : value);
const always: Range = { from: -9e15, to: 9e15 };

/** What every back-end does alike. `host` is asked once the suite runs. */
export const storeSuite = (host: () => StoreHost): void => {
  let url: string;
  let store: Backend;
  let names = 0;
  /** a series that no other case has */
  const unused = (): string => `case/${++names}`;
  const write = (...samples: readonly Partial<Sample>[]) => store.history.write(samples.map(sample));
  const rawOf = async (series: string, timeline?: Sample['timeline']) =>
    store.history.raw(await seriesOf(store, series, timeline), always, 1e6);

  before(async () => {
    url = await host().fresh();
    store = await host().open(url);
  });
  after(() => store.close());

  describe('what is written', () => {
    it('is there once, however often it is sent, inside a batch and in later ones', async () => {
      const series = unused();
      const first = await write({ series }, { series, value: 99 }, { series, timestamp: DAY + 1 });
      assert.deepEqual(first, { stored: 2, duplicates: 1 });
      const again = await write({ series, value: 99 }, { series, timestamp: DAY + 2 });
      assert.deepEqual(again, { stored: 1, duplicates: 1 });
      const { timestamps, values } = await rawOf(series);
      assert.deepEqual(
        [timestamps, values],
        [
          [DAY, DAY + 1, DAY + 2],
          [25, 25, 25],
        ],
      );
    });

    it('stands at its own time, also late and in disorder', async () => {
      const series = unused();
      for (const offset of [5, -1, 3, -HOUR, 0])
        await write({ series, timestamp: DAY + offset, value: offset });
      assert.deepEqual((await rawOf(series)).values, [-HOUR, -1, 0, 3, 5]);
      const { first, last } = await seriesOf(store, series);
      assert.deepEqual([first, last], [DAY - HOUR, DAY + 5]);
    });

    it('keeps both timelines apart', async () => {
      const series = unused();
      await write({ series, value: 1 }, { series, value: 2, timeline: 'simulated', source: 'simulated' });
      assert.deepEqual((await rawOf(series, 'real')).values, [1]);
      assert.deepEqual((await rawOf(series, 'simulated')).values, [2]);
      assert.deepEqual(
        (await store.history.series([series])).map(({ timeline, source }) => [timeline, source]),
        [
          ['real', 'measured'],
          ['simulated', 'simulated'],
        ],
      );
    });

    it('comes back as the value it was, with its quality', async () => {
      const series = unused();
      const values = [1.5, null, true, false, 'growing', '', 'true', -0.1, 1e-300, 2 ** 53];
      await write(...values.map((value, index) => ({ series, value, timestamp: DAY + index })));
      await write({ series, timestamp: DAY + 100, quality: 'uncertain' });
      await write({ series, timestamp: DAY + 101, quality: 'bad', value: null });
      const rows = await rawOf(series);
      assert.deepEqual(rows.values, [...values, 25, null]);
      assert.deepEqual(rows.qualities, [...values.map(() => 'good'), 'uncertain', 'bad']);
    });

    it('keeps any number to the last digit', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }),
          async (values) => {
            const series = unused();
            await write(...values.map((value, index) => ({ series, value, timestamp: DAY + index })));
            // Of zeros there is one only.
            assert.deepEqual((await rawOf(series)).values, values.map(zeroed));
          },
        ),
        RUNS,
      );
    });

    it('keeps unit and source of each sample', async () => {
      const series = unused();
      await write({ series, unit: '', source: 'manual' }, { series, timestamp: DAY + 1, unit: 'K' });
      await write({ series, timestamp: DAY - 1, unit: 'old', source: 'simulated' });
      const info = await seriesOf(store, series);
      assert.deepEqual([info.unit, info.source], ['K', 'measured']);
      const told: unknown[] = [];
      for (const at of [DAY - 2, DAY - 1, DAY, DAY + 50, undefined]) {
        const one = await store.history.last(info, at);
        told.push(one && [one.timestamp - DAY, one.unit, one.source]);
      }
      const newest = [1, 'K', 'measured'];
      assert.deepEqual(told, [undefined, [-1, 'old', 'simulated'], [0, '', 'manual'], newest, newest]);
    });

    it('tells what kind of values a series has: the one that can be charted', async () => {
      const cases: [Sample['value'][], string][] = [
        [[null], 'number'],
        [[null, 'a'], 'text'],
        [[true, null], 'boolean'],
        [['a', true], 'boolean'],
        [[false, 1.5, 'error'], 'number'],
      ];
      for (const [values, kind] of cases) {
        const series = unused();
        for (const [index, value] of values.entries()) await write({ series, value, timestamp: DAY + index });
        assert.equal((await seriesOf(store, series)).kind, kind, JSON.stringify(values));
      }
    });

    it('is taken whatever it holds: a batch that fails would fail for ever', async () => {
      const series = unused();
      const odd: Partial<Sample>[] = [
        { series: `${series}/${'x'.repeat(2000)}` },
        { series: `${series}/a ` },
        { series: `${series}/a`, timestamp: DAY + 1 },
        { series: `${series}/nul\0` },
        { series: `${series}/half\uD800` },
        { series: `${series}/quote'"\\%_` },
        { series: `${series}/😀` },
        { series: `${series}/A`, unit: 'u'.repeat(999) },
        { series: `${series}/text`, value: `\0\uD800'"\\${'y'.repeat(100_000)}` },
        { series: `${series}/n`, value: Infinity },
        { series: `${series}/n`, timestamp: DAY + 1, value: NaN },
        { series: `${series}/n`, timestamp: DAY + 2.4, value: 1.7e308 },
        { series: `${series}/n`, timestamp: DAY + 3, value: 1.7e308 },
        { series: `${series}/n`, timestamp: -8.64e15 },
        { series: `${series}/n`, timestamp: 8.64e15 },
      ];
      assert.deepEqual(await write(...odd), { stored: odd.length, duplicates: 0 });
      assert.deepEqual(await write(...odd), { stored: 0, duplicates: odd.length });
      const known = await store.history.series([`${series}/#`]);
      // `a` with and without a blank is one; a capital letter is another one.
      assert.equal(known.length, 9);
      for (const info of known) await store.history.read(info, always, 2);
      const numbers = await rawOf(`${series}/n`);
      assert.deepEqual(numbers.values, [25, null, null, 1.7e308, 1.7e308, 25]);
      assert.deepEqual(numbers.qualities.slice(1, 3), ['bad', 'bad']);
      assert.deepEqual(numbers.timestamps.slice(1, 5), [DAY, DAY + 1, DAY + 2, DAY + 3]);
    });

    it('may be nothing', async () => assert.deepEqual(await write(), { stored: 0, duplicates: 0 }));
  });

  it('finds series by MQTT wildcards, by name', async () => {
    const top = unused();
    const names = ['a/x', 'a/y', 'b/x', 'b', 'B'].map((name) => `${top}/${name}`);
    await write(...names.map((series) => ({ series })));
    const cases: [string[], string[]][] = [
      [[`${top}/a/x`], ['a/x']],
      [[`${top}/+/x`], ['a/x', 'b/x']],
      [[`${top}/#`], ['B', 'a/x', 'a/y', 'b', 'b/x']],
      [[`${top}/b/#`], ['b', 'b/x']],
      [
        [`${top}/b`, `${top}/a/y`],
        ['a/y', 'b'],
      ],
      [[`${top}/nobody`], []],
      [[], []],
    ];
    for (const [patterns, expected] of cases) {
      const found = await store.history.series(patterns, 'real');
      assert.deepEqual(
        found.map(({ name }) => name.slice(top.length + 1)),
        expected,
        patterns.join(),
      );
      assert.deepEqual(await store.history.series(patterns, 'simulated'), []);
    }
  });

  describe('what is read', () => {
    const levels: [string, number, number][] = [
      ['raw', 50_000, 100],
      ['minute', 200 * MINUTE, 5000],
      ['hour', 100 * HOUR, 100_000],
    ];
    for (const [level, spanMs, stepMs] of levels)
      it(`from the level ${level} is what was measured says, for any batches`, async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.nat({ max: 3 * HOUR }).chain((offset) => batches(DAY + offset, spanMs, stepMs)),
            async (drawn) => {
              const series = unused();
              const all = drawn.map((batch) => batch.map((one) => ({ ...one, series })));
              const samples = kept(all);
              let stored = 0;
              for (const batch of all) stored += (await store.history.write(batch)).stored;
              assert.equal(stored, samples.length);
              const info = await seriesOf(store, series);
              const rows = asBuckets(await store.history.read(info, always, 20));
              assert.equal(rows.level, level);
              assertBuckets(rows, samples, always);
              assert.ok(rows.timestamps.length <= 20);
            },
          ),
          RUNS,
        );
      });

    it('never gives more rows than wanted, in whole buckets, for any range', async () => {
      const series = unused();
      const samples = kept([
        Array.from({ length: 4000 }, (_, index) =>
          sample({ series, timestamp: DAY + index * 7919, value: index % 97 }),
        ),
      ]);
      await store.history.write(samples);
      const info = await seriesOf(store, series);
      const time = fc.integer({ min: DAY - HOUR, max: DAY + 10 * HOUR });
      await fc.assert(
        fc.asyncProperty(time, time, fc.integer({ min: 1, max: 500 }), async (one, other, points) => {
          const range = { from: Math.min(one, other), to: Math.max(one, other) };
          const rows = await store.history.read(info, range, points);
          assert.ok(rows.timestamps.length <= points);
          if ('bucketMs' in rows) {
            const held = { from: Math.max(range.from, DAY), to: Math.min(range.to, DAY + 4000 * 7919) };
            assertBuckets(rows, samples, held);
          } else
            assert.deepEqual(
              rows.timestamps,
              samples.map(({ timestamp }) => timestamp).filter((at) => at >= range.from && at < range.to),
            );
        }),
        { numRuns: 60 },
      );
    });

    it('shows a spike of one second in a year', async () => {
      const series = unused();
      const hours = Array.from({ length: 365 * 24 }, (_, hour) => ({ series, timestamp: DAY + hour * HOUR }));
      for (let start = 0; start < hours.length; start += 1000)
        await write(...hours.slice(start, start + 1000));
      await write({ series, timestamp: DAY + 4000 * HOUR + 1234, value: 80 });
      const info = await seriesOf(store, series);
      const rows = asBuckets(await store.history.read(info, { from: DAY, to: DAY + 365 * 24 * HOUR }, 1000));
      assert.equal(rows.level, 'hour');
      assert.ok(rows.timestamps.length >= 500);
      assert.equal(Math.max(...rows.max), 80);
    });

    it('of text is the newest', async () => {
      const series = unused();
      await write(
        ...Array.from({ length: 50 }, (_, index) => ({
          series,
          value: `step ${index}`,
          timestamp: DAY + index,
        })),
      );
      const rows = await store.history.read(await seriesOf(store, series), always, 3);
      assert.ok(rows.level === 'raw' && 'values' in rows);
      assert.deepEqual(rows.values, ['step 47', 'step 48', 'step 49']);
    });

    it('comes in pages that leave nothing out', async () => {
      const series = unused();
      const times = Array.from({ length: 4500 }, (_, index) => DAY + index * 3);
      await write(...times.map((timestamp) => ({ series, timestamp })));
      const info = await seriesOf(store, series);
      const seen: number[] = [];
      for (let from = -8e15; ;) {
        const { timestamps } = await store.history.raw(info, { from, to: DAY + 4400 * 3 }, 1700);
        if (timestamps.length === 0) break;
        seen.push(...timestamps);
        from = (timestamps.at(-1) ?? 0) + 1;
      }
      assert.deepEqual(seen, times.slice(0, 4400));
    });

    it('is nothing where there is nothing', async () => {
      const series = unused();
      await write({ series });
      const info = await seriesOf(store, series);
      const before = { from: DAY - 10, to: DAY };
      assert.deepEqual(await store.history.read(info, before, 10), {
        level: 'raw',
        timestamps: [],
        values: [],
        qualities: [],
      });
      assert.deepEqual(await store.history.statistics(info, before), {
        count: 0,
        min: null,
        mean: null,
        max: null,
        first: null,
        last: null,
      });
      assert.equal(await store.history.last(info, DAY - 1), undefined);
    });
  });

  it('has exact statistics of any range', async () => {
    const span = 5 * HOUR;
    const time = fc.integer({ min: -HOUR, max: span + HOUR });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: HOUR }).chain((offset) => batches(DAY + offset, span, 1000)),
        fc.array(fc.tuple(time, time), { minLength: 3, maxLength: 3 }),
        async (drawn, ranges) => {
          const series = unused();
          const all = drawn.map((batch) => batch.map((one) => ({ ...one, series })));
          const samples = kept(all);
          await store.history.write(all.flat());
          const info = await seriesOf(store, series);
          for (const [one, other] of ranges) {
            const range = { from: DAY + Math.min(one, other), to: DAY + Math.max(one, other) };
            const { mean, first, last, ...rest } = await store.history.statistics(info, range);
            const { mean: expected, ...others } = summary(samples, range);
            assert.deepEqual(rest, others);
            assertMean(mean, expected, 1e6);
            const valued = samples.filter(
              ({ timestamp, value }) => value !== null && timestamp >= range.from && timestamp < range.to,
            );
            const told = [valued.at(0), valued.at(-1)].map((one) =>
              one ? { timestamp: one.timestamp, value: zeroed(one.value) } : null,
            );
            assert.deepEqual([first, last], told);
          }
        },
      ),
      RUNS,
    );
  });

  it('takes what two write to the same series at once, each once', async () => {
    const other = await host().open(url);
    try {
      const top = unused();
      const many = (writer: number): Sample[][] =>
        Array.from({ length: 12 }, (_, batch) =>
          Array.from({ length: 200 }, (_, row) => {
            // Both send about half of the same, in another order.
            const at = (batch * 131 + row * 7 + writer * 61) % 1200;
            const series = `${top}/${(row * (writer + 1)) % 5}`;
            return sample({ series, timestamp: DAY + at * 1000, value: at % 89 });
          }),
        );
      const sent = [many(0), many(1)];
      const counts = await Promise.all(
        [store, other].map(async ({ history }, writer) => {
          let stored = 0;
          for (const batch of sent[writer] ?? []) stored += (await history.write(batch)).stored;
          return stored;
        }),
      );
      const expected = kept(sent.flat());
      assert.equal(counts[0]! + counts[1]!, expected.length);
      for (const info of await store.history.series([`${top}/#`])) {
        const own = expected.filter(({ series }) => series === info.name);
        const rows = asBuckets(await other.history.read(info, always, 20));
        assert.equal(rows.level, 'minute');
        assertBuckets(rows, own, always);
      }
    } finally {
      await other.close();
    }
  });

  describe('its tables', () => {
    it('are made once when two start at the same time', async () => {
      const fresh = await host().fresh();
      const both = await Promise.all([host().open(fresh), host().open(fresh)]);
      for (const { history } of both) await history.write([sample()]);
      assert.equal((await both[1].history.series(['#'])).length, 1);
      for (const one of both) await one.close();
    });

    it('outlive a restart', async () => {
      const fresh = await host().fresh();
      const first = await host().open(fresh);
      await first.history.write([sample()]);
      await first.close();
      await assert.rejects(first.history.write([sample()]), /^Error: database /);
      const second = await host().open(fresh);
      assert.deepEqual(await second.history.write([sample(), sample({ timestamp: DAY + 1 })]), {
        stored: 1,
        duplicates: 1,
      });
      await second.close();
    });

    it('are refused, and left alone, where they are newer', async () => {
      const fresh = await host().fresh();
      await (await host().open(fresh)).close();
      await host().execute(fresh, `update meta set value = '${SCHEMA_VERSION + 41}' where name = 'schema'`);
      const told = new RegExp(
        `^Error: database .*schema version ${SCHEMA_VERSION + 41}, which is newer than ${SCHEMA_VERSION}\\b`,
      );
      await assert.rejects(host().open(fresh), told);
      await host().execute(fresh, `update meta set value = '${SCHEMA_VERSION}' where name = 'schema'`);
      await (await host().open(fresh)).close();
    });
  });

  describe('what is deleted', () => {
    const DAYS = 24 * HOUR;
    let own: Backend;
    beforeEach(async () => {
      own = await host().open(await host().fresh());
    });
    afterEach(() => own.close());
    /** One sample every ten minutes over twenty days, to the middle of an hour. */
    const fill = (change: Partial<Sample>): Promise<unknown> =>
      own.history.write(
        Array.from({ length: 20 * 144 }, (_, index) =>
          sample({ ...change, timestamp: DAY - 30 * MINUTE - index * 10 * MINUTE, value: index }),
        ),
      );
    const oldest = async (name: string, timeline: Sample['timeline'] = 'real') => {
      const info = await seriesOf(own, name, timeline);
      const { timestamps } = await own.history.raw(info, always, 1);
      const year = asBuckets(await own.history.read(info, always, 100));
      return { raw: timestamps[0] ?? NaN, level: year.level, bucket: year.timestamps[0] ?? NaN };
    };

    it('by the first rule that fits, level by level', async () => {
      for (const series of ['a/1', 'a/2', 'b']) await fill({ series });
      await fill({ series: 'a/1', timeline: 'simulated' });
      const rule = { minuteDays: 10, hourDays: 0 };
      const dropped = await own.history.retain([
        { series: 'a/1', rawDays: 0, minuteDays: 0, hourDays: 0 },
        { series: 'a/+', rawDays: 5, ...rule },
      ]);
      // 15 days of raw rows (to a whole hour) and 10 of minutes, one of each per ten minutes
      assert.equal(dropped, 15 * 144 - 4 + 10 * 144 - 4);
      const all = DAY - 20 * DAYS - 20 * MINUTE;
      assert.equal((await oldest('a/1')).raw, all);
      assert.equal((await oldest('a/1', 'simulated')).raw, all);
      assert.equal((await oldest('b')).raw, all);
      const cut = await oldest('a/2');
      assert.equal(cut.raw, DAY - 5 * DAYS - HOUR);
      // What is gone in detail is still told by the hours.
      assert.equal(cut.level, 'hour');
      assert.ok(cut.bucket <= all);
      assert.equal((await seriesOf(own, 'a/2')).first, all);
    });

    it('counts the days of a simulated series in its own time', async () => {
      await fill({ series: 'a' });
      await fill({ series: 'a', timeline: 'simulated' });
      const future = DAY + 300 * DAYS;
      await own.history.write([sample({ series: 'b', timeline: 'simulated', timestamp: future })]);
      await own.history.retain([{ series: '#', rawDays: 19, minuteDays: 0, hourDays: 0 }]);
      assert.equal((await oldest('a')).raw, DAY - 19 * DAYS - HOUR);
      assert.equal((await oldest('a', 'simulated')).raw, DAY - 19 * DAYS - HOUR);
    });

    it('may be all there is of a series, which is told no more until something comes', async () => {
      await fill({ series: 'old' });
      await own.history.write([sample({ series: 'new', timestamp: DAY + 100 * DAYS })]);
      await own.history.retain([{ series: '#', rawDays: 1, minuteDays: 1, hourDays: 1 }]);
      assert.deepEqual(
        (await own.history.series(['#'])).map(({ name }) => name),
        ['new'],
      );
      await own.history.write([sample({ series: 'old' })]);
      const { first, last } = await seriesOf(own, 'old');
      assert.deepEqual([first, last], [DAY, DAY]);
    });

    it('is the oldest of each series where room is needed, and not the rollups', async () => {
      for (const series of ['a', 'b']) await fill({ series });
      await own.history.write([sample({ series: 'c', value: 'text' })]);
      const pruned = await own.history.prune(1000);
      assert.ok(pruned >= 1000 && pruned <= 1003, String(pruned));
      for (const series of ['a', 'b']) {
        const { raw, bucket } = await oldest(series);
        const gone = (raw - (DAY - 20 * DAYS - 20 * MINUTE)) / (10 * MINUTE);
        assert.ok(gone === 500 || gone === 501, String(gone));
        assert.ok(bucket <= DAY - 20 * DAYS);
      }
      let left = 2 * 2880 + 1 - pruned;
      while (left > 0) left -= await own.history.prune(4000);
      assert.equal(await own.history.prune(1000), 0);
      assert.equal((await own.history.series(['a'])).length, 1);
    });
  });

  it('tells how large it is', async () => assert.ok((await store.size()) > 10_000));
};
