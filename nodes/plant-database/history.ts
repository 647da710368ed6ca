import { sql, type Kysely, type RawBuilder } from 'kysely';
import type {
  BucketRows,
  HistoryStore,
  Level,
  Range,
  RawRows,
  Sample,
  SeriesInfo,
  Timeline,
} from '../lib/store.ts';
import type { Scalar, Source } from '../lib/signal.ts';
import { matchTopic } from '../signal-input/signal-map.ts';
import { bucketFor, levelFor, levels, stretchesOf, tableOf, wholeBuckets, widthOf } from './level.ts';
import { BAD, kinds, LARGEST, NEVER, qualities, type RollupTable, type Tables } from './schema.ts';
import type { RawPage } from './sqlite-worker.ts';

/** What the reading of a history needs of its back-end. */
export interface HistorySource {
  readonly reader: Kysely<Tables>;
  readonly rawPage: (page: RawPage) => Promise<RawRows>;
  /** rows that are fetched at once; more would delay the plant */
  readonly pageRows: number;
}

/** A value as it was, from the two columns that keep it. */
export const valueOf = (value: number | null, text: string | null): Scalar =>
  text === null ? value : value === null ? text : value === 1;

const counted = (): RawBuilder<boolean> =>
  sql<boolean>`value is not null and quality <> ${sql.lit(BAD)} and abs(value) < ${sql.lit(LARGEST)}`;

const aggregates = {
  raw: {
    min: sql<number>`min(value)`,
    max: sql<number>`max(value)`,
    sum: sql<number>`sum(value)`,
    count: sql<number>`count(*)`,
  },
  rollup: {
    min: sql<number>`min(${sql.ref('min')})`,
    max: sql<number>`max(${sql.ref('max')})`,
    sum: sql<number>`sum(${sql.ref('sum')})`,
    count: sql<number>`sum(${sql.ref('count')})`,
  },
};

/** A server takes whole numbers only, and none without end. */
const whole = (time: number): number => Math.min(NEVER.first, Math.max(NEVER.last, Math.ceil(time)));
const wholeRange = ({ from, to }: Range): Range => ({ from: whole(from), to: whole(to) });

interface Outlook {
  /** what the store has of the series */
  readonly held: Range;
  /** of the oldest row of each level; Infinity where it has none */
  readonly starts: Readonly<Record<Level, number>>;
  /** whether more was measured in the range than is wanted */
  readonly isMany: boolean;
}

/** The levels that retention has left whole from a time on: they begin no later than that, or than the coarser ones. */
const covering = (starts: Outlook['starts'], from: number): readonly Level[] =>
  levels.filter((level, index) => {
    const coarser = levels.slice(index + 1).filter((other) => starts[other] !== Infinity);
    return starts[level] <= from || coarser.every((other) => starts[level] < starts[other] + widthOf[other]);
  });

/** The reading half of a history, in SQL that every back-end understands. */
export const createReading = ({
  reader,
  rawPage,
  pageRows,
}: HistorySource): Omit<HistoryStore, 'write' | 'retain' | 'prune'> => {
  /** The rows of a level in a range, be they what was measured or rollups. */
  const rowsOf = (level: Level, { id }: SeriesInfo, { from, to }: Range) =>
    reader
      .selectFrom(sql<RollupTable>`${sql.table(tableOf(level))}`.as('r'))
      .where('series', '=', id)
      .where('time', '>=', from)
      .where('time', '<', to);
  const numbersOf = (level: Level, series: SeriesInfo, range: Range) => {
    const rows = rowsOf(level, series, range);
    const { min, max, sum, count } = aggregates[level === 'raw' ? 'raw' : 'rollup'];
    return (level === 'raw' ? rows.where(counted()) : rows).select([
      min.as('min'),
      max.as('max'),
      sum.as('sum'),
      count.as('count'),
    ]);
  };

  const buckets = async (
    series: SeriesInfo,
    range: Range,
    level: Level,
    bucketMs: number,
  ): Promise<BucketRows> => {
    const width = sql.lit(bucketMs);
    const rows = await numbersOf(level, series, wholeBuckets(range, bucketMs))
      // Also before 1970 a bucket starts where it should: a remainder has the sign of the time.
      .select(sql<number>`time - ((time % ${width}) + ${width}) % ${width}`.as('bucket'))
      .groupBy('bucket')
      .orderBy('bucket')
      .execute();
    return {
      level,
      bucketMs,
      timestamps: rows.map(({ bucket }) => Number(bucket)),
      min: rows.map(({ min }) => Number(min)),
      mean: rows.map(({ sum, count }) => Number(sum) / Number(count)),
      max: rows.map(({ max }) => Number(max)),
      count: rows.map(({ count }) => Number(count)),
    };
  };

  const raw = async (series: SeriesInfo, { from, to }: Range, limit: number): Promise<RawRows> => {
    if (limit <= pageRows) return rawPage({ series: series.id, from, to, limit, newest: false });
    const timestamps: number[] = [];
    const values: Scalar[] = [];
    const ranks: RawRows['qualities'][number][] = [];
    let next = from;
    while (timestamps.length < limit) {
      const wanted = Math.min(pageRows, limit - timestamps.length);
      const page = await rawPage({ series: series.id, from: next, to, limit: wanted, newest: false });
      for (const [index, timestamp] of page.timestamps.entries()) {
        timestamps.push(timestamp);
        values.push(page.values[index] ?? null);
        ranks.push(page.qualities[index] ?? 'bad');
      }
      if (page.timestamps.length < wanted) break;
      next = (timestamps.at(-1) ?? to) + 1;
    }
    return { level: 'raw', timestamps, values, qualities: ranks };
  };

  const edge = async (series: SeriesInfo, range: Range, direction: 'asc' | 'desc') => {
    const row = await reader
      .selectFrom('sample')
      .select(['time', 'value', 'text'])
      .where('series', '=', series.id)
      .where('time', '>=', range.from)
      .where('time', '<', range.to)
      .where(sql<boolean>`(value is not null or text is not null)`)
      .orderBy('time', direction)
      .limit(1)
      .executeTakeFirst();
    return row ? { timestamp: Number(row.time), value: valueOf(row.value, row.text) } : null;
  };

  /** What has to be known before a reading, in one question: `series` may have been asked for long ago. */
  const outlook = async ({ id }: SeriesInfo, { from, to }: Range, points: number): Promise<Outlook> => {
    const oldest = (level: Level) =>
      reader
        .selectFrom(tableOf(level))
        .select(({ fn }) => fn.min('time').as('time'))
        .where('series', '=', id);
    const row = await reader
      .selectFrom('series')
      .select(['first', 'last'])
      .select([
        oldest('raw').as('raw'),
        oldest('minute').as('minute'),
        oldest('hour').as('hour'),
        reader
          .selectFrom('sample')
          .select('time')
          .where('series', '=', id)
          .where('time', '>=', from)
          .where('time', '<', to)
          .orderBy('time')
          .offset(points)
          .limit(1)
          .as('beyond'),
      ])
      .where('id', '=', id)
      .executeTakeFirst();
    const start = (time: number | null | undefined): number => Number(time ?? Infinity);
    return {
      held: { from: Number(row?.first ?? 0), to: Number(row?.last ?? -1) + 1 },
      starts: { raw: start(row?.raw), minute: start(row?.minute), hour: start(row?.hour) },
      isMany: (row?.beyond ?? null) !== null,
    };
  };

  return {
    async series(patterns, timeline) {
      let query = reader
        .selectFrom('series')
        .innerJoin('origin', 'origin.id', 'series.origin')
        .select(['series.id', 'name', 'timeline', 'kind', 'first', 'last', 'source', 'unit'])
        .orderBy('name')
        .orderBy('timeline');
      if (timeline !== undefined) query = query.where('timeline', '=', timeline);
      if (patterns.length > 0 && !patterns.some((pattern) => /[+#]/.test(pattern)))
        query = query.where('name', 'in', patterns);
      const rows = await query.execute();
      return rows
        .filter(
          ({ name, first, last }) =>
            Number(last) >= Number(first) &&
            patterns.some((pattern) => matchTopic(pattern, name) !== undefined),
        )
        .map((row) => ({
          id: Number(row.id),
          name: row.name,
          timeline: row.timeline as Timeline,
          kind: kinds[row.kind] ?? 'number',
          unit: row.unit,
          source: row.source as Source,
          first: Number(row.first),
          last: Number(row.last),
        }));
    },

    async read(series, wanted, points) {
      const range = wholeRange(wanted);
      const { held, starts, isMany } = await outlook(series, range, points);
      const clipped = { from: Math.max(range.from, held.from), to: Math.min(range.to, held.to) };
      if (clipped.to <= clipped.from) return { level: 'raw', timestamps: [], values: [], qualities: [] };
      if (series.kind === 'text')
        return rawPage({ series: series.id, ...clipped, limit: Math.min(points, pageRows), newest: true });
      const kept = covering(starts, clipped.from);
      if (kept.includes('raw') && !isMany) return raw(series, clipped, points);
      const level = levelFor(clipped, points, kept);
      return buckets(series, clipped, level, bucketFor(clipped, points, level));
    },

    raw: (series, range, limit) => raw(series, wholeRange(range), limit),

    async last(series, at) {
      let query = reader
        .selectFrom('sample')
        .innerJoin('origin', 'origin.id', 'sample.origin')
        .select(['time', 'value', 'text', 'quality', 'source', 'unit'])
        .where('series', '=', series.id)
        .orderBy('time', 'desc')
        .limit(1);
      if (at !== undefined) query = query.where('time', '<=', whole(at));
      const row = await query.executeTakeFirst();
      if (!row) return undefined;
      const sample: Sample = {
        series: series.name,
        timeline: series.timeline,
        timestamp: Number(row.time),
        value: valueOf(row.value, row.text),
        quality: qualities[row.quality] ?? 'bad',
        source: row.source as Source,
        unit: row.unit,
      };
      return sample;
    },

    async statistics(series, wanted) {
      const range = wholeRange(wanted);
      const parts = await Promise.all(
        stretchesOf(range).map(({ level, ...stretch }) =>
          numbersOf(level, series, stretch).executeTakeFirstOrThrow(),
        ),
      );
      const known = parts.filter(({ count }) => Number(count) > 0);
      const count = known.reduce((sum, part) => sum + Number(part.count), 0);
      const [first, last] = await Promise.all([edge(series, range, 'asc'), edge(series, range, 'desc')]);
      return {
        count,
        min: count === 0 ? null : Math.min(...known.map(({ min }) => Number(min))),
        mean: count === 0 ? null : known.reduce((sum, part) => sum + Number(part.sum), 0) / count,
        max: count === 0 ? null : Math.max(...known.map(({ max }) => Number(max))),
        first,
        last,
      };
    },
  };
};
