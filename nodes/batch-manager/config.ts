import { configField, numberField, parseFields, textField, type Field, type Parsed } from '../lib/fields.ts';
import { shown } from '../lib/number.ts';

const PREFIX = /^[a-z0-9][a-z0-9-]{0,60}$/;
/** The collections are called after it, and the topics of the journal. */
const prefixField: Field<string> = {
  ...textField('bioreactor', { required: true }),
  parse: (raw, name) => {
    const text = raw === undefined ? 'bioreactor' : raw;
    if (typeof text === 'string' && PREFIX.test(text.trim())) return text.trim();
    throw new Error(`${name}: must be 1 to 61 of a to z, 0 to 9 and -, got ${shown(raw)}`);
  },
};

export const fields = {
  name: textField(''),
  database: configField('plant-database', { required: true }),
  prefix: prefixField,
  acceptSeconds: numberField(60, { min: 1, max: 86_400 }),
};

export type BatchManagerSettings = Parsed<typeof fields>;
export const parse = (def: object): BatchManagerSettings => parseFields(fields, def);
