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
  clock: configField('process-clock'),
  outputTopic: textField(''),
  activeLow: flagField(true),
  method: choiceField('settle', ['settle', 'lock-out']),
  debounceMs: numberField(25, { min: 0, integer: true }),
  clickMs: numberField(500, { min: 1, integer: true }),
  doubleEnabled: flagField(false),
  doubleGapMs: numberField(300, { min: 1, integer: true }),
  longMs: numberField(1000, { min: 1, integer: true }),
  repeatMs: numberField(250, { min: 0, integer: true }),
  initial: flagField(false),
};

/** The form, which is also the settings of the core. */
export type ButtonSettings = Parsed<typeof fields>;

export const parse = (def: object): ButtonSettings => parseFields(fields, def);
