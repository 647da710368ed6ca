import { clamp, shown } from '../lib/number.ts';
import { daylight, hourOf } from './day.ts';
import type { TankParameters } from './presets.ts';
import { sensorsOf, type Quantity, type Sensors, type SensorState } from './sensor.ts';
import { ambientAt, exchangeHeat, type Temperatures } from './thermal.ts';

/**
 * The tank: T' = q p - k (T - Ta) with q = P/C and k = UA/C (C: the full tank's water), level, pH, humidity and light.
 * Every equation is linear with inputs that are constant between two changes, so each step is the exact solution and
 * any partition of time, at any speed, gives the same. Limits of the physics: water 0 to 100 degC (beyond, the heat
 * goes into ice or steam), level 0 to 100 % (more runs over, nothing is pumped from an empty tank). pH and humidity
 * move between values that are within their limits, so they need none.
 */
const WATER_JOULE_PER_LITRE_KELVIN = 4186;
const WATER_MIN = 0;
const WATER_MAX = 100;
const DARK_LUX = 0.05;
/** Changes of heat that can be on their way within the dead time; when full, the newest takes the last place. */
const MAX_UNDER_WAY = 1024;

export const actuators = ['heater', 'light', 'pump', 'cooler', 'inflow', 'outflow'] as const;
export type Actuator = (typeof actuators)[number];
export type HeaterFaultKind = 'heater-dead' | 'heater-welded';

/** The parameters with what follows from them. */
export interface Tank {
  readonly parameters: TankParameters;
  /** degC/s at 100 % */
  readonly heatingRate: number;
  readonly coolingRate: number;
  /** 1/s */
  readonly lossRate: number;
  readonly deadTimeMs: number;
  readonly sensors: Sensors;
  readonly seed: number;
}

interface Heat {
  heater: number;
  cooler: number;
}
/** The whole state, plain data: its JSON, read again, goes on as if nothing had happened. */
export interface TankState extends Temperatures {
  timeMs: number;
  humidity: number;
  ph: number;
  /** % of the full tank */
  level: number;
  overflowLitres: number;
  /** what was commanded, % */
  commands: Record<Actuator, number>;
  /** what reaches the water now, %, and what is on its way, oldest first */
  heat: Heat;
  underWay: (Heat & { readonly atMs: number })[];
  heaterFault: { readonly kind: HeaterFaultKind; readonly untilMs: number | null } | null;
  sensors: SensorState;
}

export const tankOf = (parameters: TankParameters, seed = 1): Tank => {
  const capacity = parameters.litres * WATER_JOULE_PER_LITRE_KELVIN;
  return {
    parameters,
    heatingRate: parameters.heaterWatts / capacity,
    coolingRate: parameters.coolerWatts / capacity,
    lossRate: parameters.lossWattsPerKelvin / capacity,
    deadTimeMs: parameters.deadTimeSeconds * 1000,
    sensors: sensorsOf(parameters),
    seed,
  };
};

export const allOff = (): Record<Actuator, number> => ({
  heater: 0,
  light: 0,
  pump: 0,
  cooler: 0,
  inflow: 0,
  outflow: 0,
});

/** A tank at its start, all actuators off, no fault. */
export const initialState = ({ parameters, seed }: Tank, timeMs: number): TankState => ({
  timeMs,
  temperature: parameters.startTemperature,
  probe: parameters.startTemperature,
  humidity: parameters.startHumidity,
  ph: parameters.startPh,
  level: parameters.startLevel,
  overflowLitres: 0,
  commands: allOff(),
  heat: { heater: 0, cooler: 0 },
  underWay: [],
  heaterFault: null,
  sensors: { random: seed >>> 0, faults: {}, last: {} },
});

/** What an actuator really does, %: its command, or what the heater's fault makes of it. */
export const applied = ({ commands, heaterFault }: TankState, actuator: Actuator): number =>
  actuator !== 'heater' || heaterFault === null
    ? commands[actuator]
    : heaterFault.kind === 'heater-dead'
      ? 0
      : 100;

/** Sends the present heat on its way to the water; call it after any change of heater, cooler or heater fault. */
export const sendHeat = (tank: Tank, state: TankState): void => {
  const heater = applied(state, 'heater');
  const cooler = state.commands.cooler;
  const newest = state.underWay.at(-1) ?? state.heat;
  if (newest.heater === heater && newest.cooler === cooler) return;
  const atMs = state.timeMs + tank.deadTimeMs;
  if (tank.deadTimeMs === 0) state.heat = { heater, cooler };
  else if (state.underWay.length < MAX_UNDER_WAY) state.underWay.push({ atMs, heater, cooler });
  else Object.assign(newest, { heater, cooler });
};

/** Moves the tank on to a time, in place. Throws for a time before its own, and changes nothing then. */
export const advance = (tank: Tank, state: TankState, toMs: number): void => {
  if (!(toMs >= state.timeMs && toMs < Infinity))
    throw new Error(`time: must be a time of at least ${state.timeMs} ms, got ${shown(toMs)}`);
  for (;;) {
    const arrival = state.underWay[0]?.atMs ?? Infinity;
    const repair = state.heaterFault?.untilMs ?? Infinity;
    const next = Math.min(arrival, repair);
    if (next > toMs) break;
    integrate(tank, state, next);
    if (next === arrival) {
      const { heater, cooler } = state.underWay.shift() ?? state.heat;
      state.heat = { heater, cooler };
    }
    if (next === repair) {
      state.heaterFault = null;
      sendHeat(tank, state);
    }
  }
  integrate(tank, state, toMs);
};

/** One piece of time within which no input changes. */
const integrate = (tank: Tank, state: TankState, toMs: number): void => {
  const seconds = (toMs - state.timeMs) / 1000;
  if (seconds <= 0) return;
  const { parameters: p, heatingRate, coolingRate, lossRate } = tank;
  const { inflow, outflow, pump } = state.commands;
  const inLitresPerSecond = (p.inflowLitresPerMinute * inflow) / 6000;
  const outLitresPerSecond = (p.outflowLitresPerMinute * outflow) / 6000;
  const pumped = pump / 100;

  exchangeHeat(
    state,
    {
      drive: (heatingRate * state.heat.heater - coolingRate * state.heat.cooler) / 100,
      // What flows in has the temperature of the room, so it acts like one more loss.
      rate: lossRate + inLitresPerSecond / p.litres,
      ambient: p.ambient,
      swing: p.ambientSwing,
      lagSeconds: p.stillLagSeconds + (p.sensorLagSeconds - p.stillLagSeconds) * pumped,
    },
    state.timeMs,
    toMs,
  );
  state.temperature = clamp(state.temperature, WATER_MIN, WATER_MAX);

  const litres = (state.level / 100) * p.litres + (inLitresPerSecond - outLitresPerSecond) * seconds;
  state.overflowLitres += Math.max(0, litres - p.litres);
  state.level = clamp((litres / p.litres) * 100, 0, 100);

  state.humidity = approach(
    state.humidity,
    p.stillHumidity + (p.pumpHumidity - p.stillHumidity) * pumped,
    seconds / p.humiditySeconds,
  );
  // A pump at 30 % aerates 30 % of the time: both ways of pH act side by side.
  const aeration = pumped / p.pumpPhSeconds;
  const drift = (1 - pumped) / p.stillPhSeconds;
  const phRate = aeration + drift;
  state.ph = approach(state.ph, (p.pumpPh * aeration + p.stillPh * drift) / phRate, seconds * phRate);
  state.timeMs = toMs;
};

const approach = (value: number, target: number, timeConstants: number): number =>
  value - (target - value) * Math.expm1(-timeConstants);

/** What ideal sensors show now; the temperature is that of the probe. */
export const measurable = (
  { parameters: p }: Tank,
  state: TankState,
): Readonly<Record<Quantity, number>> => ({
  temperature: state.probe,
  lux: DARK_LUX + p.daylightLux * daylight(hourOf(state.timeMs)) + (p.lampLux * state.commands.light) / 100,
  humidity: state.humidity,
  ambient_temperature: ambientAt(p.ambient, p.ambientSwing, state.timeMs),
  ph: state.ph,
  level: state.level,
});
