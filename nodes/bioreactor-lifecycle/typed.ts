import { parseBoolean, parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';

/**
 * The typed JSON of DynamoDB, where every value says its type: `{"N": "5"}` is 5, `{"M": {"S": {"S": "x"}}}` is an object
 * whose attribute is named S. Binary types have no meaning here.
 */
type Reader = (value: unknown, name: string) => unknown;

const refuse = (name: string, wanted: string, value: unknown): never => {
  throw new Error(`${name}: must be ${wanted}, got ${shown(value)}`);
};
const text: Reader = (value, name) => (typeof value === 'string' ? value : refuse(name, 'text', value));
const number: Reader = (value, name) => parseNumber(value) ?? refuse(name, 'a number', value);
const listOf =
  (read: Reader): Reader =>
  (value, name) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => read(item, `${name}.${index}`))
      : refuse(name, 'a list', value);

/** Reads one typed value; throws an error that names where the value stands. */
export const decodeTyped: Reader = (value, name) => {
  const [pair, ...others] = isRecord(value) ? Object.entries(value) : [];
  const read = pair && others.length === 0 ? readers.get(pair[0]) : undefined;
  return pair && read ? read(pair[1], name) : refuse(name, 'a typed value of DynamoDB', value);
};

/** Reads the attributes of an item. */
export const decodeItem = (item: unknown, name: string): Readonly<Record<string, unknown>> =>
  isRecord(item)
    ? Object.fromEntries(
        Object.entries(item).map(([key, value]) => [key, decodeTyped(value, `${name}.${key}`)]),
      )
    : refuse(name, 'an object', item);

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['S', text],
  ['N', number],
  ['BOOL', (value, name) => parseBoolean(value) ?? refuse(name, 'true or false', value)],
  ['NULL', () => null],
  ['M', decodeItem],
  ['L', listOf(decodeTyped)],
  ['SS', listOf(text)],
  ['NS', listOf(number)],
]);
