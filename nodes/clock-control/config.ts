import { configField, numberField, parseFields, textField, type Parsed } from '../lib/fields.ts';

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  tickSeconds: numberField(60, { min: 1 }),
};

export type ClockControlSettings = Parsed<typeof fields>;
export const parse = (def: object): ClockControlSettings => parseFields(fields, def);
