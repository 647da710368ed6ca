import { choiceField, configField, numberField, parseFields, textField, type Parsed } from '../lib/fields.ts';
import { bandAround, bandWithin, type Band, type Settings } from './hysteresis.ts';

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  quantity: textField(''),
  outputTopic: textField(''),
  action: choiceField('heating', ['heating', 'cooling']),
  target: choiceField('range', ['range', 'setpoint']),
  min: numberField(24),
  max: numberField(26),
  marginPercent: numberField(25, { min: 0, max: 50 }),
  setpoint: numberField(25),
  band: numberField(1, { min: 0 }),
  minOnSeconds: numberField(0, { min: 0 }),
  minOffSeconds: numberField(0, { min: 0 }),
  staleSeconds: numberField(60, { min: 0 }),
  mode: choiceField('auto', ['auto', 'manual', 'off']),
};

export interface OnOffSettings extends Parsed<typeof fields> {
  readonly core: Settings;
  /** the switching edges the form asks for */
  readonly edges: Band;
}

/** The switching edges inside a target range; throws where the range is none. */
export const edgesOf = (min: number, max: number, marginPercent: number): Band => {
  if (!(min < max)) throw new Error(`max: must be above min (${min}), got ${max}`);
  return bandWithin(min, max, marginPercent / 100);
};

export const parse = (def: object): OnOffSettings => {
  const read = parseFields(fields, def);
  return {
    ...read,
    core: {
      action: read.action,
      minOnMs: read.minOnSeconds * 1000,
      minOffMs: read.minOffSeconds * 1000,
      staleMs: read.staleSeconds * 1000,
    },
    edges:
      read.target === 'range'
        ? edgesOf(read.min, read.max, read.marginPercent)
        : bandAround(read.setpoint, read.band),
  };
};
