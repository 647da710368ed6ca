import { parseBoolean } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import type { Condition } from '../lib/store.ts';
import { wrong, type Outcome } from './answers.ts';
import { release } from './availability.ts';
import { asBody, bodyOf, failed, isBatchId, settled, type Premises, type StoredBatch } from './batch.ts';
import { noted, noticeOf } from './journal.ts';
import { orderTo } from './orders.ts';
import { idOf, objectOf, seqOf, textOf, type Request } from './requests.ts';
import { statuses, type BatchStatus } from '../lib/batch-status.ts';
import { isOver, transition } from './statuses.ts';

/** What a reactor says of its batch. */
export interface StatusUpdate {
  readonly Id: string;
  readonly Status: BatchStatus | 'Rejected';
  readonly reactor: string;
  readonly State: string;
  readonly Reason: string;
  readonly Seq: number | undefined;
  /** whether the reactor that rejects a batch could take another one */
  readonly isFree: boolean;
}

/** Reads it; throws an error that names the member and the value. */
export const parseUpdate = (payload: unknown): StatusUpdate => {
  const raw = objectOf(payload);
  const Id = idOf(raw['Id'], 'Id');
  const words = [...statuses, 'Rejected'] as const;
  const Status = words.find((word) => word === raw['Status']);
  if (!Status) throw wrong('Status', `one of ${words.join(', ')}`, raw['Status']);
  const Seq = seqOf(raw);
  const Bioreactor = isRecord(raw['Bioreactor']) ? raw['Bioreactor'] : {};
  const reactor = idOf(Bioreactor['Id'], 'Bioreactor.Id');
  const State = textOf(raw['State']);
  return {
    Id,
    Status,
    reactor,
    State,
    Reason: textOf(raw['Reason']),
    Seq,
    isFree: State === '' ? parseBoolean(Bioreactor['Available']) !== false : State === 'idle',
  };
};

/** What becomes of a batch: `changes` are stored, a `complaint` goes to the journal, nothing is nothing new. */
export type Effect = { readonly changes: object } | { readonly complaint: string } | 'nothing';

/** Why it was held is no news any more when it goes on (RFC 7396: null takes a member away). */
const noReason = ({ Reason }: StoredBatch): object => (Reason === undefined ? {} : { Reason: null });

/** What a message of the reactor changes in a batch. */
export const effectOf = (batch: StoredBatch, update: StatusUpdate, now: number): Effect => {
  const { Status, State, Reason, Seq, reactor } = update;
  if (reactor !== batch.Bioreactor.Id)
    return { complaint: `it is a batch of ${batch.Bioreactor.Id}, not of ${reactor}` };
  if (Seq !== undefined && batch.Seq !== undefined && Seq < batch.Seq) return 'nothing'; // late
  const count = Seq === undefined ? {} : { Seq };
  if (Status === 'Rejected') {
    if (!batch.Accepted && batch.Status === 'Ready to Start')
      return { changes: { ...failed(Reason || 'the reactor has rejected it', now), ...count } };
    return batch.Status === 'Failed' ? 'nothing' : { complaint: 'the reactor has accepted it already' };
  }
  const step = transition(batch.Status, Status);
  if (step === 'illegal') return { complaint: `${batch.Status} cannot become ${Status}` };
  if (step === 'same') {
    const isNews = !isOver(Status) && (!batch.Accepted || (State !== '' && State !== batch.State));
    if (!isNews) return 'nothing';
  }
  const seconds = Math.floor(now / 1000);
  return {
    changes: {
      Status,
      Accepted: true,
      Changed: now,
      ...count,
      ...(State === '' ? {} : { State }),
      ...(Reason === '' ? noReason(batch) : { Reason }),
      ...(Status === 'In Progress' && batch.Started === undefined ? { Started: seconds } : {}),
      ...(isOver(Status) ? { Ended: seconds } : {}),
    },
  };
};

/** The reactor has said something: it is there, and busy with the batch where it is reserved for it. */
const markSeen = async ({ records, shelves, now }: Premises, batch: StoredBatch): Promise<void> => {
  const own: Condition = { field: 'Batch', is: '=', value: batch.Id };
  const seen = { Seen: now(), Silent: null };
  await records.update(shelves.reactors, batch.Bioreactor.Id, seen, [own]);
};

/** A reactor that accepts a batch which has failed meanwhile is told to leave it, and is not free until it says so. */
const callOff = async (premises: Premises, batch: StoredBatch): Promise<Outcome> => {
  const { records, shelves, now } = premises;
  const unreserved: Condition = { field: 'Batch', is: '=', value: null };
  await records.update(shelves.reactors, batch.Bioreactor.Id, { Available: 'False' }, [unreserved]);
  return { publish: [orderTo(batch.Bioreactor, { command: 'abort', Id: batch.Id, user: '' }, now())] };
};

/** What a reactor says of its batch, applied where it is legal; what is not goes to the journal. */
export const updateStatus = async (premises: Premises, { payload }: Request): Promise<Outcome> => {
  const { records, shelves, now } = premises;
  const update = parseUpdate(payload);
  return settled(async () => {
    const document = isBatchId(update.Id) ? await records.get(shelves.batches, update.Id) : undefined;
    if (!document) {
      const reason = `there is no batch ${update.Id}`;
      const stranger = { Id: update.Id, Bioreactor: { Id: update.reactor }, Status: '' };
      const notice = noticeOf(stranger, now(), {
        to: update.Status,
        signal: 'unknown',
        reason,
        refused: true,
      });
      return { result: { journal: [asBody(notice)] } }; // told, but nothing is made of it
    }
    const batch = bodyOf<StoredBatch>(document);
    const effect = effectOf(batch, update, now());
    if (effect === 'nothing') return { result: {} };
    if ('complaint' in effect) {
      const what = { to: update.Status, signal: 'refused', reason: effect.complaint, refused: true };
      const notice = await noted(premises, noticeOf(batch, now(), what));
      const isTooLate = update.Status === 'Ready to Start' && isOver(batch.Status) && !batch.Accepted;
      return { result: isTooLate ? { ...notice, ...(await callOff(premises, batch)) } : notice };
    }
    const as: Condition = { field: '$version', is: '=', value: document.version };
    if (!(await records.update(shelves.batches, batch.Id, asBody(effect.changes), [as]))) return undefined;
    if (update.Status !== 'Rejected') {
      await markSeen(premises, batch);
      return { result: {} };
    }
    // A reactor that is busy says itself when it is free; one that did not like the recipe is.
    const state = { Available: update.isFree ? 'True' : 'False', Seen: now(), Silent: null };
    await release(premises, batch.Bioreactor.Id, batch.Id, state);
    const reason = update.Reason || 'the reactor has rejected it';
    const what = { to: 'Failed', signal: 'rejected', reason, refused: false };
    return { result: await noted(premises, noticeOf(batch, now(), what)) };
  });
};
