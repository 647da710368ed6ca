import { configField, numberField, parseFields, textField } from '../lib/fields.ts';
import type { Settings } from './readings.ts';

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  outputTopic: textField(''),
  fullScale: numberField(1023, { min: 1, integer: true }),
  silenceMs: numberField(300, { min: 1 }),
  staleSeconds: numberField(10, { min: 0 }),
};

export interface AdcInputSettings {
  readonly core: Settings;
  readonly clock: string;
  readonly outputTopic: string;
  /** how long a reading counts, Infinity: for ever */
  readonly staleMs: number;
}

export const parse = (def: object): AdcInputSettings => {
  const { clock, outputTopic, fullScale, silenceMs, staleSeconds } = parseFields(fields, def);
  return {
    core: { fullScale, silenceMs },
    clock,
    outputTopic,
    staleMs: staleSeconds === 0 ? Infinity : staleSeconds * 1000,
  };
};
