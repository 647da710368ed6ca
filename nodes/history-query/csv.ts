/**
 * History as CSV (RFC 4180): a header, then one row per time with a column per series. The series are merged page by
 * page as they are sorted in the store, so a year of them takes no more memory than an hour.
 */
import { cell, textCell } from '../lib/csv-cell.ts';
import type { Range, RawRows, Rows, SeriesInfo } from '../lib/store.ts';
import { rangeFor, titleOf, wanted, type History, type Now } from './answers.ts';
import type { Query } from './query.ts';

const LINE = '\r\n';
/** characters that go out together */
const CHUNK = 32_768;
/** Rows that are in memory: of few series more at a time, since each page is a way to the database and back. */
const pageRows = (series: number): number => Math.min(5000, Math.max(1000, Math.floor(20_000 / series)));

/** Rows of one source, sorted by time, with the cells of each row. */
interface Page {
  readonly timestamps: readonly number[];
  readonly cellsOf: (row: number) => string;
}
/** One series in the table: its headers, what stands where it has no row, and its pages, the last one empty. */
interface Source {
  readonly headers: readonly string[];
  readonly blank: string;
  readonly next: () => Promise<Page>;
}

const sourceOf = (headers: readonly string[], next: Source['next']): Source => ({
  headers,
  blank: ','.repeat(headers.length - 1),
  next,
});
const END: Page = { timestamps: [], cellsOf: () => '' };
/** Where the next page begins: always later, whatever a store has given. */
const after = ({ timestamps }: RawRows, from: number): number =>
  Math.max(timestamps.at(-1) ?? from, from) + 1;

const rawPage = (rows: RawRows, qualities: boolean): Page => ({
  timestamps: rows.timestamps,
  cellsOf: (row) =>
    qualities ? `${cell(rows.values[row])},${rows.qualities[row] ?? ''}` : cell(rows.values[row]),
});

/** The names of the columns of a series; of two timelines of one name each says which it is. */
const headersOf = (series: SeriesInfo, twice: boolean, kinds: readonly string[]): string[] => {
  const name = twice ? `${series.name} (${series.timeline})` : series.name;
  return kinds.map((kind) =>
    kind === 'quality' || kind === 'count'
      ? `${name} ${kind}`
      : titleOf({ name: kind === '' ? name : `${name} ${kind}`, unit: series.unit }),
  );
};

const rawSource = (
  history: History,
  series: SeriesInfo,
  range: Range,
  {
    twice,
    qualities,
    limit,
  }: { readonly twice: boolean; readonly qualities: boolean; readonly limit: number },
): Source => {
  let { from } = range;
  return sourceOf(headersOf(series, twice, qualities ? ['', 'quality'] : ['']), async () => {
    if (from >= range.to) return END;
    const rows = await history.raw(series, { from, to: range.to }, limit);
    from = after(rows, from);
    return rawPage(rows, qualities);
  });
};

const readSource = (series: SeriesInfo, rows: Rows, twice: boolean, qualities: boolean): Source => {
  let page: Page;
  let kinds: readonly string[];
  if ('values' in rows) {
    page = rawPage(rows, qualities);
    kinds = qualities ? ['', 'quality'] : [''];
  } else {
    const { timestamps, min, mean, max, count } = rows;
    page = { timestamps, cellsOf: (row) => [min, mean, max, count].map((column) => column[row]).join(',') };
    kinds = ['min', 'mean', 'max', 'count'];
  }
  return sourceOf(headersOf(series, twice, kinds), () => {
    const rest = page;
    page = END;
    return Promise.resolve(rest);
  });
};

/** Where the merge is in one source. */
interface Cursor {
  readonly source: Source;
  page: Page;
  row: number;
}
const timeAt = ({ page, row }: Cursor): number => page.timestamps[row] ?? Infinity;

/** The lines of sorted sources, merged: each time once, in order. Yields some lines at a time, the header first. */
async function* merged(sources: readonly Source[]): AsyncGenerator<string> {
  let text = ['time', ...sources.flatMap(({ headers }) => headers.map(textCell))].join(',') + LINE;
  const cursors: Cursor[] = await Promise.all(
    sources.map(async (source) => ({ source, page: await source.next(), row: 0 })),
  );
  for (;;) {
    let time = Infinity;
    for (const cursor of cursors) time = Math.min(time, timeAt(cursor));
    if (time === Infinity) break;
    const spent: Cursor[] = [];
    text += new Date(time).toISOString();
    for (const cursor of cursors) {
      if (timeAt(cursor) !== time) text += `,${cursor.source.blank}`;
      else {
        text += `,${cursor.page.cellsOf(cursor.row++)}`;
        if (cursor.row === cursor.page.timestamps.length) spent.push(cursor);
      }
    }
    text += LINE;
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
    if (spent.length > 0)
      await Promise.all(
        spent.map(async (cursor) => Object.assign(cursor, { page: await cursor.source.next(), row: 0 })),
      );
  }
  if (text !== '') yield text;
}

/** A table that is ready to be written: whatever can be refused was refused before. */
export interface Table {
  readonly series: readonly SeriesInfo[];
  /** from the first to the last of its series */
  readonly range: Range | undefined;
  readonly chunks: AsyncGenerator<string>;
}

/**
 * The table of a query: what was measured, or at most `points` rows of each series where that is asked for. Nothing is
 * read before the first chunk but, with `points`, what stands in the table.
 */
export const tableOf = async (
  history: History,
  query: Query,
  now: Now,
  { reduced }: { readonly reduced: boolean },
): Promise<Table> => {
  const series = await wanted(history, query);
  const ranges = series.map((one) => rangeFor(query, one, now));
  const names = new Set<string>();
  const double = new Set<string>();
  for (const { name } of series) (names.has(name) ? double : names).add(name);
  const limit = pageRows(series.length);
  const sources: Source[] = [];
  for (const [index, one] of series.entries()) {
    const range = ranges[index] ?? { from: 0, to: 0 };
    const twice = double.has(one.name);
    sources.push(
      reduced
        ? readSource(one, await history.read(one, range, query.points), twice, query.qualities)
        : rawSource(history, one, range, { twice, qualities: query.qualities, limit }),
    );
  }
  const from = Math.min(...ranges.map((range) => range.from));
  const to = Math.max(...ranges.map((range) => range.to));
  return { series, range: series.length > 0 ? { from, to } : undefined, chunks: merged(sources) };
};
