import {
  choiceField,
  numberField,
  parseFields,
  rowsField,
  textField,
  type Field,
  type Parsed,
} from '../lib/fields.ts';
import { withoutPassword } from '../lib/address.ts';
import { shown } from '../lib/number.ts';
import { parseDatabaseUrl } from './url.ts';

const days = (value: number): Field<number> => numberField(value, { min: 0 });
/** One rule of retention; 0 days: for ever. */
const ruleFields = {
  series: textField('#', { required: true }),
  rawDays: days(30),
  minuteDays: days(730),
  hourDays: days(0),
};
const rules = rowsField(ruleFields, 'rules');
const USUAL_RULES = JSON.stringify([{ series: '#', rawDays: 30, minuteDays: 730, hourDays: 0 }]);

const UNSET = /^\$\{[^}]*\}$/;
/** A database URL; a variable of the environment that is not set counts as blank. */
const urlField = (value: string): Field<string> => ({
  value,
  parse: (raw, name) => {
    if (raw !== undefined && typeof raw !== 'string')
      throw new Error(`${name}: must be text, got ${shown(raw)}`);
    const text = (raw ?? value).trim();
    if (UNSET.test(text)) return '';
    parseDatabaseUrl(text, name);
    return text;
  },
});

export const fields = {
  name: textField(''),
  url: urlField('${DATABASE_URL}'),
  synchronous: choiceField('normal', ['normal', 'full']),
  outboxMb: numberField(1000, { min: 1, max: 1_000_000 }),
  retention: {
    value: USUAL_RULES,
    parse: (raw, name) => rules.parse(raw === undefined ? USUAL_RULES : raw, name),
  } satisfies typeof rules,
};

export type PlantDatabaseSettings = Parsed<typeof fields>;
export const parse = (def: object): PlantDatabaseSettings => parseFields(fields, def);

/** Whether a URL typed by hand may be saved with the flow: true, or a sentence. The environment's are not saved. */
export const isFitToSave = (url: string): true | string => {
  if (UNSET.test(url.trim())) return true;
  try {
    const address = parseDatabaseUrl(url, 'url');
    if (address.kind === 'sqlite' || address.password === '') return true;
    return `url: a password in it would be saved in the flow file, type it in its own field, got ${withoutPassword(url)}`;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
};
