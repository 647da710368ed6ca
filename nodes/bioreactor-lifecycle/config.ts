import {
  choiceField,
  configField,
  numberField,
  optionalNumberField,
  parseFields,
  textField,
} from '../lib/fields.ts';
import type { Resume, Settings } from './memory.ts';

const some = { min: 0 };
const positive = { above: 0 };
export const sensorLosses = ['hold', 'fault', 'continue'] as const;
export const resumes: readonly Resume[] = ['resume', 'hold', 'abort'];

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  unit: textField('', { required: true }),
  reactorId: textField('', { required: true }),
  facility: textField(''),
  facilityName: textField(''),
  quantities: textField('temperature, pressure, ph'),
  receivedSeconds: numberField(2, some),
  connectSeconds: numberField(60, positive),
  startSeconds: optionalNumberField('', some),
  runSeconds: numberField(30, { min: 1 }),
  measureSeconds: numberField(5, { min: 0.1 }),
  pickupSeconds: numberField(20, some),
  cleaningSeconds: numberField(10, some),
  staleSeconds: numberField(30, some),
  onSensorLoss: choiceField('hold', sensorLosses),
  shortOutageSeconds: numberField(60, some),
  afterShort: choiceField<Resume>('resume', resumes),
  afterLong: choiceField<Resume>('hold', resumes),
};

/** Who the reactor is, on the plant and to the cloud. */
export interface Identity {
  /** the topic of its measurements: `bioreactor/1` */
  readonly unit: string;
  readonly reactorId: string;
  /** city and zip code, `TJ|22105` */
  readonly facility: string;
  readonly facilityName: string;
}
export interface LifecycleSettings extends Identity {
  readonly clock: string;
  /** how long what is to move or heat goes on without being asked for again: three measurements, and 30 s at least */
  readonly validForMs: number;
  readonly core: Settings;
}

const ms = (seconds: number): number => Math.round(seconds * 1000);
/** Where 0 or blank means for ever. */
const endless = (seconds = 0): number => (seconds === 0 ? Infinity : ms(seconds));

export const parse = (def: object): LifecycleSettings => {
  const form = parseFields(fields, def);
  const { clock, unit, reactorId, facility, facilityName, onSensorLoss, afterShort, afterLong } = form;
  const quantities = form.quantities.split(/[\s,]+/).filter((quantity) => quantity !== '');
  return {
    clock,
    validForMs: Math.max(30_000, 3 * ms(form.measureSeconds)),
    unit,
    reactorId,
    facility,
    facilityName,
    core: {
      reactorId,
      quantities: [...new Set(quantities)],
      phaseMs: {
        received: ms(form.receivedSeconds),
        connect: ms(form.connectSeconds),
        start: endless(form.startSeconds),
        run: ms(form.runSeconds),
        pickup: endless(form.pickupSeconds),
        cleaning: ms(form.cleaningSeconds),
      },
      measureMs: ms(form.measureSeconds),
      staleMs: endless(form.staleSeconds),
      onSensorLoss,
      shortOutageMs: ms(form.shortOutageSeconds),
      afterShort,
      afterLong,
    },
  };
};
