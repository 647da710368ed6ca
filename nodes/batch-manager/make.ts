import { isRecord } from '../lib/signal.ts';
import type { Condition, Document } from '../lib/store.ts';
import { answered, asked, Refusal, type Outcome } from './answers.ts';
import { bookable, release } from './availability.ts';
import { asBody, bodyOf, type Batch, type Premises, type Reactor, type StoredBatch } from './batch.ts';
import { levelOf, type Facility } from './facility.ts';
import { toReactor } from './orders.ts';
import { inFacility, partsOf } from './reactors.ts';
import { ownRecipe } from './recipes.ts';
import type { Request } from './requests.ts';

/** What a reactor gets to know of a batch. */
export const told = ({ Id, Email, Timestamp, Status, Recipe, Bioreactor }: StoredBatch): Batch => ({
  Id,
  Email,
  Timestamp,
  Status,
  Recipe,
  Bioreactor,
});
/** Takes a free reactor for a batch, for exactly one of those who ask at the same time; undefined: none is free. */
const reserve = (
  { records, shelves, now }: Premises,
  batch: string,
  facility: Facility,
  reactor: string | undefined,
): Promise<Document | undefined> => {
  const named: Condition[] = reactor === undefined ? [] : [{ field: '$id', is: '=', value: reactor }];
  const where = [...bookable, ...inFacility(facility), ...named];
  // One that did not answer last time is the last choice.
  const sort = [{ field: 'Silent' }, { field: '$id' }];
  const changes = { Available: 'False', Batch: batch, Reserved: now() };
  return records.reserve(shelves.reactors, { where, sort }, changes);
};

const facilityOf = async ({ records, shelves }: Premises, id: unknown): Promise<Facility> => {
  const parts = asked(() => partsOf(id));
  const document = await records.get(shelves.facilities, parts.Id);
  if (!document) throw new Refusal(404, `There is no facility ${parts.Id}`);
  return bodyOf<Facility>(document);
};

/**
 * Makes a batch of a recipe of the caller's: a reactor is reserved first, then the batch is stored with all of the
 * recipe, then the reactor is told. What fails in between gives the reactor back.
 */
export const makeBatch = async (premises: Premises, { caller, payload }: Request): Promise<Outcome> => {
  const { records, shelves, now, acceptMs, newId } = premises;
  const body = isRecord(payload) ? payload : {};
  const wanted = body['Bioreactor'];
  const named = wanted === undefined || wanted === null || wanted === '' ? undefined : wanted;
  const Recipe = await ownRecipe(premises, caller, body['Recipe']);
  const facility = await facilityOf(premises, body['Facility']);
  const reactor = named === undefined ? undefined : asked(() => levelOf(named, 'Bioreactor'));
  const Id = newId();
  const reserved = await reserve(premises, Id, facility, reactor);
  if (!reserved)
    throw new Refusal(
      409,
      reactor === undefined
        ? `No bioreactor is free at ${facility.Name}`
        : `The bioreactor ${reactor} is not free at ${facility.Name}`,
    );
  const { Id: reactorId, Facility: place, FacilityName } = bodyOf<Reactor>(reserved);
  const batch: StoredBatch = {
    Id,
    Email: caller.user,
    Timestamp: Math.floor(now() / 1000),
    Status: 'Ready to Start',
    Recipe,
    Bioreactor: { Id: reactorId, Facility: place, FacilityName, Available: 'False' },
    Accepted: false,
    AcceptBy: now() + acceptMs,
    Changed: now(),
  };
  try {
    await records.put(shelves.batches, Id, asBody(batch));
  } catch (cause) {
    // Where this fails too, `sweep` finds a reactor reserved for a batch that is not there.
    await release(premises, reactorId, Id, { Available: 'True' }).catch(() => {});
    throw cause;
  }
  const publish = [toReactor(batch.Bioreactor, 'receiveBatch', told(batch))];
  return { ...answered({ batch: told(batch) }, 201), publish, due: batch.AcceptBy };
};
