import type { Condition } from '../lib/store.ts';
import { mayChange, sees, type Caller } from './access.ts';
import { alarmCounts } from './alarms.ts';
import { answered, Refusal, type Outcome } from './answers.ts';
import { bodyOf, isBatchId, type Premises, type StoredBatch } from './batch.ts';
import { journalOf } from './journal.ts';
import { orderTo } from './orders.ts';
import { commandOf } from './reactors.ts';
import { owned } from './recipes.ts';
import type { Request } from './requests.ts';
import { commands } from './statuses.ts';

const MAX = 1000;

/** Batches, newest first, with how many alarms each had while it was brewed. */
export const batches = async (premises: Premises, { caller }: Request): Promise<Outcome> => {
  const { records, shelves } = premises;
  const where: readonly Condition[] = owned(caller);
  const { documents } = await records.list(shelves.batches, { where, limit: MAX });
  const found = documents.map((document) => bodyOf<StoredBatch>(document));
  const counts = await alarmCounts(premises, found);
  return answered({ items: found.map((batch) => ({ ...batch, Alarms: counts.get(batch.Id) ?? 0 })) });
};

/** A batch that the caller may see; refuses where there is none, or it is another's. */
export const visibleBatch = async (
  { records, shelves }: Premises,
  { caller, id }: Pick<Request, 'caller' | 'id'>,
): Promise<StoredBatch> => {
  const document = isBatchId(id) ? await records.get(shelves.batches, id) : undefined;
  if (!document) throw new Refusal(404, `There is no batch ${id}`);
  const batch = bodyOf<StoredBatch>(document);
  if (!sees(caller, batch.Email)) throw foreign(caller, id);
  return batch;
};
const foreign = ({ user }: Caller, id: string): Refusal =>
  new Refusal(403, `The batch ${id} is not a batch of ${user}`);

export const batch = async (premises: Premises, request: Request): Promise<Outcome> => {
  const found = await visibleBatch(premises, request);
  return answered({ batch: found, journal: await journalOf(premises, found.Id) });
};

/** What the owner asks of the reactor of a batch. It is the reactor that decides, and tells. */
export const command = async (premises: Premises, request: Request): Promise<Outcome> => {
  const { caller, payload, id } = request;
  const word = commandOf(payload, Object.keys(commands));
  const found = await visibleBatch(premises, request);
  if (!mayChange(caller, found.Email)) throw foreign(caller, id);
  if (!commands[word]?.includes(found.Status))
    throw new Refusal(
      409,
      `command: ${word} is for a batch that is ${commands[word]?.join(', ')}, got ${found.Status}`,
    );
  if (!found.Accepted && word !== 'abort')
    throw new Refusal(409, `The bioreactor ${found.Bioreactor.Id} has not accepted the batch ${id} yet`);
  const order = { command: word, Id: found.Id, user: caller.user };
  return { ...answered({}, 202), publish: [orderTo(found.Bioreactor, order, premises.now())] };
};
