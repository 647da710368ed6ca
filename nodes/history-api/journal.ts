import type { AlarmEvent } from '../lib/alarms.ts';
import type { Condition, Document, Range, RecordStore } from '../lib/store.ts';
import { TooMuch } from '../history-query/answers.ts';
import { matchTopic } from '../signal-input/signal-map.ts';

const COLLECTION = 'alarm-journal';
const NEWEST_FIRST = [{ field: 'at', descending: true }] as const;
/** Documents that are looked at for one answer where the database cannot choose by itself. */
const MAX_SCANNED = 20_000;
const PAGE = 500;

export interface JournalPage {
  /** of all that fit, not of this page */
  readonly total: number;
  readonly events: readonly AlarmEvent[];
}
export interface JournalQuery extends Range {
  /** MQTT wildcards; none: all */
  readonly series: readonly string[];
  readonly limit: number;
  readonly offset: number;
}

export const fits = (patterns: readonly string[], name: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matchTopic(pattern, name) !== undefined);

// What a database gives is what the alarms have put there; the page shows it and decides nothing by it.
const eventIn = ({ body }: Document): AlarmEvent => body as unknown as AlarmEvent;

/** A page of what has happened to alarms in a range of wall time, the newest first. */
export const journalPage = async (
  records: RecordStore,
  { series, from, to, limit, offset }: JournalQuery,
): Promise<JournalPage> => {
  const [only, ...others] = series;
  const plain = only === undefined || (others.length === 0 && !/[+#]/.test(only));
  const where: Condition[] = [
    { field: 'at', is: '>=', value: from },
    { field: 'at', is: '<', value: to },
  ];
  if (plain) {
    if (only !== undefined) where.push({ field: 'series', is: '=', value: only });
    const { total, documents } = await records.list(COLLECTION, { where, sort: NEWEST_FIRST, limit, offset });
    return { total, events: documents.map(eventIn) };
  }
  const events: AlarmEvent[] = [];
  for (let seen = 0; ; seen += PAGE) {
    if (seen >= MAX_SCANNED)
      throw new TooMuch('from: too much has happened since then, choose a shorter range or a single series');
    const { documents } = await records.list(COLLECTION, {
      where,
      sort: NEWEST_FIRST,
      limit: PAGE,
      offset: seen,
    });
    events.push(...documents.map(eventIn).filter((event) => fits(series, event.series)));
    if (documents.length < PAGE) break;
  }
  return { total: events.length, events: events.slice(offset, offset + limit) };
};
