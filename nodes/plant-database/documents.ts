import type { Comparison, Condition, Document, Listing } from '../lib/store.ts';
import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';

/** What a document may be, the same in every database: what one of them cannot keep is refused by all. */
const BODY_MAX_BYTES = 1_048_576;
/** MariaDB reads JSON of 32 levels; a condition needs none of its own. */
const DEPTH_MAX = 30;
export const NAME_MAX = 200;
export const LIMIT_DEFAULT = 100;
export const LIMIT_MAX = 10_000;
const SEGMENTS_MAX = 8;
const INDEXES_MAX = 3;

type Body = Document['body'];

const refuse = (name: string, wanted: string, value: unknown): never => {
  throw new Error(`${name}: must be ${wanted}, got ${shown(value)}`);
};

/** The name of a collection or a document. MySQL takes `a` and `a ` for the same key: so no blanks at the ends. */
export const checkedName = (value: unknown, name: string): string =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= NAME_MAX &&
  value.trim() === value &&
  !/[\p{Cc}\p{Cs}]/u.test(value)
    ? value
    : refuse(name, `text of 1 to ${NAME_MAX} characters without blanks at its ends`, value);

/** PostgreSQL cannot keep these in its JSON. */
const keeps = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const checkValue = (value: unknown, path: string, depth: number): void => {
  if (depth > DEPTH_MAX) throw new Error(`${path}: is nested deeper than ${DEPTH_MAX} levels`);
  if (typeof value === 'string' && !keeps(value))
    throw new Error(
      `${path}: must have neither a NUL character nor half a surrogate pair, got ${shown(value)}`,
    );
  if (typeof value === 'number' && !Number.isFinite(value)) refuse(path, 'a finite number', value);
  if (typeof value !== 'object' || value === null) return;
  const entries: readonly [string, unknown][] = Array.isArray(value)
    ? value.map((inner: unknown, index) => [String(index), inner])
    : Object.entries(value);
  for (const [key, inner] of entries) {
    if (!keeps(key))
      throw new Error(
        `${path}: a key must have neither a NUL character nor half a surrogate pair, got ${shown(key)}`,
      );
    checkValue(inner, `${path}.${key}`, depth + 1);
  }
};

const jsonOf = (value: unknown, name: string): string => {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new Error(`${name}: has no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
};

/** A body as it is stored, and as it will be read. Throws where it is no object, too large, or cannot be kept. */
export const checkedBody = (
  value: unknown,
  name = 'body',
): { readonly text: string; readonly body: Body } => {
  if (!isRecord(value)) return refuse(name, 'an object', value);
  const text = jsonOf(value, name);
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > BODY_MAX_BYTES)
    throw new Error(`${name}: must be at most ${BODY_MAX_BYTES} bytes of JSON, got ${bytes}`);
  const body: unknown = JSON.parse(text);
  // First as it was given: JSON makes null of numbers that are not finite.
  checkValue(value, name, 1);
  checkValue(body, name, 1);
  return isRecord(body) ? { text, body } : refuse(name, 'an object', body);
};

/** RFC 7396: null takes a member away, objects are merged, anything else replaces. */
export const merged = (target: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch;
  // A map, so that a member called `__proto__` is one like any other.
  const members = new Map(isRecord(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) members.delete(key);
    else members.set(key, merged(members.get(key), value));
  }
  return Object.fromEntries(members);
};

const comparisons: readonly Comparison[] = ['=', '!=', '<', '<=', '>', '>='];
/** What a document is told by, beside its body. */
export const columns = ['id', 'version', 'created', 'updated'] as const;
export type Column = (typeof columns)[number];
/** A place in a document: a column, or a path in its body. */
export type Place = { readonly column: Column } | { readonly path: readonly string[] };

const INDEX = /^(0|[1-9]\d{0,8})$/;
const WORD = /^[\w-]*[A-Za-z_][\w-]*$/;
export const isIndex = (segment: string): boolean => INDEX.test(segment);

/** Reads the name of a field; throws where it is none. A path names members and, by whole numbers, places in lists. */
export const placeOf = (field: unknown, name: string): Place => {
  if (typeof field !== 'string') return refuse(name, 'the name of a field', field);
  if (field.startsWith('$')) {
    const column = columns.find((known) => `$${known}` === field);
    return column
      ? { column }
      : refuse(name, `one of ${columns.map((known) => `$${known}`).join(', ')}`, field);
  }
  const path = field.split('.');
  return path.length <= SEGMENTS_MAX &&
    path.filter(isIndex).length <= INDEXES_MAX &&
    path.every((segment) => segment.length <= NAME_MAX && (INDEX.test(segment) || WORD.test(segment)))
    ? { path }
    : refuse(
        name,
        `a path of at most ${SEGMENTS_MAX} parts of letters, digits, _ and - (${INDEXES_MAX} of them numbers)`,
        field,
      );
};

/** Conditions that can be asked of any database, or an error that names what is wrong. */
export const checkedConditions = (where: unknown, name = 'where'): readonly Condition[] => {
  if (where === undefined) return [];
  if (!Array.isArray(where)) return refuse(name, 'a list of conditions', where);
  return where.map((condition: unknown, index): Condition => {
    const at = `${name}[${index}]`;
    if (!isRecord(condition)) return refuse(at, 'an object with field, is and value', condition);
    const { field, value } = condition;
    placeOf(field, `${at}.field`);
    const is =
      comparisons.find((known) => known === condition['is']) ??
      refuse(`${at}.is`, `one of ${comparisons.join(', ')}`, condition['is']);
    const isText = typeof value === 'string' && keeps(value);
    const orders = is !== '=' && is !== '!=';
    if (isText || (typeof value === 'number' && Number.isFinite(value)))
      return { field: String(field), is, value };
    if (orders) return refuse(`${at}.value`, `a number or text for ${is}`, value);
    return value === null || typeof value === 'boolean'
      ? { field: String(field), is, value }
      : refuse(`${at}.value`, 'a number, text, true, false or null', value);
  });
};

const whole = (value: unknown, name: string, most: number, fallback: number): number => {
  if (value === undefined) return fallback;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
    ? value
    : refuse(name, `a whole number from 0 to ${most}`, value);
};

/** A listing with nothing left out, or an error that names what is wrong. */
export const checkedListing = ({ where, sort = [], limit, offset }: Listing): Required<Listing> => {
  if (!Array.isArray(sort)) return refuse('sort', 'a list of fields', sort);
  for (const [index, order] of sort.entries()) placeOf(order?.field, `sort[${index}].field`);
  return {
    where: checkedConditions(where),
    sort,
    limit: whole(limit, 'limit', LIMIT_MAX, LIMIT_DEFAULT),
    offset: whole(offset, 'offset', Number.MAX_SAFE_INTEGER, 0),
  };
};

const member = (value: unknown, segment: string): unknown => {
  if (Array.isArray(value)) return isIndex(segment) ? value[Number(segment)] : undefined;
  return isRecord(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
};

/** What stands in a document at a place; undefined where there is nothing. */
export const valueAt = (document: Document, place: Place): unknown =>
  'column' in place ? document[place.column] : place.path.reduce(member, document.body as unknown);

/** Text is in the order of its code points: the one order that all databases share. */
export const compareText = (a: string, b: string): number => {
  const [left, right] = [Array.from(a), Array.from(b)];
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

const orderings: Readonly<Record<Exclude<Comparison, '=' | '!='>, (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

/** Values of another type are never equal, neither less nor greater; what is not there is null. */
const holds = (found: unknown, { is, value }: Condition): boolean => {
  if (is === '=') return (found ?? null) === value;
  if (is === '!=') return (found ?? null) !== value;
  if (typeof found === 'number' && typeof value === 'number') return orderings[is](found - value);
  if (typeof found === 'string' && typeof value === 'string') return orderings[is](compareText(found, value));
  return false;
};

/** Whether a document meets all conditions. */
export const meets = (document: Document, where: readonly Condition[]): boolean =>
  where.every((condition) => holds(valueAt(document, placeOf(condition.field, 'field')), condition));
