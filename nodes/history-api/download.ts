import type { Table } from '../history-query/csv.ts';

const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** A file name that every system takes: what it is, from when to when. */
export const fileName = ({ series, range }: Pick<Table, 'series' | 'range'>): string => {
  const [only, ...others] = series;
  const what =
    only === undefined || others.length > 0
      ? 'history'
      : only.name
          .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
          .replaceAll(/^[-.]+|[-.]+$/g, '')
          .slice(0, 80) || 'history';
  return `${[what, ...(range ? [stamp(range.from), stamp(range.to)] : [])].join('_')}.csv`;
};

/** A list of series as JSON, a series at a time: the text of all together would hold up everybody else. */
export function* jsonList(name: string, list: readonly unknown[]): Generator<string> {
  yield `{${JSON.stringify(name)}:[`;
  for (const [index, entry] of list.entries()) yield (index === 0 ? '' : ',') + JSON.stringify(entry);
  yield ']}';
}
