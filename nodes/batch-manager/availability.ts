import { parseBoolean } from '../lib/number.ts';
import type { Condition, Document } from '../lib/store.ts';
import { wrong, type Outcome } from './answers.ts';
import {
  asBody,
  bodyOf,
  failed,
  NO_ANSWER,
  settled,
  type Premises,
  type Reactor,
  type StoredBatch,
} from './batch.ts';
import { checkedPlace, labelOf, levelOf } from './facility.ts';
import { noted, noticeOf } from './journal.ts';
import { objectOf, seqOf, type Request } from './requests.ts';
import { isOver } from './statuses.ts';

/** Reads what a reactor says of itself; throws an error that names the member and the value. */
export const parseAvailability = (
  payload: unknown,
): Pick<Reactor, 'Id' | 'Facility' | 'FacilityName' | 'Available'> => {
  const raw = objectOf(payload);
  const available = parseBoolean(raw['Available']);
  if (available === undefined) throw wrong('Available', 'True or False', raw['Available']);
  return {
    Id: levelOf(raw['Id'], 'Id'),
    Facility: checkedPlace(raw['Facility'], 'Facility'),
    FacilityName: labelOf(raw['FacilityName'], 'FacilityName'),
    Available: available ? 'True' : 'False',
  };
};

/** What stands in a reactor that nobody has reserved (RFC 7396: null takes a member away). */
const UNRESERVED = { Batch: null, Reserved: null };

/** Takes a reservation back, where the reactor is still reserved for this batch. */
export const release = async (
  { records, shelves }: Premises,
  reactor: string,
  batch: string,
  changes: object,
): Promise<boolean> => {
  const still: Condition = { field: 'Batch', is: '=', value: batch };
  const body = asBody({ ...UNRESERVED, ...changes });
  return (await records.update(shelves.reactors, reactor, body, [still])) !== undefined;
};

/**
 * What a reactor's "I am free" means while it is reserved for a batch. `keep`: it was said before the reactor had the
 * batch, or has come twice; `fail`: the batch must be over, but nobody has said so; `free`: all is as it should be.
 */
export const judged = (
  { Reserved = 0 }: Reactor,
  batch: StoredBatch | undefined,
  retained: boolean,
  { now, acceptMs }: Pick<Premises, 'now' | 'acceptMs'>,
): 'keep' | 'fail' | 'free' => {
  if (!batch) return now() < Reserved + acceptMs ? 'keep' : 'free'; // it is just being made
  if (isOver(batch.Status)) return 'free';
  if (retained) return 'keep';
  if (batch.Status !== 'Ready to Start') return 'fail';
  return now() < (batch.Accepted ? batch.Changed + acceptMs : batch.AcceptBy) ? 'keep' : 'fail';
};

/** Ends a batch that its reactor is no longer busy with; undefined where somebody has changed it meanwhile. */
const abandon = async (premises: Premises, document: Document): Promise<Outcome | undefined> => {
  const { records, shelves, now } = premises;
  const batch = bodyOf<StoredBatch>(document);
  const reason = batch.Accepted ? 'the reactor became free before the batch was over' : NO_ANSWER;
  const as: Condition = { field: '$version', is: '=', value: document.version };
  if (!(await records.update(shelves.batches, batch.Id, failed(reason, now()), [as]))) return undefined;
  const what = { to: 'Failed', signal: 'free', reason, refused: false };
  return noted(premises, noticeOf(batch, now(), what));
};

/**
 * What a reactor says of itself. "True" does not free a reactor that has been given a batch and has not answered yet:
 * it was said before.
 */
export const updateAvailability = async (
  premises: Premises,
  { payload, retained }: Request,
): Promise<Outcome> => {
  const { records, shelves, now } = premises;
  const raw = objectOf(payload);
  const said = parseAvailability(raw);
  const seq = seqOf(raw);
  const { Available, ...place } = said;
  // What the broker has kept says nothing of whether the reactor is alive.
  const seen = retained ? place : { ...place, Seen: now(), Silent: null };
  let result: Outcome = {};
  return settled(async () => {
    const document = await records.get(shelves.reactors, said.Id);
    if (!document) {
      await records.put(shelves.reactors, said.Id, { ...said, Seen: now() });
      return { result };
    }
    const reactor = bodyOf<Reactor>(document);
    let changes: object = { ...seen, Available };
    if (Available === 'True' && reactor.Batch !== undefined) {
      const found = await records.get(shelves.batches, reactor.Batch);
      const batch = found && bodyOf<StoredBatch>(found);
      // It was said before what the reactor has said of the batch since, and has come twice.
      const isLate = batch?.Seq !== undefined && seq !== undefined && seq < batch.Seq;
      const verdict = isLate ? 'keep' : judged(reactor, batch, retained, premises);
      if (verdict === 'fail' && found) {
        const ended = await abandon(premises, found);
        if (!ended) return undefined;
        result = ended;
      }
      changes = verdict === 'keep' ? seen : { ...changes, ...UNRESERVED };
    }
    const as: Condition = { field: '$version', is: '=', value: document.version };
    return (await records.update(shelves.reactors, said.Id, asBody(changes), [as])) && { result };
  });
};

/**
 * Whether a reactor is connected, as its birth and its last will say. Of one that has never said what it is nothing is
 * made: it says so when it has connected.
 */
export const updateOnline = async (
  { records, shelves }: Premises,
  { payload }: Request,
): Promise<Outcome> => {
  const raw = objectOf(payload);
  const Id = levelOf(raw['Id'], 'Id');
  const place = checkedPlace(raw['Facility'], 'Facility');
  const { Online } = raw;
  if (typeof Online !== 'boolean') throw wrong('Online', 'true or false', Online);
  await records.update(shelves.reactors, Id, { Online }, [{ field: 'Facility', is: '=', value: place }]);
  return {};
};

/** The conditions that a batch may be given to a reactor: it is free, and not known to be away. */
export const bookable: readonly Condition[] = [
  { field: 'Available', is: '=', value: 'True' },
  { field: 'Online', is: '!=', value: false },
];
