import { choiceField, numberField, parseFields, textField, type Field, type Parsed } from '../lib/fields.ts';
import type { Profile } from './limits.ts';

const UNSET = /^(\$\{[^}]*\})?$/;
const choice = choiceField('mqtt', ['mqtt', 'aws-iot-core']);
/** What the broker allows; a variable of the environment that is not set counts as `mqtt`. */
const profileField: Field<Profile> = {
  ...choice,
  parse: (raw, name) =>
    choice.parse(typeof raw === 'string' && UNSET.test(raw.trim()) ? undefined : raw, name),
};

export const fields = {
  name: textField(''),
  profile: profileField,
  perSecond: numberField(0, { min: 0, max: 10_000 }),
  inFlight: numberField(10, { min: 1, max: 1000, integer: true }),
  ackSeconds: numberField(30, { min: 1, max: 3600 }),
  maxMessages: numberField(10_000, { min: 1, max: 1_000_000, integer: true }),
  maxMb: numberField(50, { min: 1, max: 10_000 }),
};

export type OutboxSettings = Parsed<typeof fields>;
export const parse = (def: object): OutboxSettings => parseFields(fields, def);
