import {
  choiceField,
  configField,
  flagField,
  numberField,
  parseFields,
  textField,
  type Parsed,
} from '../lib/fields.ts';

export const fields = {
  name: textField(''),
  database: configField('plant-database', { required: true }),
  clock: configField('process-clock'),
  topic: textField(''),
  quantity: textField(''),
  timeline: choiceField('auto', ['auto', 'real', 'simulated']),
  changesOnly: flagField(false),
  intervalSeconds: numberField(0, { min: 0 }),
};

export type HistoryWriteSettings = Parsed<typeof fields>;
export const parse = (def: object): HistoryWriteSettings => parseFields(fields, def);
