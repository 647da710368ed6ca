import {
  choiceField,
  configField,
  flagField,
  numberField,
  optionalNumberField,
  parseFields,
  textField,
} from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import { fromIsa, gainsOf } from './gains.ts';
import { HUGE, type Settings } from './pid.ts';

const anyNumber = { min: -HUGE, max: HUGE };
const gain = { min: 0, max: 1e9 };
const weight = { min: 0, max: 1 };
const rate = { above: 0 };

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  quantity: textField(''),
  unit: textField(''),
  outputTopic: textField(''),
  outputUnit: textField('%'),
  setpoint: numberField(0, anyNumber),
  setpointRate: optionalNumberField('', rate),
  setpointTracking: flagField(false),
  mode: choiceField('auto', ['auto', 'manual']),
  action: choiceField('reverse', ['reverse', 'direct']),
  form: choiceField('isa', ['isa', 'parallel']),
  kc: numberField(1, gain),
  ti: numberField(0, gain),
  td: numberField(0, gain),
  kp: numberField(1, gain),
  ki: numberField(0, gain),
  kd: numberField(0, gain),
  derivativeFilter: numberField(10, { min: 0, max: 1000 }),
  setpointWeight: numberField(1, weight),
  derivativeWeight: numberField(0, weight),
  deadband: numberField(0, { min: 0 }),
  outMin: numberField(0, anyNumber),
  outMax: numberField(100, anyNumber),
  rateUp: optionalNumberField('', rate),
  rateDown: optionalNumberField('', rate),
  antiWindup: choiceField('back-calculation', ['back-calculation', 'conditional', 'none']),
  trackingTime: optionalNumberField('', { above: 0 }),
  bumpless: flagField(true),
  feedForwardGain: numberField(1, anyNumber),
  startOutput: optionalNumberField('', anyNumber),
  failSafe: optionalNumberField('', anyNumber),
  samplePeriod: numberField(1, { above: 0 }),
  maxGap: optionalNumberField('', { above: 0 }),
  staleSeconds: numberField(60, { min: 0 }),
  stateSeconds: numberField(600, { min: 0 }),
  numericText: flagField(false),
};

/** The controller's settings and what the node around it needs. */
export interface PidSettings {
  readonly core: Settings;
  readonly clock: string;
  readonly quantity: string;
  /** of the measurement where the signal names none */
  readonly unit: string;
  readonly outputTopic: string;
  readonly outputUnit: string;
  /** 0: the measurement never gets stale */
  readonly staleSeconds: number;
  readonly stateSeconds: number;
  readonly numericText: boolean;
}

/** What the editor stores, as settings; throws an error that names the first field that cannot be read. */
export const parse = (def: object): PidSettings => {
  const form = parseFields(fields, def);
  const { outMin, outMax, samplePeriod, trackingTime } = form;
  if (outMin >= outMax) throw new Error(`outMax: must be above outMin ${outMin}, got ${outMax}`);
  const output = (value: number | undefined, nothing: number, name: string): number => {
    if (value !== undefined && (value < outMin || value > outMax))
      throw new Error(`${name}: must be within outMin and outMax, got ${shown(value)}`);
    return value ?? nothing;
  };
  const { kc, ti, td, kp, ki, kd } = form;
  const gains = form.form === 'isa' ? fromIsa(kc, ti, td) : { kp, ki, kd };
  const weights = { n: form.derivativeFilter, b: form.setpointWeight, c: form.derivativeWeight };
  return {
    core: {
      sign: form.action === 'reverse' ? 1 : -1,
      setpoint: form.setpoint,
      mode: form.mode,
      gains: gainsOf({ ...gains, ...weights }, trackingTime),
      trackingTime,
      antiWindup: form.antiWindup,
      deadband: form.deadband,
      setpointRate: form.setpointRate ?? Infinity,
      setpointTracking: form.setpointTracking,
      bumpless: form.bumpless,
      feedForwardGain: form.feedForwardGain,
      outMin,
      outMax,
      rateUp: form.rateUp ?? Infinity,
      rateDown: form.rateDown ?? Infinity,
      startOutput: output(form.startOutput, Math.min(Math.max(0, outMin), outMax), 'startOutput'),
      failSafe: output(form.failSafe, outMin, 'failSafe'),
      samplePeriod,
      maxGap: form.maxGap ?? Math.max(5 * samplePeriod, 10),
    },
    clock: form.clock,
    quantity: form.quantity,
    unit: form.unit,
    outputTopic: form.outputTopic,
    outputUnit: form.outputUnit,
    staleSeconds: form.staleSeconds,
    stateSeconds: form.stateSeconds,
    numericText: form.numericText,
  };
};
