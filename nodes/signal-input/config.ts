import {
  choiceField,
  configField,
  optionalNumberField,
  parseFields,
  textField,
  type Field,
  type Parsed,
} from '../lib/fields.ts';
import { listOf } from '../lib/list.ts';
import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import type { Rule } from './signal-map.ts';

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

/** The topic map, stored as JSON text: a list of rules. */
const rulesField: Field<readonly Rule[]> = {
  value: '[]',
  parse: (raw, name) => {
    const list = listOf(raw);
    if (!list) throw new Error(`${name}: must be a JSON list of rules, got ${shown(raw)}`);
    return list.map((rule, index) => {
      if (!isRecord(rule)) throw new Error(`${name}[${index}]: must be a rule, got ${shown(rule)}`);
      try {
        return parseFields(ruleFields, rule);
      } catch (cause) {
        throw new Error(`${name}[${index}].${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
      }
    });
  },
};

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  role: choiceField('measurement', ['measurement', 'command']),
  source: choiceField('measured', ['measured', 'simulated', 'manual']),
  unmatched: choiceField('error', ['error', 'ignore']),
  rules: rulesField,
};

export type SignalInputSettings = Parsed<typeof fields>;
export const parse = (def: object): SignalInputSettings => parseFields(fields, def);
