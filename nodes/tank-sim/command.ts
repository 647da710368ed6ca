import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { quantities, sensorFaults, type Quantity, type SensorFaultKind } from './sensor.ts';
import {
  actuators,
  advance,
  initialState,
  sendHeat,
  type Actuator,
  type HeaterFaultKind,
  type Tank,
  type TankState,
} from './tank.ts';

/** What a message asks of the tank, read and checked as a whole before anything changes. */
export type TankCommand =
  | { readonly kind: 'actuate'; readonly changes: Readonly<Partial<Record<Actuator, number>>> }
  | { readonly kind: 'reset' }
  | { readonly kind: 'set'; readonly values: Readonly<Partial<Record<Settable, number>>> }
  | { readonly kind: 'fault'; readonly fault: Fault };

export interface Fault {
  readonly kind: SensorFaultKind | HeaterFaultKind | 'none';
  readonly quantity: Quantity | undefined;
  readonly durationSeconds: number | undefined;
}

const settable = { temperature: 100, humidity: 100, ph: 14, level: 100 } as const;
export type Settable = keyof typeof settable;
const faultKinds = [...sensorFaults, 'heater-dead', 'heater-welded', 'none'] as const;

const refuse = (name: string, wanted: string, raw: unknown): never => {
  throw new Error(`${name}: must be ${wanted}, got ${shown(raw)}`);
};
const oneOf = <T extends string>(words: readonly T[], raw: unknown, name: string): T =>
  words.find((word) => word === raw) ?? refuse(name, `one of ${words.join(', ')}`, raw);
const within = (raw: unknown, max: number, name: string): number =>
  typeof raw === 'number' && raw >= 0 && raw <= max ? raw : refuse(name, `a number of 0 to ${max}`, raw);

const percent = (raw: unknown, name: string): number => {
  if (raw === true) return 100;
  if (raw === false) return 0;
  return typeof raw === 'number' && raw >= 0 && raw <= 100
    ? raw
    : refuse(name, 'true, false or a number of 0 to 100 %', raw);
};

/** `all` and `control` are the same word: MQTT topics end in `control/all`. Other keys than actuators are left out. */
const control = (payload: unknown): TankCommand => {
  if (!isRecord(payload)) return refuse('payload', `an object of ${actuators.join(', ')}`, payload);
  const changes: Partial<Record<Actuator, number>> = {};
  let known = false;
  for (const actuator of actuators) {
    const value = payload[actuator];
    if (value === undefined) continue;
    changes[actuator] = percent(value, `payload.${actuator}`);
    known = true;
  }
  return known
    ? { kind: 'actuate', changes }
    : refuse('payload', `an object of ${actuators.join(', ')}`, payload);
};

const set = (payload: unknown): TankCommand => {
  const words = Object.keys(settable) as Settable[];
  if (!isRecord(payload)) return refuse('payload', `an object of ${words.join(', ')}`, payload);
  const values: Partial<Record<Settable, number>> = {};
  for (const [key, value] of Object.entries(payload)) {
    const word = oneOf(words, key, 'payload');
    values[word] = within(value, settable[word], `payload.${word}`);
  }
  return { kind: 'set', values };
};

const fault = (payload: unknown): TankCommand => {
  const given = typeof payload === 'string' ? { kind: payload } : payload;
  if (!isRecord(given)) return refuse('payload', `a fault, or one of ${faultKinds.join(', ')}`, payload);
  const { kind, quantity, durationSeconds } = given;
  const seconds = durationSeconds === undefined ? undefined : parseNumber(durationSeconds);
  if (durationSeconds !== undefined && !(seconds !== undefined && seconds > 0))
    refuse('payload.durationSeconds', 'a number above 0', durationSeconds);
  return {
    kind: 'fault',
    fault: {
      kind: oneOf(faultKinds, kind, 'payload.kind'),
      quantity: quantity === undefined ? undefined : oneOf(quantities, quantity, 'payload.quantity'),
      durationSeconds: seconds,
    },
  };
};

/** Reads a message; throws an error that names the property and the value. Of a topic with `/` the last part counts. */
export const readCommand = (topic: unknown, payload: unknown): TankCommand => {
  const word = typeof topic === 'string' ? topic.slice(topic.lastIndexOf('/') + 1) : topic;
  switch (word) {
    case 'control':
    case 'all':
      return control(payload);
    case 'reset':
      return { kind: 'reset' };
    case 'set':
      return set(payload);
    case 'fault':
      return fault(payload);
    default: {
      const actuator = actuators.find((name) => name === word);
      return actuator
        ? { kind: 'actuate', changes: { [actuator]: percent(payload, 'payload') } }
        : refuse('topic', `one of ${[...actuators, 'control', 'reset', 'set', 'fault'].join(', ')}`, topic);
    }
  }
};

/** Carries a command out at a time, in place; true where it changed anything. */
export const obey = (tank: Tank, state: TankState, command: TankCommand, nowMs: number): boolean => {
  advance(tank, state, nowMs);
  switch (command.kind) {
    case 'actuate':
      return actuate(tank, state, command.changes);
    case 'reset':
      Object.assign(state, initialState(tank, nowMs));
      return true;
    case 'set':
      Object.assign(state, command.values);
      // The probe is set with the water: its reading shows at once what was asked for.
      if (command.values.temperature !== undefined) state.probe = command.values.temperature;
      return true;
    case 'fault':
      inject(tank, state, command.fault);
      return true;
  }
};

const actuate = (
  tank: Tank,
  state: TankState,
  changes: Readonly<Partial<Record<Actuator, number>>>,
): boolean => {
  let changed = false;
  for (const actuator of actuators) {
    const value = changes[actuator];
    if (value === undefined || value === state.commands[actuator]) continue;
    state.commands[actuator] = value;
    changed = true;
  }
  if (changed) sendHeat(tank, state);
  return changed;
};

/** `none` without a quantity ends every fault; a fault without one is the thermometer's. */
const inject = (tank: Tank, state: TankState, { kind, quantity, durationSeconds }: Fault): void => {
  const { faults } = state.sensors;
  const untilMs = durationSeconds === undefined ? null : state.timeMs + durationSeconds * 1000;
  if (kind === 'heater-dead' || kind === 'heater-welded') state.heaterFault = { kind, untilMs };
  else if (kind !== 'none') faults[quantity ?? 'temperature'] = { kind, untilMs, held: null };
  else if (quantity !== undefined) delete faults[quantity];
  else {
    state.sensors.faults = {};
    state.heaterFault = null;
  }
  sendHeat(tank, state);
};

/** The faults in force, for people: `none`, or for example `stuck temperature, heater-dead`. */
export const describeFaults = ({ sensors, heaterFault }: TankState): string => {
  const words = quantities.flatMap((quantity) => {
    const found = sensors.faults[quantity];
    return found ? [`${found.kind} ${quantity}`] : [];
  });
  if (heaterFault) words.push(heaterFault.kind);
  return words.length === 0 ? 'none' : words.join(', ');
};
