import type { JournalEntry, StoredBatch } from '../../nodes/batch-manager/batch.ts';
import type { Recipe } from '../../nodes/batch-manager/recipe.ts';

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
