import {
  choiceField,
  configField,
  numberField,
  parseFields,
  textField,
  type Field,
  type NumberLimits,
} from '../lib/fields.ts';
import { presets, type Preset, type TankParameters } from './presets.ts';
import { tankOf, type Tank } from './tank.ts';

const presetNames = Object.keys(presets) as Preset[];
const percent: NumberLimits = { min: 0, max: 100 };
const degrees: NumberLimits = { min: -50, max: 100 };
const notNegative: NumberLimits = { min: 0 };
const aboveZero: NumberLimits = { above: 0 };
const ph: NumberLimits = { min: 0, max: 14 };
const seconds: NumberLimits = { min: 0, max: 3600 };

/** The limits of the fields that a preset fills. */
const limits: Readonly<Record<keyof TankParameters, NumberLimits>> = {
  litres: aboveZero,
  heaterWatts: notNegative,
  coolerWatts: notNegative,
  lossWattsPerKelvin: notNegative,
  ambient: degrees,
  ambientSwing: { min: 0, max: 30 },
  startTemperature: percent,
  deadTimeSeconds: seconds,
  lampLux: notNegative,
  daylightLux: notNegative,
  startHumidity: percent,
  stillHumidity: percent,
  pumpHumidity: percent,
  humiditySeconds: aboveZero,
  startPh: ph,
  stillPh: ph,
  stillPhSeconds: aboveZero,
  pumpPh: ph,
  pumpPhSeconds: aboveZero,
  startLevel: percent,
  inflowLitresPerMinute: notNegative,
  outflowLitresPerMinute: notNegative,
  sensorLagSeconds: seconds,
  stillLagSeconds: seconds,
  sensorOffset: { min: -20, max: 20 },
  noise: { min: 0, max: 10 },
  quantum: { min: 0, max: 10 },
};
export const parameterNames = Object.keys(limits) as (keyof TankParameters)[];

/** The fields of the physical side, with one preset's values. */
const parameterFields = (preset: Preset): Record<keyof TankParameters, Field<number>> =>
  Object.fromEntries(
    parameterNames.map((name) => [name, numberField(presets[preset][name], limits[name])]),
  ) as Record<keyof TankParameters, Field<number>>;

const ownFields = {
  name: textField(''),
  clock: configField('process-clock'),
  outputTopic: textField('tank'),
  periodSeconds: numberField(10, { min: 0.1, max: 3600 }),
  seed: numberField(1, { min: 0, max: 4_294_967_295, integer: true }),
  preset: choiceField('fish-tank', presetNames),
};

export const fields = { ...ownFields, ...parameterFields('fish-tank') };

export interface TankSimSettings {
  readonly clock: string;
  /** blank: this tank is not in use */
  readonly outputTopic: string;
  readonly periodSeconds: number;
  readonly tank: Tank;
}

/** What the editor stores, as settings. A physical field that is not stored has the value of the stored preset. */
export const parse = (def: object): TankSimSettings => {
  const { clock, outputTopic, periodSeconds, seed, preset } = parseFields(ownFields, def);
  return {
    clock,
    // A variable that is not set stands there as it was written.
    outputTopic: /^\$\{.+\}$/.test(outputTopic) ? '' : outputTopic,
    periodSeconds,
    tank: tankOf(parseFields(parameterFields(preset), def), seed),
  };
};
