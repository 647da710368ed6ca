import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import type { Condition, Document, Listing } from '../lib/store.ts';
import { checkedBody, checkedConditions, checkedListing, checkedName } from '../plant-database/documents.ts';
import type { Operation, RecordStoreSettings } from './config.ts';

type Order = NonNullable<Listing['sort']>;

/** Conditions as people write them: an object of fields that must be equal, or the list that a store takes. */
export const conditionsOf = (raw: unknown, name: string): readonly Condition[] => {
  const list = isRecord(raw) ? Object.entries(raw).map(([field, value]) => ({ field, is: '=', value })) : raw;
  return checkedConditions(list, name);
};

const orderBy = (word: string): Order[number] =>
  word.startsWith('-') ? { field: word.slice(1).trim(), descending: true } : { field: word };

/** An order as people write it: `-$created, name`, or the list that a store takes. */
export const orderOf = (raw: unknown, name: string): Order => {
  if (raw === undefined) return [];
  const list: unknown =
    typeof raw === 'string'
      ? raw
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== '')
          .map(orderBy)
      : raw;
  if (!Array.isArray(list)) throw new Error(`${name}: must be text or a list of fields, got ${shown(raw)}`);
  const sort = list.map((order: unknown, index) => {
    const { field, descending } = isRecord(order) ? order : {};
    if (typeof field === 'string' && (descending === undefined || typeof descending === 'boolean'))
      return { field, descending: descending === true };
    throw new Error(`${name}[${index}]: must have a field and descending, got ${shown(order)}`);
  });
  return checkedListing({ sort }).sort;
};

/** What one message asks of the store. */
export type Ask =
  | { readonly do: 'put'; readonly id: string; readonly body: Document['body'] }
  | { readonly do: 'get'; readonly id: string }
  | { readonly do: 'list'; readonly listing: Listing }
  | {
      readonly do: 'update';
      readonly id: string;
      readonly changes: Document['body'];
      readonly where: readonly Condition[];
    }
  | { readonly do: 'reserve'; readonly listing: Listing; readonly changes: Document['body'] }
  | { readonly do: 'delete'; readonly id: string; readonly where: readonly Condition[] };

type Msg = Readonly<Record<string, unknown>>;
const words: readonly Operation[] = ['put', 'get', 'list', 'update', 'reserve', 'delete'];

const operationOf = ({ operation }: RecordStoreSettings, msg: Msg): Operation => {
  if (operation !== 'message') return operation;
  const asked = words.find((word) => word === msg['operation']);
  if (asked) return asked;
  throw new Error(`operation: must be one of ${words.join(', ')}, got ${shown(msg['operation'])}`);
};

const idOf = ({ id }: Msg): string =>
  checkedName(typeof id === 'number' && Number.isFinite(id) ? String(id) : id, 'id');

const whereOf = (settings: RecordStoreSettings, { where = settings.where }: Msg): readonly Condition[] =>
  conditionsOf(where, 'where');

const listingOf = (settings: RecordStoreSettings, msg: Msg): Required<Listing> => {
  const { sort = settings.sort, limit = settings.limit, offset } = msg;
  return checkedListing({
    where: whereOf(settings, msg),
    sort: orderOf(sort, 'sort'),
    limit: limit as number, // checked there, like the offset
    ...(offset === undefined ? {} : { offset: offset as number }),
  });
};

/** Reads a message; throws an error that names the property and the value. Nothing of the message is kept. */
export const askOf = (settings: RecordStoreSettings, msg: Msg): Ask => {
  const operation = operationOf(settings, msg);
  const payload = (): Document['body'] => checkedBody(msg['payload'], 'payload').body;
  switch (operation) {
    case 'put': {
      const { id } = msg;
      return {
        do: operation,
        id: id === undefined || id === null || id === '' ? '' : idOf(msg),
        body: payload(),
      };
    }
    case 'get':
      return { do: operation, id: idOf(msg) };
    case 'list':
      return { do: operation, listing: listingOf(settings, msg) };
    case 'update':
      return { do: operation, id: idOf(msg), changes: payload(), where: whereOf(settings, msg) };
    case 'reserve':
      return { do: operation, listing: listingOf(settings, msg), changes: payload() };
    case 'delete':
      return { do: operation, id: idOf(msg), where: whereOf(settings, msg) };
  }
};
