import { numberField, parseFields, textField, type Parsed } from '../lib/fields.ts';

export const fields = {
  name: textField(''),
  outputTopic: textField('system', { required: true }),
  periodSeconds: numberField(5, { min: 1, max: 3600 }),
};

export type SystemStatusSettings = Parsed<typeof fields>;
export const parse = (def: object): SystemStatusSettings => parseFields(fields, def);
