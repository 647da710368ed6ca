import { numberField, parseFields, type Field, type NumberLimits } from '../lib/fields.ts';
import { isRecord } from '../lib/signal.ts';
import { wrong } from './answers.ts';

export interface Ingredient {
  readonly name: string;
  /** g */
  readonly amount: number;
}
export interface Restriction {
  readonly Sensor: SensorName;
  readonly min: number;
  readonly max: number;
}
/** What is brewed, without who wrote it down. */
export interface Recipe {
  readonly Name: string;
  /** how long the reactor runs, process time */
  readonly DurationSeconds: number;
  readonly Ingredients: {
    /** L */
    readonly Water: number;
    readonly Hops: readonly Ingredient[];
    readonly Yeast: readonly Ingredient[];
    /** malt or syrup */
    readonly Syrup: readonly Ingredient[];
  };
  /** one of each sensor that is watched, in the order of `sensors`; always one of the temperature */
  readonly Restrictions: readonly Restriction[];
}

export type SensorName = 'Temperature' | 'PH' | 'Pressure';
/** What a reactor measures: the key of its series, and the limits a recipe may ask for. */
export const sensors: readonly {
  readonly name: SensorName;
  readonly key: 'temperature' | 'ph' | 'pressure';
  readonly unit: string;
  readonly bounds: readonly [number, number];
}[] = [
  { name: 'Temperature', key: 'temperature', unit: 'Cel', bounds: [-55, 125] },
  { name: 'PH', key: 'ph', unit: '[pH]', bounds: [0, 14] },
  { name: 'Pressure', key: 'pressure', unit: 'hPa', bounds: [300, 1100] },
];

export const ROWS_MAX = 20;
/** L and g: more than any reactor of this kind holds is a slip of the finger. */
const WATER_MAX = 1000;
const AMOUNT_MAX = 1_000_000;
export const DURATION_MAX_SECONDS = 60 * 86_400;
const DURATION_SECONDS = 30;

const NAME = /^[a-zA-ZñÑ0-9 ]{1,60}$/;
/** Whether text can be the name of a recipe at all. */
export const isRecipeName = (text: string): boolean => NAME.test(text) && text.trim() === text;

/** A form may leave out what has a default; of the rest nothing is made up. */
const needed = <T>(field: Field<T>): Field<T> => ({
  ...field,
  parse: (raw, name) => field.parse(raw === undefined ? '' : raw, name),
});
const number = (limits: NumberLimits): Field<number> => needed(numberField(NaN, limits));
const nameField: Field<string> = {
  value: '',
  parse: (raw, name) => {
    // A letter and its tilde may come as two characters.
    const text = typeof raw === 'string' ? raw.normalize('NFC').trim() : '';
    if (isRecipeName(text)) return text;
    throw wrong(name, '1 to 60 letters, digits and blanks', raw);
  },
};

const listOf = (raw: unknown, name: string, wanted: string): readonly unknown[] => {
  if (Array.isArray(raw)) return raw;
  throw wrong(name, wanted, raw);
};
const ingredient = { name: nameField, amount: number({ above: 0, max: AMOUNT_MAX }) };
const ingredientsField: Field<readonly Ingredient[]> = {
  value: '',
  parse: (raw, name) => {
    const rows = listOf(raw, name, `a list of 1 to ${ROWS_MAX} ingredients`);
    if (rows.length < 1 || rows.length > ROWS_MAX)
      throw new Error(`${name}: must have 1 to ${ROWS_MAX} rows, got ${rows.length}`);
    return rows.map((row, index) => {
      if (!isRecord(row)) throw wrong(`${name}[${index}]`, 'an ingredient with name and amount', row);
      return parseFields(ingredient, row, `${name}[${index}].`);
    });
  },
};

const sensorOf = (raw: unknown, name: string): (typeof sensors)[number] => {
  const text = typeof raw === 'string' ? raw.trim().toLowerCase() : raw;
  const found = sensors.find((sensor) => sensor.key === text);
  if (found) return found;
  throw wrong(name, `one of ${sensors.map((sensor) => sensor.name).join(', ')}`, raw);
};
const restrictionOf = (row: unknown, name: string): Restriction => {
  if (!isRecord(row)) throw wrong(name, 'a restriction with Sensor, min and max', row);
  const { name: Sensor, bounds } = sensorOf(row['Sensor'], `${name}.Sensor`);
  const limit = number({ min: bounds[0], max: bounds[1] });
  const { min, max } = parseFields({ min: limit, max: limit }, row, `${name}.`);
  if (min < max) return { Sensor, min, max };
  throw new Error(`${name}: min of ${Sensor} must be below max, got ${min} and ${max}`);
};
const restrictions = 'a list of restrictions with one of Temperature, which the heater follows';
/** A sensor without a range is not watched; the temperature has to have one. */
const restrictionsField: Field<readonly Restriction[]> = {
  value: '',
  parse: (raw, name) => {
    const found = new Map<SensorName, Restriction>();
    for (const [index, row] of listOf(raw, name, restrictions).entries()) {
      const restriction = restrictionOf(row, `${name}[${index}]`);
      if (found.has(restriction.Sensor))
        throw wrong(`${name}[${index}].Sensor`, 'another one in each row', restriction.Sensor);
      found.set(restriction.Sensor, restriction);
    }
    if (!found.has('Temperature')) throw wrong(name, restrictions, raw);
    return sensors.flatMap((sensor) => found.get(sensor.name) ?? []);
  },
};

const ingredients = {
  Water: number({ above: 0, max: WATER_MAX }),
  Hops: ingredientsField,
  Yeast: ingredientsField,
  Syrup: ingredientsField,
};
const ingredientsOf: Field<Recipe['Ingredients']> = {
  value: '',
  parse: (raw, name) => {
    if (!isRecord(raw)) throw wrong(name, 'an object with Water, Hops, Yeast and Syrup', raw);
    return parseFields(ingredients, raw, `${name}.`);
  },
};
const recipe = {
  Name: nameField,
  DurationSeconds: numberField(DURATION_SECONDS, { min: 1, max: DURATION_MAX_SECONDS }),
  Ingredients: ingredientsOf,
  Restrictions: restrictionsField,
};

/** Reads a recipe, numbers also as text; throws an error that names the field and the value. Nothing else is kept. */
export const parseRecipe = (raw: unknown): Recipe => {
  if (!isRecord(raw)) throw wrong('payload', 'a recipe with Name, Ingredients and Restrictions', raw);
  return parseFields(recipe, raw);
};
