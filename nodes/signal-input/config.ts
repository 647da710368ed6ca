import {
  choiceField,
  configField,
  optionalNumberField,
  parseFields,
  rowsField,
  textField,
  type Parsed,
} from '../lib/fields.ts';

/** One line of the topic map. */
const ruleFields = {
  from: textField('', { required: true }),
  key: textField(''),
  to: textField('', { required: true }),
  quantity: textField(''),
  kind: choiceField('number', ['number', 'boolean', 'text']),
  unit: textField(''),
  min: optionalNumberField(),
  max: optionalNumberField(),
};

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  role: choiceField('measurement', ['measurement', 'command']),
  source: choiceField('measured', ['measured', 'simulated', 'manual']),
  unmatched: choiceField('error', ['error', 'ignore']),
  rules: rowsField(ruleFields, 'rules'),
};

export type SignalInputSettings = Parsed<typeof fields>;
export const parse = (def: object): SignalInputSettings => parseFields(fields, def);
