import { choiceField, numberField, parseFields, textField } from '../lib/fields.ts';
import type { Curve, Divider, Limits } from './temperature.ts';

const positive = { above: 0 };

export const fields = {
  name: textField(''),
  quantity: textField(''),
  outputTopic: textField(''),
  input: choiceField('count', ['count', 'resistance']),
  fullScale: numberField(1023, { min: 1 }),
  seriesOhm: numberField(10_000, positive),
  wiring: choiceField('ground', ['ground', 'supply']),
  railCounts: numberField(2, { min: 0 }),
  model: choiceField('beta', ['beta', 'steinhart']),
  beta: numberField(3950, positive),
  r0Ohm: numberField(10_000, positive),
  t0C: numberField(25, { above: -273.15 }),
  steinhartA: numberField(0.001129148),
  steinhartB: numberField(0.000234125, positive),
  steinhartC: numberField(8.76741e-8, { min: 0 }),
  minC: numberField(-55),
  maxC: numberField(125),
};

export interface ThermistorSettings {
  readonly quantity: string;
  readonly outputTopic: string;
  /** undefined: what comes in is the resistance itself */
  readonly divider: Divider | undefined;
  readonly curve: Curve;
  readonly limits: Limits;
}

export const parse = (def: object): ThermistorSettings => {
  const form = parseFields(fields, def);
  const { quantity, outputTopic, input, model, minC, maxC } = form;
  if (!(maxC > minC)) throw new Error(`maxC: must be above minC (${minC}), got ${maxC}`);
  if (input === 'count' && !(form.railCounts < form.fullScale / 2))
    throw new Error(`railCounts: must be below half of fullScale, got ${form.railCounts}`);
  return {
    quantity,
    outputTopic,
    divider: input === 'count' ? form : undefined,
    curve:
      model === 'beta'
        ? { model, beta: form.beta, r0Ohm: form.r0Ohm, t0C: form.t0C }
        : { model, a: form.steinhartA, b: form.steinhartB, c: form.steinhartC },
    limits: { minC, maxC },
  };
};
