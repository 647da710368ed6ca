import { shown } from '../lib/number.ts';

/** In characters; the tables of a history would take more. */
const MAX_NAME = 250;
const MAX_TEXT = 1000;
const MAX_UNIT = 32;

/** Control characters; a NUL is one that PostgreSQL cannot hold. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const WILDCARD = /[+#]/;

/**
 * Names that have passed, by topic and key: a plant has a few hundred, each seen once a second for ever. Only a memory
 * of a pure function; a flood of names empties it.
 */
const known = new Map<string, Map<string, string>>();
let names = 0;
const MAX_KNOWN = 20_000;

/** The name of a series: the topic, or topic + `/` + key of a record. Throws where it is none. */
export const seriesOf = (topic: string, key: string, name: string): string => {
  const seen = known.get(topic)?.get(key);
  if (seen !== undefined) return seen;
  const series = checkedSeries(key === '' ? topic : `${topic}/${key}`, name);
  if (++names > MAX_KNOWN) {
    known.clear();
    names = 1;
  }
  const keys = known.get(topic) ?? new Map<string, string>();
  keys.set(key, series);
  known.set(topic, keys);
  return series;
};

const checkedSeries = (series: string, name: string): string => {
  const refuse = (wanted: string): never => {
    throw new Error(`${name}: the series' name ${wanted}, got ${shown(series)}`);
  };
  if (series.length > MAX_NAME) return refuse(`must have at most ${MAX_NAME} characters`);
  if (WILDCARD.test(series)) return refuse('must have no wildcard (+ or #)');
  if (CONTROL.test(series) || !series.isWellFormed()) return refuse('must be plain text');
  if (series.trim() !== series || series === '') return refuse('must not begin or end with a blank');
  return series;
};

/** A text value as it is, where every database can hold it. */
export const checkedText = (text: string, name: string): string => {
  if (text.length > MAX_TEXT)
    throw new Error(
      `${name}: must have at most ${MAX_TEXT} characters, got ${text.length} (${shown(text.slice(0, 20))}…)`,
    );
  if (text.includes('\0') || !text.isWellFormed())
    throw new Error(`${name}: must be text without NUL and broken characters, got ${shown(text)}`);
  return text;
};

/** The unit, blank where there is none. */
export const unitOf = (unit: unknown, name: string): string => {
  if (typeof unit !== 'string') return '';
  if (unit.length > MAX_UNIT || CONTROL.test(unit) || !unit.isWellFormed())
    throw new Error(`${name}: must be plain text of at most ${MAX_UNIT} characters, got ${shown(unit)}`);
  return unit;
};
