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

/** characters that go out together */
const CHUNK = 32_768;

/** A list as JSON, in parts: the text of all of it at once would hold up everybody else. */
export function* jsonList(name: string, list: readonly unknown[]): Generator<string> {
  let text = `{${JSON.stringify(name)}:[`;
  for (const [index, entry] of list.entries()) {
    text += (index === 0 ? '' : ',') + JSON.stringify(entry);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield `${text}]}`;
}
