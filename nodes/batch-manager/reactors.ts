import { isRecord } from '../lib/signal.ts';
import type { Condition } from '../lib/store.ts';
import { mayChange } from './access.ts';
import { answered, asked, Refusal, wrong, type Outcome } from './answers.ts';
import { bookable } from './availability.ts';
import { bodyOf, type Premises, type Reactor, type StoredBatch } from './batch.ts';
import { isLevel, nearby, parseFacility, placeOf, type Facility } from './facility.ts';
import { orderTo } from './orders.ts';
import { wired, type Request } from './requests.ts';
import { isOver, reactorCommands } from './statuses.ts';

const MAX = 10_000;

const listReactors = async (
  { records, shelves }: Premises,
  where: readonly Condition[] = [],
): Promise<Reactor[]> => {
  const listing = { where, sort: [{ field: '$id' }], limit: MAX };
  const { documents } = await records.list(shelves.reactors, listing);
  return documents.map((document) => bodyOf<Reactor>(document));
};

/** The conditions that a reactor stands in a facility. */
export const inFacility = (facility: Pick<Facility, 'City' | 'Zip' | 'Name'>): readonly Condition[] => [
  { field: 'Facility', is: '=', value: placeOf(facility) },
  { field: 'FacilityName', is: '=', value: facility.Name },
];

const FACILITY_ID = /^([^|]+)\|([^|]+)\|([^|\p{Cc}\p{Cs}]{1,100})$/u;
/** The parts of a facility's id; throws where it cannot be one. */
export const partsOf = (id: unknown): Pick<Facility, 'Id' | 'City' | 'Zip' | 'Name'> => {
  const [Id, City, Zip, Name] = FACILITY_ID.exec(typeof id === 'string' ? id : '') ?? [];
  if (Id !== undefined && isLevel(City) && isLevel(Zip) && Name !== undefined && Name.trim() === Name)
    return { Id, City, Zip, Name };
  throw wrong('Facility', 'the id of a facility such as TJ|22105|Byby Macroplaza', id);
};

/** Facilities, by id, with how many of their reactors are free. */
export const facilities = async (premises: Premises, { payload }: Request): Promise<Outcome> => {
  const { records, shelves } = premises;
  const fits = asked(() => nearby(payload));
  const { documents } = await records.list(shelves.facilities, { sort: [{ field: '$id' }], limit: MAX });
  const found = documents.map((document) => bodyOf<Facility>(document)).filter(fits);
  const free = new Map<string, number>();
  for (const { Facility, FacilityName } of await listReactors(premises, bookable))
    free.set(`${Facility}|${FacilityName}`, (free.get(`${Facility}|${FacilityName}`) ?? 0) + 1);
  return answered({ items: found.map((facility) => ({ ...facility, Free: free.get(facility.Id) ?? 0 })) });
};

export const reactors = async (premises: Premises, { payload }: Request): Promise<Outcome> => {
  const wanted = isRecord(payload) ? payload['Facility'] : undefined;
  const isAll = wanted === undefined || wanted === null || wanted === '';
  const where = isAll ? [] : asked(() => inFacility(partsOf(wanted)));
  const items = (await listReactors(premises, where)).map((reactor) => ({
    Id: reactor.Id,
    Facility: reactor.Facility,
    FacilityName: reactor.FacilityName,
    Available: reactor.Available,
    Batch: reactor.Batch ?? null,
    Online: reactor.Online !== false && reactor.Silent !== true,
    Seen: reactor.Seen ?? null,
  }));
  return answered({ items });
};

/** The batch a reactor is reserved for and not done with. */
const batchIn = async (
  { records, shelves }: Premises,
  { Batch = '' }: Reactor,
): Promise<StoredBatch | undefined> => {
  const document = Batch === '' ? undefined : await records.get(shelves.batches, Batch);
  const batch = document && bodyOf<StoredBatch>(document);
  return batch && !isOver(batch.Status) ? batch : undefined;
};

/**
 * What an operator does at the reactor itself: the button, the self test, the end of a fault. While a batch is in it, that
 * is for the owner of the batch, and it is meant for this batch only.
 */
export const reactorCommand = async (
  premises: Premises,
  { id, payload, caller }: Request,
): Promise<Outcome> => {
  const command = commandOf(payload, reactorCommands);
  const document = isLevel(id) ? await premises.records.get(premises.shelves.reactors, id) : undefined;
  if (!document) throw new Refusal(404, `There is no bioreactor ${id}`);
  const reactor = bodyOf<Reactor>(document);
  const batch = await batchIn(premises, reactor);
  if (batch && !mayChange(caller, batch.Email))
    throw new Refusal(403, `The bioreactor ${id} holds a batch that is not a batch of ${caller.user}`);
  const order = { command, ...(batch && { Id: batch.Id }), user: caller.user };
  return { ...answered({}, 202), publish: [orderTo(reactor, order, premises.now())] };
};

/** The command a payload names; throws a refusal where it is none of these. */
export const commandOf = (payload: unknown, words: readonly string[]): string => {
  const command: unknown = isRecord(payload) ? payload['command'] : undefined;
  const found = words.find((word) => word === command);
  if (found !== undefined) return found;
  throw new Refusal(400, wrong('command', `one of ${words.join(', ')}`, command).message);
};

/** Puts facilities that are not there yet; those that are stay as they are. */
export const seed = async ({ records, shelves }: Premises, { payload }: Request): Promise<Outcome> => {
  const list = wired(payload);
  if (!Array.isArray(list)) throw wrong('payload', 'a list of facilities', payload);
  for (const facility of list.map((raw: unknown, index) => parseFacility(raw, `payload[${index}]`)))
    if (!(await records.get(shelves.facilities, facility.Id)))
      await records.put(shelves.facilities, facility.Id, { ...facility });
  return {};
};
