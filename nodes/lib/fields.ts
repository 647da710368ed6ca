import { listOf } from './list.ts';
import { isRecord } from './signal.ts';
import { parseBoolean, parseNumber, shown } from './number.ts';

/**
 * One field of a node's form: the value the editor starts with, and how the runtime reads what the form stores.
 * Editor and runtime share these as values, so both refuse the same input with the same sentence.
 */
export interface Field<T> {
  readonly value: string | number | boolean;
  /** the type of the config node it names */
  readonly type?: string;
  readonly required?: boolean;
  /** The setting, or an error whose message names the field and the value. */
  readonly parse: (raw: unknown, name: string) => T;
}
export type Fields = Readonly<Record<string, Field<unknown>>>;
/** What the fields are once they are read. */
export type Parsed<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
/** What the editor stores: everything typed in a form arrives as text. */
export type Stored<F extends Fields> = { readonly [K in keyof F]?: string | number | boolean };

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  /** greater than, not equal */
  readonly above?: number;
  readonly integer?: boolean;
}

const refuse = (name: string, wanted: string, raw: unknown): never => {
  throw new Error(`${name}: ${wanted}, got ${shown(raw)}`);
};
const blank = (raw: unknown): boolean => raw === undefined || raw === null || raw === '';

const wanted = ({ min, max, above, integer }: NumberLimits): string => {
  const limits = [
    above === undefined ? '' : `above ${above}`,
    min === undefined ? '' : `of at least ${min}`,
    max === undefined ? '' : `${above === undefined && min === undefined ? 'of ' : ''}at most ${max}`,
  ].filter((limit) => limit !== '');
  return `must be a ${integer ? 'whole ' : ''}number ${limits.join(' and ')}`.trim();
};

const checked = (raw: unknown, name: string, limits: NumberLimits): number => {
  const value = parseNumber(raw);
  const { min = -Infinity, max = Infinity, above = -Infinity, integer = false } = limits;
  return value === undefined || value < min || value > max || value <= above || (integer && value % 1 !== 0)
    ? refuse(name, wanted(limits), raw)
    : value;
};

/** A number within limits. A flow saved before the field existed has its default. */
export const numberField = (value: number, limits: NumberLimits = {}): Field<number> => ({
  value,
  parse: (raw, name) => (raw === undefined ? value : checked(raw, name, limits)),
});

/** A number within limits, or blank for "none". */
export const optionalNumberField = (
  value: number | '' = '',
  limits: NumberLimits = {},
): Field<number | undefined> => ({
  value,
  parse: (raw, name) => {
    const given = raw === undefined ? value : raw;
    return blank(given) ? undefined : checked(given, name, limits);
  },
});

/** One of some words. */
export const choiceField = <const T extends string>(value: T, options: readonly T[]): Field<T> => ({
  value,
  parse: (raw, name) => {
    const word = raw === undefined ? value : raw;
    return (
      options.find((option) => option === word) ?? refuse(name, `must be one of ${options.join(', ')}`, raw)
    );
  },
});

/** A text; `required` refuses a blank one. */
export const textField = (value = '', { required = false } = {}): Field<string> => ({
  value,
  required,
  parse: (raw, name) => {
    const text = raw === undefined ? value : raw;
    if (typeof text !== 'string') return refuse(name, 'must be text', raw);
    return required && text.trim() === '' ? refuse(name, 'must not be blank', raw) : text.trim();
  },
});

/** A tick box. `"false"` is false here. */
export const flagField = (value: boolean): Field<boolean> => ({
  value,
  parse: (raw, name) =>
    raw === undefined ? value : (parseBoolean(raw) ?? refuse(name, 'must be true or false', raw)),
});

/** The id of a config node, blank for none; `required` refuses none. */
export const configField = (type: string, { required = false } = {}): Field<string> => ({
  ...textField('', { required }),
  type,
});

/** A list of rows, stored as JSON text; an error names the row and its field. */
export const rowsField = <F extends Fields>(row: F, wanted: string): Field<readonly Parsed<F>[]> => ({
  value: '[]',
  parse: (raw, name) => {
    const list = listOf(raw);
    if (!list) return refuse(name, `must be a JSON list of ${wanted}`, raw);
    return list.map((values, index) =>
      isRecord(values)
        ? parseFields(row, values, `${name}[${index}].`)
        : refuse(`${name}[${index}]`, `must be one of the ${wanted}`, values),
    );
  },
});

/** Reads every field of a stored node, or throws an error that names the first one that cannot be read, after `prefix`. */
export const parseFields = <F extends Fields>(fields: F, def: object, prefix = ''): Parsed<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.parse(Reflect.get(def, name), prefix + name)]),
  ) as Parsed<F>;

/** The `defaults` of the editor's registerType. In a form everything is text, so that is how the editor's types see it. */
export type EditorDefaults<F extends Fields> = {
  [K in keyof F]: {
    value: string;
    type?: string;
    required?: boolean;
    validate?: (value: string) => boolean;
  };
};

/** The editor's defaults, with a validator that returns true or the sentence the runtime would say. */
export const editorDefaults = <F extends Fields>(fields: F): EditorDefaults<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { value, type, required = false, parse }]) => [
      name,
      type === undefined
        ? { value, required, validate: editorValidator(parse, name) }
        : { value, type, required },
    ]),
  ) as object as EditorDefaults<F>;

const ENVIRONMENT = /^\$\{.+\}$/;

// Two parameters: with one, the editor takes a sentence for "valid".
const editorValidator =
  (parse: Field<unknown>['parse'], name: string) =>
  (value: unknown, _options: unknown): true | string => {
    if (typeof value === 'string' && ENVIRONMENT.test(value)) return true;
    try {
      parse(value, name);
      return true;
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  };
