import { choiceField, configField, parseFields, textField, type Field, type Parsed } from '../lib/fields.ts';
import { isRecord } from '../lib/signal.ts';
import { shown } from '../lib/number.ts';
import { queryFields } from './query.ts';

export const modes = ['range', 'last', 'statistics', 'csv', 'series'] as const;
export type Mode = (typeof modes)[number];

/** What a message may ask otherwise than the form does. */
const askedFields = {
  ...queryFields,
  mode: choiceField('range', modes),
  layout: choiceField('columns', ['columns', 'rows']),
  csvRows: choiceField('all', ['all', 'points']),
};
export const fields = {
  name: textField(''),
  database: configField('plant-database', { required: true }),
  clock: configField('process-clock'),
  ...askedFields,
};

export type HistoryQuerySettings = Parsed<typeof fields>;
export const parse = (def: object): HistoryQuerySettings => parseFields(fields, def);

/** The settings with what `msg.query` says otherwise; throws an error that names the property and the value. */
export const overridden = (settings: HistoryQuerySettings, query: unknown): HistoryQuerySettings => {
  if (query === undefined) return settings;
  if (!isRecord(query)) throw new Error(`query: must be an object, got ${shown(query)}`);
  const known: Readonly<Record<string, Field<unknown>>> = askedFields;
  const asked = Object.entries(query).map(([name, raw]) => {
    const field = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!field) throw new Error(`query.${name}: must be one of ${Object.keys(known).join(', ')}`);
    return [name, field.parse(raw, `query.${name}`)];
  });
  return { ...settings, ...(Object.fromEntries(asked) as Partial<HistoryQuerySettings>) };
};
