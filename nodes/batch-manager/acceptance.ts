import type { Condition } from '../lib/store.ts';
import type { Outcome } from './answers.ts';
import { release } from './availability.ts';
import { bodyOf, failed, NO_ANSWER, type Premises, type Reactor, type StoredBatch } from './batch.ts';
import { noted, noticeOf } from './journal.ts';
import { isOver } from './statuses.ts';

const MAX = 1000;
const pending: readonly Condition[] = [
  { field: 'Accepted', is: '=', value: false },
  { field: 'Status', is: '=', value: 'Ready to Start' },
];

/** Fails the batches whose reactor has not answered in time; resolves with when the next one is due. */
const failOverdue = async (
  premises: Premises,
): Promise<{ journal: Outcome['journal'] & {}; due: number }> => {
  const { records, shelves, now } = premises;
  const listing = { where: pending, sort: [{ field: 'AcceptBy' }], limit: MAX };
  const { documents } = await records.list(shelves.batches, listing);
  const journal: Readonly<Record<string, unknown>>[] = [];
  for (const document of documents) {
    const batch = bodyOf<StoredBatch>(document);
    if (batch.AcceptBy > now()) return { journal, due: batch.AcceptBy };
    if (!(await records.update(shelves.batches, batch.Id, failed(NO_ANSWER, now()), pending))) continue;
    await release(premises, batch.Bioreactor.Id, batch.Id, { Available: 'True', Silent: true });
    const what = { to: 'Failed', signal: 'timeout', reason: NO_ANSWER, refused: false };
    journal.push(...((await noted(premises, noticeOf(batch, now(), what))).journal ?? []));
  }
  return { journal, due: Infinity };
};

/** Gives back reactors whose batch was never stored, or has failed unanswered, when this stopped half-way. */
const freeStranded = async (premises: Premises): Promise<number> => {
  const { records, shelves, now, acceptMs } = premises;
  const reserved: Condition = { field: 'Batch', is: '!=', value: null };
  const { documents } = await records.list(shelves.reactors, { where: [reserved], limit: MAX });
  let due = Infinity;
  for (const document of documents) {
    const { Id, Batch = '', Reserved = 0 } = bodyOf<Reactor>(document);
    const found = await records.get(shelves.batches, Batch);
    const batch = found && bodyOf<StoredBatch>(found);
    const isBeingMade = !batch && now() < Reserved + acceptMs;
    if (isBeingMade) due = Math.min(due, Reserved + acceptMs);
    else if (!batch || (isOver(batch.Status) && !batch.Accepted))
      await release(premises, Id, Batch, { Available: 'True' });
  }
  return due;
};

/**
 * Looks after every reservation that nobody has answered, also those from before a restart. `due` is when it has to be
 * called again, ms of wall time; it is not there where nothing waits.
 */
export const sweep = async (premises: Premises): Promise<Outcome> => {
  const { journal, due } = await failOverdue(premises);
  const next = Math.min(due, await freeStranded(premises));
  return { journal, ...(next === Infinity ? {} : { due: next }) };
};
