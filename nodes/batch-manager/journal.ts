import { parseNumber } from '../lib/number.ts';
import type { Condition } from '../lib/store.ts';
import { asBody, isBatchId, type JournalEntry, type Premises, type StoredBatch } from './batch.ts';
import { wrong, type Outcome } from './answers.ts';
import { idOf, objectOf, textOf } from './requests.ts';

/** The last moment a Date can hold, ms. */
const LATEST = 8.64e15;
const LEVELS = /^[^\p{Cc}\p{Cs}+#]{0,200}$/u;

/** Reads what a reactor says of one step; throws an error that names the member and the value. */
export const parseEntry = (payload: unknown): JournalEntry => {
  const raw = objectOf(payload);
  const { unit, batch } = raw;
  const id = idOf(raw['id'], 'id');
  const seq = parseNumber(raw['seq']);
  const at = parseNumber(raw['at']);
  if (seq === undefined) throw wrong('seq', 'a number', raw['seq']);
  if (at === undefined || Math.abs(at) > LATEST) throw wrong('at', 'a time in ms', raw['at']);
  if (typeof unit !== 'string' || !LEVELS.test(unit)) throw wrong('unit', 'the topic of a unit', unit);
  return {
    id,
    seq,
    at,
    unit,
    reactor: textOf(raw['reactor']),
    batch: batch === null || batch === undefined ? null : idOf(batch, 'batch'),
    from: textOf(raw['from']),
    to: textOf(raw['to']),
    signal: textOf(raw['signal']),
    user: textOf(raw['user']),
    reason: textOf(raw['reason']),
    refused: raw['refused'] === true,
  };
};

const brewing = new Set(['running', 'held']);
/** What a step says of the time in which a batch is brewed: that it begins, goes on, or is over. */
export const brewingOf = ({
  unit,
  at,
  from,
  to,
  refused,
}: JournalEntry): 'no' | { readonly first?: object; readonly always: object } => {
  if (refused || brewing.has(from) === brewing.has(to)) return 'no';
  return brewing.has(to)
    ? { first: { From: at, Unit: unit }, always: { Until: null } }
    : { always: { Until: at } };
};

/** The journal of reactors: what they have done, refused steps too. Told twice, it is there once. */
export const addEntry = async ({ records, shelves }: Premises, payload: unknown): Promise<Outcome> => {
  const entry = parseEntry(payload);
  const before = await records.get(shelves.journal, entry.id);
  if (before?.body['at'] === entry.at) return {};
  const run = brewingOf(entry);
  if (run !== 'no' && isBatchId(entry.batch)) {
    const own: Condition = { field: 'Bioreactor.Id', is: '=', value: entry.reactor };
    const unset: Condition = { field: 'From', is: '=', value: null };
    if (run.first) await records.update(shelves.batches, entry.batch, asBody(run.first), [own, unset]);
    await records.update(shelves.batches, entry.batch, asBody(run.always), [own]);
  }
  // A reactor that has lost its count begins anew: what it told before stays.
  const body = asBody(before ? { ...entry, id: `${entry.id}@${entry.at}` } : entry);
  await records.put(shelves.journal, String(body['id']), body);
  return { journal: [body] };
};

/** What a notice needs of a batch. */
interface Noted extends Pick<StoredBatch, 'Id' | 'Seq'> {
  readonly Status: string;
  readonly Bioreactor: Pick<StoredBatch['Bioreactor'], 'Id'>;
}
/** What happened to a batch here, for its journal. The same has the same id. */
export const noticeOf = (
  { Id, Status, Seq, Bioreactor }: Noted,
  at: number,
  what: Pick<JournalEntry, 'to' | 'signal' | 'reason' | 'refused'>,
): JournalEntry => ({
  id: `manager-${Id}-${Seq ?? 0}-${what.signal}-${what.to}`,
  seq: Seq ?? 0,
  at,
  unit: '',
  reactor: Bioreactor.Id,
  batch: Id,
  from: Status,
  user: '',
  ...what,
});

/** Puts a notice into the journal; a second one of the same kind is neither stored nor told. */
export const noted = async ({ records, shelves }: Premises, notice: JournalEntry): Promise<Outcome> => {
  if (await records.get(shelves.journal, notice.id)) return {};
  const body = asBody(notice);
  await records.put(shelves.journal, notice.id, body);
  return { journal: [body] };
};

/** The steps of a batch, oldest first. */
export const journalOf = async (
  { records, shelves }: Premises,
  batch: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { documents } = await records.list(shelves.journal, {
    where: [{ field: 'batch', is: '=', value: batch }],
    sort: [{ field: 'seq' }, { field: '$created' }],
    limit: JOURNAL_MAX,
  });
  return documents.map(({ body }) => body);
};
const JOURNAL_MAX = 1000;
