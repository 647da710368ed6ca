import { numberField, parseFields, textField } from '../lib/fields.ts';
import { matchTopic } from '../signal-input/signal-map.ts';

export const fields = {
  name: textField(''),
  series: textField(''),
  maxEntries: numberField(200, { min: 1, max: 10_000, integer: true }),
};

export interface AlarmListSettings {
  /** whether a series is listed */
  readonly fits: (series: string) => boolean;
  readonly maxEntries: number;
}

export const parse = (def: object): AlarmListSettings => {
  const { series, maxEntries } = parseFields(fields, def);
  const filters = series.split(/[\s,]+/).filter((filter) => filter !== '');
  return {
    fits: (name) => filters.length === 0 || filters.some((filter) => matchTopic(filter, name) !== undefined),
    maxEntries,
  };
};
