import { conditions, priorities, type Condition, type Priority } from '../lib/alarms.ts';
import {
  choiceField,
  configField,
  flagField,
  numberField,
  parseFields,
  rowsField,
  textField,
  type Field,
} from '../lib/fields.ts';
import { parseBoolean, parseNumber, shown } from '../lib/number.ts';
import type { Delays } from './alarm.ts';

/** What is watched for, and how. */
export interface Rule extends Delays {
  readonly condition: Condition;
  /** undefined: it is not watched for; of stale in seconds, of a rate per minute, of bad quality any number */
  readonly limit: number | undefined;
  readonly deadband: number;
  readonly priority: Priority;
}

export const defaultPriority: Readonly<Record<Condition, Priority>> = {
  'high-high': 'critical',
  high: 'high',
  low: 'high',
  'low-low': 'critical',
  rate: 'medium',
  deviation: 'medium',
  stale: 'high',
  'bad-quality': 'high',
};

/** A limit as it stands in the table: blank for "not watched"; bad quality has a tick instead of a number. */
const limitField: Field<unknown> = { value: '', parse: (raw) => raw };
/** Blank: that of the condition. */
const priorityField: Field<Priority | undefined> = {
  value: '',
  parse: (raw, name) =>
    raw === undefined || raw === '' ? undefined : choiceField<Priority>('high', priorities).parse(raw, name),
};
const rowFields = {
  condition: choiceField('high', conditions),
  limit: limitField,
  deadband: numberField(0, { min: 0 }),
  onDelay: numberField(0, { min: 0 }),
  offDelay: numberField(0, { min: 0 }),
  priority: priorityField,
  latching: flagField(false),
};

export const emptyRows = conditions.map((condition) => ({
  condition,
  limit: '',
  deadband: '0',
  onDelay: '0',
  offDelay: '0',
  priority: defaultPriority[condition],
  latching: false,
}));

const limitOf = (condition: Condition, raw: unknown, name: string): number | undefined => {
  if (raw === undefined || raw === null || raw === '') return undefined;
  if (condition === 'bad-quality') {
    const watched = parseBoolean(raw);
    if (watched === undefined) throw new Error(`${name}: must be true or false, got ${shown(raw)}`);
    return watched ? 0 : undefined;
  }
  const limit = parseNumber(raw);
  const positive = condition === 'rate' || condition === 'deviation' || condition === 'stale';
  if (limit === undefined || (positive && limit <= 0))
    throw new Error(`${name}: must be a number${positive ? ' above 0' : ''} or blank, got ${shown(raw)}`);
  return limit;
};

/** Pairs whose order matters: the second is further out. */
const inner: readonly (readonly [Condition, Condition])[] = [
  ['high', 'high-high'],
  ['low-low', 'low'],
  ['low', 'high'],
  ['low-low', 'high-high'],
];

/** Throws where two limits contradict each other; returns the rules. */
export const inOrder = (rules: readonly Rule[], name: string): readonly Rule[] => {
  const limit = (wanted: Condition): number | undefined =>
    rules.find(({ condition }) => condition === wanted)?.limit;
  for (const [below, above] of inner) {
    const [least, most] = [limit(below), limit(above)];
    if (least !== undefined && most !== undefined && least >= most)
      throw new Error(`${name}: ${above} must be above ${below} (${least}), got ${most}`);
  }
  return rules;
};

const table = rowsField(rowFields, 'conditions');
/** One rule for each condition, in their order; a row that is not there is not watched. */
const conditionsField: Field<readonly Rule[]> = {
  value: JSON.stringify(emptyRows),
  parse: (raw, name) => {
    const rows = new Map<Condition, Rule>();
    for (const [index, row] of table.parse(raw, name).entries()) {
      const { condition, deadband, onDelay, offDelay, latching } = row;
      if (rows.has(condition))
        throw new Error(`${name}[${index}].condition: must be there once, got ${shown(condition)} again`);
      rows.set(condition, {
        condition,
        limit: limitOf(condition, row.limit, `${name}[${index}].limit (${condition})`),
        deadband,
        onDelayMs: onDelay * 1000,
        offDelayMs: offDelay * 1000,
        priority: row.priority ?? defaultPriority[condition],
        latching,
      });
    }
    return inOrder(
      conditions.map((condition) => rows.get(condition) ?? off(condition)),
      name,
    );
  },
};
const off = (condition: Condition): Rule => ({
  condition,
  limit: undefined,
  deadband: 0,
  onDelayMs: 0,
  offDelayMs: 0,
  priority: defaultPriority[condition],
  latching: false,
});

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  quantity: textField(''),
  topics: textField(''),
  conditions: conditionsField,
  rateSeconds: numberField(60, { above: 0 }),
  setpointQuantity: textField(''),
};

export interface LimitAlarmSettings {
  readonly clock: string;
  readonly quantity: string;
  /** those that are watched from the start; none: any that arrives */
  readonly topics: readonly string[];
  readonly rules: readonly Rule[];
  readonly rateMs: number;
  readonly setpointQuantity: string;
}

export const parse = (def: object): LimitAlarmSettings => {
  const {
    clock,
    quantity,
    topics,
    conditions: rules,
    rateSeconds,
    setpointQuantity,
  } = parseFields(fields, def);
  return {
    clock,
    quantity,
    topics: [...new Set(topics.split(/[\s,]+/).filter((topic) => topic !== ''))],
    rules,
    rateMs: rateSeconds * 1000,
    setpointQuantity,
  };
};

const isCondition = (word: string): word is Condition => conditions.some((condition) => condition === word);
/** Limits given by a message; null: not watched. */
export type Limits = Readonly<Partial<Record<Condition, number | null>>>;

/** Reads the payload of a `limits` message, or throws naming the limit and the value. */
export const limitsOf = (payload: Readonly<Record<string, unknown>>): Limits => {
  const limits: Partial<Record<Condition, number | null>> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (!isCondition(name))
      throw new Error(`payload: must have limits named ${conditions.join(', ')}, got ${shown(name)}`);
    if (typeof value === 'string')
      throw new Error(`payload.${name}: must be a number or null, got ${shown(value)}`);
    limits[name] = limitOf(name, value, `payload.${name}`) ?? null;
  }
  return limits;
};

/** The rules with other limits. */
export const withLimits = (rules: readonly Rule[], limits: Limits): readonly Rule[] =>
  rules.map((rule) => {
    const limit = limits[rule.condition];
    return limit === undefined ? rule : { ...rule, limit: limit ?? undefined };
  });
