import type { ClockSettings } from '../lib/clock.ts';
import { SPEED_MAX, SPEED_MIN } from '../lib/clock.ts';
import { choiceField, numberField, parseFields, textField, type Field } from '../lib/fields.ts';
import { shown } from '../lib/number.ts';

/** An ISO 8601 date and time, as ms since the epoch. */
const dateField = (value: string): Field<number> => ({
  value,
  parse: (raw, name) => {
    const text = raw === undefined ? value : raw;
    const ms = typeof text === 'string' && /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
    if (Number.isNaN(ms)) throw new Error(`${name}: must be an ISO date such as ${value}, got ${shown(raw)}`);
    return ms;
  },
});

export const fields = {
  name: textField(''),
  mode: choiceField('scaled', ['real', 'scaled', 'stepped']),
  speed: numberField(1, { min: SPEED_MIN, max: SPEED_MAX }),
  start: dateField('2000-01-01T08:00:00Z'),
};

/** What the editor stores, as clock settings; a real plant (`PLANT_MODE`) has a real clock whatever the form says. */
export const parse = (def: object, plantMode: unknown): ClockSettings => {
  const { mode, speed, start } = parseFields(fields, def);
  return { mode: plantMode === 'real' ? 'real' : mode, speed, startMs: start };
};
