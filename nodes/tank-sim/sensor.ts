import type { Quality } from '../lib/signal.ts';
import { clamp } from '../lib/number.ts';
import type { TankParameters } from './presets.ts';
import { gaussian, type Random } from './rng.ts';

/** What the tank measures. The words are the keys of its record. */
export const quantities = ['temperature', 'lux', 'humidity', 'ambient_temperature', 'ph', 'level'] as const;
export type Quantity = (typeof quantities)[number];
export const units: Readonly<Record<Quantity, string>> = {
  temperature: 'Cel',
  lux: 'lx',
  humidity: '%',
  ambient_temperature: 'Cel',
  ph: '[pH]',
  level: '%',
};

export const sensorFaults = ['stuck', 'spike', 'missing', 'open'] as const;
export type SensorFaultKind = (typeof sensorFaults)[number];
export interface SensorFault {
  readonly kind: SensorFaultKind;
  /** process time at which it ends; null: a spike lasts one reading, the others until they are cleared */
  readonly untilMs: number | null;
  /** what a stuck sensor repeats; null until its first reading */
  held: number | null;
}

/** What the sensors remember; plain data, saved with the tank. */
export interface SensorState extends Random {
  faults: Partial<Record<Quantity, SensorFault>>;
  /** the last readings, which a stuck sensor repeats */
  last: Partial<Record<Quantity, number>>;
}

export interface Sensor {
  readonly offset: number;
  readonly noise: number;
  readonly quantum: number;
  readonly min: number;
  readonly max: number;
  /** how far a spike goes */
  readonly spike: number;
}
export type Sensors = Readonly<Record<Quantity, Sensor>>;

/** What thermometers of the one-wire family give when the wire is broken. */
export const OPEN_CODE = -127;

/** A thousandth of a light sensor's scale, as a power of ten. */
const lightQuantum = (fullScale: number): number =>
  fullScale > 0 ? 10 ** Math.ceil(Math.log10(fullScale / 1000)) : 1;

export const sensorsOf = (tank: TankParameters): Sensors => {
  const thermometer = { offset: 0, noise: 0, quantum: tank.quantum, min: -20, max: 120, spike: 15 };
  const percent = { offset: 0, noise: 0, quantum: 0.1, min: 0, max: 100, spike: 40 };
  const lux = tank.lampLux + tank.daylightLux;
  return {
    temperature: { ...thermometer, offset: tank.sensorOffset, noise: tank.noise },
    ambient_temperature: thermometer,
    lux: { offset: 0, noise: 0, quantum: lightQuantum(lux), min: 0, max: 100_000, spike: 10 * (lux + 1) },
    humidity: { ...percent, quantum: 0.05 },
    ph: { offset: 0, noise: 0, quantum: 0.01, min: 0, max: 14, spike: 3 },
    level: percent,
  };
};

/** The nearest multiple of a quantum, as the shortest decimal number where the quantum is 1/n; 0: the value itself. */
export const quantise = (value: number, quantum: number): number => {
  if (quantum === 0) return value;
  const parts = Math.round(1 / quantum);
  const multiple =
    Math.abs(parts * quantum - 1) < 1e-12
      ? Math.round(value * parts) / parts
      : Math.round(value / quantum) * quantum;
  return multiple + 0; // no sensor shows -0
};

export interface Readings {
  readonly values: Record<Quantity, number | null>;
  readonly qualities: Record<Quantity, Quality>;
  readonly quality: Quality;
}

/**
 * One reading of every sensor: offset, noise, spike, range, quantum, in that order. A missing value is null and an
 * open circuit a number far outside the range, both of quality bad; stuck and spiking sensors do not know it.
 */
export const readSensors = (
  sensors: Sensors,
  memory: SensorState,
  truth: Readonly<Record<Quantity, number>>,
): Readings => {
  const values: Record<Quantity, number | null> = {
    temperature: null,
    lux: null,
    humidity: null,
    ambient_temperature: null,
    ph: null,
    level: null,
  };
  const qualities: Record<Quantity, Quality> = {
    temperature: 'good',
    lux: 'good',
    humidity: 'good',
    ambient_temperature: 'good',
    ph: 'good',
    level: 'good',
  };
  let quality: Quality = 'good';
  for (const quantity of quantities) {
    const { offset, noise, quantum, min, max, spike } = sensors[quantity];
    const fault = memory.faults[quantity];
    let raw = truth[quantity] + offset;
    if (noise > 0) raw += noise * gaussian(memory);
    if (fault?.kind === 'spike') raw += spike;
    let value: number | null = quantise(clamp(raw, min, max), quantum);
    if (fault) value = faulty(fault, memory, quantity, value);
    if (value === null || value === OPEN_CODE) {
      qualities[quantity] = quality = 'bad';
    } else memory.last[quantity] = value;
    values[quantity] = value;
    if (fault?.kind === 'spike' && fault.untilMs === null) delete memory.faults[quantity];
  }
  return { values, qualities, quality };
};

const faulty = (
  fault: SensorFault,
  memory: SensorState,
  quantity: Quantity,
  value: number,
): number | null => {
  if (fault.kind === 'missing') return null;
  if (fault.kind === 'open') return OPEN_CODE;
  if (fault.kind === 'spike') return value;
  fault.held ??= memory.last[quantity] ?? value;
  return fault.held;
};

/** Ends the faults whose time is over; true where one did. */
export const endFaults = (memory: SensorState, nowMs: number): boolean => {
  let ended = false;
  for (const quantity of quantities) {
    const untilMs = memory.faults[quantity]?.untilMs;
    if (typeof untilMs !== 'number' || nowMs < untilMs) continue;
    delete memory.faults[quantity];
    ended = true;
  }
  return ended;
};
