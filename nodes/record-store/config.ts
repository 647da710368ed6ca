import {
  choiceField,
  configField,
  numberField,
  parseFields,
  textField,
  type Field,
  type Parsed,
} from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import type { Listing } from '../lib/store.ts';
import { checkedName, LIMIT_DEFAULT, LIMIT_MAX } from '../plant-database/documents.ts';
import { conditionsOf, orderOf } from './asked.ts';

export const operations = ['put', 'get', 'list', 'update', 'reserve', 'delete'] as const;
export type Operation = (typeof operations)[number];

const jsonOf = (raw: unknown, name: string): unknown => {
  if (raw === undefined) return undefined;
  if (typeof raw !== 'string') throw new Error(`${name}: must be text, got ${shown(raw)}`);
  if (raw.trim() === '') return undefined;
  try {
    return JSON.parse(raw);
  } catch (cause) {
    throw new Error(`${name}: must be JSON, got ${shown(raw)}`, { cause });
  }
};
/** A JSON schema, or undefined where there is none. Whether it is a good one is seen when it is compiled. */
const schemaField: Field<Readonly<Record<string, unknown>> | undefined> = {
  value: '',
  parse: (raw, name) => {
    const schema = jsonOf(raw, name);
    if (schema === undefined || isRecord(schema)) return schema;
    throw new Error(`${name}: must be a JSON object, got ${shown(raw)}`);
  },
};
const whereField: Field<NonNullable<Listing['where']>> = {
  value: '',
  parse: (raw, name) => conditionsOf(jsonOf(raw, name), name),
};
const sortField: Field<NonNullable<Listing['sort']>> = {
  value: '',
  parse: (raw, name) => orderOf(raw, name),
};
const nameField: Field<string> = {
  ...textField('', { required: true }),
  parse: (raw, name) => checkedName(raw ?? '', name),
};

export const fields = {
  name: textField(''),
  database: configField('plant-database', { required: true }),
  collection: nameField,
  operation: choiceField('put', [...operations, 'message']),
  where: whereField,
  sort: sortField,
  limit: numberField(LIMIT_DEFAULT, { min: 0, max: LIMIT_MAX, integer: true }),
  keep: numberField(0, { min: 0, integer: true }),
  schema: schemaField,
  away: choiceField('fail', ['fail', 'keep']),
};

export type RecordStoreSettings = Parsed<typeof fields>;
export const parse = (def: object): RecordStoreSettings => parseFields(fields, def);
