import { checkFor } from '../lib/body-schema.ts';
import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { decodeItem } from './typed.ts';

/** The range one quantity has to stay in. */
export interface Restriction {
  readonly Sensor: string;
  readonly min: number;
  readonly max: number;
}
/** What is to be brewed, for whom. What is not named here travels with it as it came. */
export interface Batch {
  readonly Id: string;
  readonly Email: string;
  readonly Recipe: {
    readonly Name: string;
    /** how long it runs */
    readonly DurationSeconds?: number;
    readonly Restrictions: readonly Restriction[];
  };
  readonly Bioreactor?: { readonly Id?: string };
}

const LONGEST_RUN_SECONDS = 60 * 86_400;
const text = { type: 'string', minLength: 1, maxLength: 200 };
const number = { type: 'number' };
const amount = { type: 'number', exclusiveMinimum: 0 };
type Schema = Readonly<Record<string, unknown>>;
const objectOf = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const ingredients = listOf(objectOf({ name: text, amount }, ['name', 'amount']));
const restriction = objectOf({ Sensor: text, min: number, max: number }, ['Sensor', 'min', 'max']);
const recipe = objectOf(
  {
    Name: text,
    Timestamp: number,
    DurationSeconds: { type: 'number', minimum: 1, maximum: LONGEST_RUN_SECONDS },
    Ingredients: objectOf({ Water: amount, Hops: ingredients, Yeast: ingredients, Syrup: ingredients }),
    Restrictions: listOf(restriction),
  },
  ['Name', 'Restrictions'],
);
const check = checkFor(
  objectOf({ Id: text, Email: text, Timestamp: number, Recipe: recipe, Bioreactor: objectOf({ Id: text }) }, [
    'Id',
    'Email',
    'Recipe',
  ]),
);

/** What holds a number; the original wrote some of them as text. */
const numeric = new Set(['Timestamp', 'DurationSeconds', 'Water', 'amount', 'min', 'max']);
const withNumbers = (value: unknown, key = ''): unknown => {
  if (typeof value === 'string') return numeric.has(key) ? (parseNumber(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => withNumbers(item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withNumbers(item, name)]));
};

const parsed = (payload: unknown): unknown => {
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload);
  } catch (cause) {
    throw new Error(`batch: must be JSON, got ${shown(payload)}`, { cause });
  }
};

/** A batch as plain JSON: the record of a DynamoDB stream, a typed item (where even the id is no text), or what it is. */
const plain = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  if (isRecord(raw['NewImage']))
    return { ...decodeItem(raw['Keys'] ?? {}, 'Keys'), ...decodeItem(raw['NewImage'], 'NewImage') };
  return isRecord(raw['Id']) ? decodeItem(raw, 'batch') : raw;
};

/** Throws an error that names the field and the value where this is no batch. */
function assertBatch(value: unknown): asserts value is Batch {
  if (!isRecord(value)) throw new Error(`batch: must be an object, got ${shown(value)}`);
  check(value, 'batch');
  for (const [index, { min, max }] of (value as object as Batch).Recipe.Restrictions.entries())
    if (!(min < max))
      throw new Error(`batch.Recipe.Restrictions.${index}.max: must be above min (${min}), got ${max}`);
}

/** Reads a batch from the wire: plain or typed, text or object. Throws an error that names the field and the value. */
export const readBatch = (payload: unknown): Batch => {
  const raw = parsed(payload);
  const batch = withNumbers(isRecord(raw) ? plain(raw) : raw);
  assertBatch(batch);
  return batch;
};

/** Whether something that was kept is a batch. */
export const isBatch = (value: unknown): value is Batch => {
  try {
    assertBatch(value);
    return true;
  } catch {
    return false; // who asks says what it is no batch of
  }
};

/** The range of a quantity, whichever way its name is written; null where there is none. */
export const rangeOf = (
  { Recipe: { Restrictions } }: Batch,
  quantity: string,
): { readonly min: number; readonly max: number } | null => {
  const found = Restrictions.find(({ Sensor }) => Sensor.toLowerCase() === quantity.toLowerCase());
  return found ? { min: found.min, max: found.max } : null;
};

/** What a recipe may leave out; what else is measured is needed whatever it says. */
const choosable = new Set(['temperature', 'ph', 'pressure']);
/** The quantities a batch cannot do without: all where there is none, or one without any range (of another client). */
export const watchedIn = (quantities: readonly string[], batch: Batch | undefined): readonly string[] =>
  batch === undefined || batch.Recipe.Restrictions.length === 0
    ? quantities
    : quantities.filter((name) => !choosable.has(name.toLowerCase()) || rangeOf(batch, name) !== null);
