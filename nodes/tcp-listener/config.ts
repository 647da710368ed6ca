import {
  numberField,
  optionalNumberField,
  parseFields,
  textField,
  type Field,
  type Parsed,
} from '../lib/fields.ts';

const UNSET = /^\$\{[^}]*\}$/;
/** A port; a variable of the environment that is not set counts as blank. */
const portField: Field<number | undefined> = {
  value: '',
  parse: (raw, name) =>
    optionalNumberField('', { min: 1, max: 65_535, integer: true }).parse(
      typeof raw === 'string' && UNSET.test(raw.trim()) ? '' : raw,
      name,
    ),
};

export const fields = {
  name: textField(''),
  port: portField,
  host: textField('127.0.0.1', { required: true }),
  outputTopic: textField(''),
  idleSeconds: numberField(30, { min: 0, max: 86_400 }),
};

export type TcpListenerSettings = Parsed<typeof fields>;
export const parse = (def: object): TcpListenerSettings => parseFields(fields, def);
