import { choiceField, flagField, numberField, parseFields, type Field, type Parsed } from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import { momentField, optionalMomentField } from './moment.ts';

/** Patterns in one query, and series that they may stand for. */
export const MAX_SERIES = 50;
const MAX_POINTS = 5000;
const MAX_LENGTH = 512;
/** 14 hours: the zones of the earth */
const MAX_OFFSET = 840;

/** No series has one in its name, and databases differ about them. */
const CONTROL = /\p{Cc}/u;
const isPattern = (text: string): boolean => {
  if (text.length > MAX_LENGTH || CONTROL.test(text)) return false;
  const levels = text.split('/');
  return levels.every(
    (level, index) => !/[+#]/.test(level) || level === '+' || (level === '#' && index === levels.length - 1),
  );
};

/**
 * The names and patterns of series (MQTT wildcards): a list, or a text with one per line or comma. Blank ones are left
 * out. Throws an error that names the field and the first one that is none.
 */
export const parsePatterns = (raw: unknown, name: string): readonly string[] => {
  const list: readonly unknown[] | undefined =
    raw === undefined
      ? []
      : typeof raw === 'string'
        ? raw.split(/[\n,]/)
        : Array.isArray(raw)
          ? raw
          : undefined;
  if (!list) throw new Error(`${name}: must be names of series, got ${shown(raw)}`);
  const patterns = new Set<string>();
  for (const entry of list) {
    const pattern = typeof entry === 'string' ? entry.trim() : undefined;
    if (pattern === '') continue;
    if (pattern === undefined || !isPattern(pattern))
      throw new Error(
        `${name}: must be names such as fish-tank/1/temperature, with + for a level and # for the rest, got ${shown(entry)}`,
      );
    patterns.add(pattern);
  }
  if (patterns.size > MAX_SERIES)
    throw new Error(`${name}: must be at most ${MAX_SERIES} names, got ${patterns.size}`);
  return [...patterns];
};

const patternsField = (): Field<readonly string[]> => ({ value: '', parse: parsePatterns });

/** What a query may say, with what counts where it says nothing: the same in the form, in a message and over HTTP. */
export const queryFields = {
  series: patternsField(),
  timeline: choiceField('any', ['any', 'real', 'simulated']),
  from: momentField('-24h'),
  to: optionalMomentField(),
  points: numberField(1000, { min: 1, max: MAX_POINTS, integer: true }),
  /** minutes that days in the real timeline begin east of UTC; a simulated plant lives in UTC */
  tz: numberField(0, { min: -MAX_OFFSET, max: MAX_OFFSET, integer: true }),
  /** CSV: a column of its own for the quality */
  qualities: flagField(false),
};

export type Query = Parsed<typeof queryFields>;
export const parseQuery = (raw: object): Query => parseFields(queryFields, raw);
