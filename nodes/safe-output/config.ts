import {
  configField,
  flagField,
  numberField,
  optionalNumberField,
  parseFields,
  textField,
} from '../lib/fields.ts';
import type { Settings } from './memory.ts';

const positive = { above: 0 };
const some = { min: 0 };

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  outputTopic: textField(''),
  leaseSeconds: numberField(30, positive),
  wallLeaseSeconds: optionalNumberField('', positive),
  heartbeatSeconds: numberField(10, positive),
  cycleSeconds: numberField(0, some),
  minOffSeconds: numberField(2, some),
  maxOnSeconds: optionalNumberField('', positive),
  maxOnTrips: flagField(false),
  maxPerHour: optionalNumberField('', { min: 1, integer: true }),
  holdOffSeconds: numberField(10, some),
  permissiveTopics: textField(''),
  quantity: textField(''),
  goodSamples: numberField(3, { min: 1, integer: true }),
  sampleSeconds: numberField(60, some),
  tripAbove: optionalNumberField(),
  tripBelow: optionalNumberField(),
  exclusionGroup: textField(''),
  gapSeconds: numberField(0.5, some),
};

export interface SafeOutputSettings {
  readonly core: Settings;
  readonly clock: string;
  readonly outputTopic: string;
  /** topics of the permissive measurement; none: there is no such measurement */
  readonly permissive: ReadonlySet<string>;
  readonly quantity: string;
  readonly exclusionGroup: string;
  /** how long an edge may act on a message without hearing again, ms */
  readonly validForMs: number;
}

const HEARTBEATS_VALID = 3;
const ms = (seconds: number | undefined): number => (seconds === undefined ? Infinity : seconds * 1000);

export const parse = (def: object): SafeOutputSettings => {
  const form = parseFields(fields, def);
  const permissive = new Set(form.permissiveTopics.split(/[\s,]+/).filter((topic) => topic !== ''));
  return {
    core: {
      leaseMs: ms(form.leaseSeconds),
      wallLeaseMs: ms(form.wallLeaseSeconds),
      maxOnMs: ms(form.maxOnSeconds),
      maxOnTrips: form.maxOnTrips,
      minOffMs: ms(form.minOffSeconds),
      maxPerHour: form.maxPerHour ?? Infinity,
      holdOffMs: ms(form.holdOffSeconds),
      goodSamples: permissive.size > 0 ? form.goodSamples : 0,
      sampleStaleMs: form.sampleSeconds === 0 ? Infinity : ms(form.sampleSeconds),
      tripAbove: form.tripAbove ?? Infinity,
      tripBelow: form.tripBelow ?? -Infinity,
      gapMs: ms(form.gapSeconds),
      cycleMs: ms(form.cycleSeconds),
      heartbeatMs: ms(form.heartbeatSeconds),
    },
    clock: form.clock,
    outputTopic: form.outputTopic,
    permissive,
    quantity: form.quantity,
    exclusionGroup: form.exclusionGroup,
    validForMs: HEARTBEATS_VALID * ms(form.heartbeatSeconds),
  };
};
