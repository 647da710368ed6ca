import {
  choiceField,
  configField,
  numberField,
  parseFields,
  textField,
  type Field,
  type Parsed,
} from '../lib/fields.ts';
import { shown } from '../lib/number.ts';

/** Names with commas, from the lowest to the highest. */
const layersField: Field<readonly string[]> = {
  ...textField('state, alarm', { required: true }),
  parse: (raw, name) => {
    const text = raw === undefined ? 'state, alarm' : raw;
    const layers = typeof text === 'string' ? text.split(',').map((layer) => layer.trim()) : [];
    if (layers.length > 0 && layers.every((layer) => layer !== '') && new Set(layers).size === layers.length)
      return layers;
    throw new Error(`${name}: must be names with commas, each once, got ${shown(raw)}`);
  },
};

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  kind: choiceField('cathode', ['cathode', 'anode']),
  gamma: numberField(1, { min: 1, max: 3 }),
  brightness: numberField(100, { min: 0, max: 100 }),
  blinkSeconds: numberField(0.5, { min: 0.05, max: 60 }),
  layers: layersField,
};

export type RgbLedSettings = Parsed<typeof fields>;
export const parse = (def: object): RgbLedSettings => parseFields(fields, def);
