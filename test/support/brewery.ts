import assert from 'node:assert/strict';
import type { Outcome } from '../../nodes/batch-manager/answers.ts';
import {
  shelvesOf,
  type JournalEntry,
  type Reactor,
  type StoredBatch,
} from '../../nodes/batch-manager/batch.ts';
import { createManager, type Manager } from '../../nodes/batch-manager/manager.ts';
import type { Recipe } from '../../nodes/batch-manager/recipe.ts';
import type { Backend } from '../../nodes/lib/store.ts';

/** The recipe of the original's sample batch. */
export const cheve: Recipe = {
  Name: 'La cheve de Luz',
  DurationSeconds: 30,
  Ingredients: {
    Water: 10,
    Hops: [{ name: 'Hop1', amount: 400 }],
    Yeast: [
      { name: 'Yeast1', amount: 200 },
      { name: 'Yeast2', amount: 400 },
    ],
    Syrup: [{ name: 'Malt0', amount: 600 }],
  },
  Restrictions: [
    { Sensor: 'Temperature', min: 16, max: 22 },
    { Sensor: 'PH', min: 5, max: 9 },
    { Sensor: 'Pressure', min: 500, max: 940 },
  ],
};

export const macroplaza = {
  Name: 'Byby Macroplaza',
  Address: 'Blvd. Insurgentes 18015',
  City: 'TJ',
  Zip: '22105',
  Coordinates: { lat: 32.505836, lng: -116.924076 },
};
export const MACROPLAZA = 'TJ|22105|Byby Macroplaza';

/** A batch that has just been made. */
export const storedBatch = (change: Partial<StoredBatch> = {}): StoredBatch => ({
  Id: 'k3j9x0a1b2',
  Email: 'olga',
  Timestamp: 1_790_000_000,
  Status: 'Ready to Start',
  Recipe: { ...cheve, Email: 'olga', Timestamp: 1_789_000_000 },
  Bioreactor: { Id: 'pi01', Facility: 'TJ|22105', FacilityName: 'Byby Macroplaza', Available: 'False' },
  Accepted: false,
  AcceptBy: 1_790_000_060_000,
  Changed: 1_790_000_000_000,
  ...change,
});

/** What a reactor says of itself. */
export const says = (Id: string, Available: string | boolean): object => ({
  Id,
  Facility: 'TJ|22105',
  FacilityName: 'Byby Macroplaza',
  Available,
});

/** A step of a reactor's journal. */
export const step = (seq: number, from: string, to: string, change: object = {}): JournalEntry => ({
  id: `pi01-${seq}`,
  seq,
  at: seq * 1000,
  unit: 'bioreactor/1',
  reactor: 'pi01',
  batch: null,
  from,
  to,
  signal: 'press',
  user: '',
  reason: '',
  refused: false,
  ...change,
});

export type Body = Readonly<Record<string, unknown>>;
export const START = 1_790_000_000_000;
export const ACCEPT_MS = 60_000;
let breweries = 0;

/**
 * A manager with documents of its own in a database that others use too, and what tests ask of it. Its batches are numbered
 * from `firstId` on: the history is shared, and knows a batch by its id.
 */
export const openBrewery = (backend: Backend, firstId = 0) => {
  const shelves = shelvesOf(`brewery-${++breweries}`);
  const clock = { now: START };
  let ids = firstId;
  /** Another manager of the same documents: after a restart, or beside the first one. */
  const open = (records = backend.records): Manager =>
    createManager({
      records,
      history: backend.history,
      shelves,
      acceptMs: ACCEPT_MS,
      now: () => clock.now,
      newId: () => `batch${String(ids++).padStart(5, '0')}`,
      later: () => Promise.reject(new Error('nobody waits here')),
    });
  const brewery = {
    shelves,
    clock,
    open,
    manager: open(),
    tell: (topic: string, payload: unknown, more: object = {}): Promise<Outcome> =>
      brewery.manager.perform({ topic, payload, ...more }),
    async ask(topic: string, payload: unknown = {}, more: object = { user: 'olga', role: 'operator' }) {
      const outcome = await brewery.tell(topic, payload, more);
      assert.ok(outcome.answer, `${topic} has no answer`);
      return { code: outcome.answer.statusCode, body: outcome.answer.payload as Body, outcome };
    },
    itemsOf: async (topic: string, payload?: unknown, more?: object): Promise<Body[]> =>
      (await brewery.ask(topic, payload, more)).body['items'] as Body[],
    reactor: async (id = 'pi01'): Promise<Reactor> =>
      (await backend.records.get(shelves.reactors, id))?.body as unknown as Reactor,
    stored: async (id: string): Promise<StoredBatch> =>
      (await backend.records.get(shelves.batches, id))?.body as unknown as StoredBatch,
    /** A facility with some reactors, and a recipe of olga. */
    async furnish(reactors = 1): Promise<void> {
      await brewery.tell('seed', [macroplaza]);
      for (let count = 1; count <= reactors; count++)
        await brewery.tell('updateBioreactorAvailable', says(`pi0${count}`, 'True'));
      await brewery.ask('put-recipe', cheve);
    },
    async make(more: object = {}): Promise<string> {
      const { code, body } = await brewery.ask('make-batch', {
        Recipe: cheve.Name,
        Facility: MACROPLAZA,
        ...more,
      });
      assert.equal(code, 201, JSON.stringify(body));
      return String((body['batch'] as Body)['Id']);
    },
    status: (Id: string, Status: string, more: object = {}): Promise<Outcome> =>
      brewery.tell('updateBatchStatus', { Id, Status, Bioreactor: { Id: 'pi01' }, ...more }),
  };
  return brewery;
};
export const reasonsOf = ({ journal = [] }: Outcome): unknown[] => journal.map(({ reason }) => reason);
