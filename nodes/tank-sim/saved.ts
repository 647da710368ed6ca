import { isRecord } from '../lib/signal.ts';
import { quantities, sensorFaults } from './sensor.ts';
import { allOff, sendHeat, type Tank, type TankState } from './tank.ts';

/** Version of the saved state: raise it when its shape changes. */
export const STATE_VERSION = 1;

const isUntil = (value: unknown): boolean => value === null || Number.isFinite(value);
const isIn = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && value >= min && value <= max;

const isSensorState = (value: unknown): boolean =>
  isRecord(value) &&
  isIn(value['random'], 0, 0xffff_ffff) &&
  isRecord(value['last']) &&
  isRecord(value['faults']) &&
  Object.entries(value['faults']).every(
    ([quantity, fault]) =>
      quantities.some((known) => known === quantity) &&
      isRecord(fault) &&
      sensorFaults.some((kind) => kind === fault['kind']) &&
      isUntil(fault['untilMs']) &&
      isUntil(fault['held']),
  );

const isHeaterFault = (value: unknown): boolean =>
  value === null ||
  (isRecord(value) &&
    (value['kind'] === 'heater-dead' || value['kind'] === 'heater-welded') &&
    isUntil(value['untilMs']));

/** Whether something read from the state file can go on as a tank; commands and heat on its way are not looked at. */
export const isTankState = (value: unknown): value is TankState =>
  isRecord(value) &&
  Number.isFinite(value['timeMs']) &&
  isIn(value['temperature'], 0, 100) &&
  Number.isFinite(value['probe']) &&
  isIn(value['humidity'], 0, 100) &&
  isIn(value['ph'], 0, 14) &&
  isIn(value['level'], 0, 100) &&
  isIn(value['overflowLitres'], 0, Infinity) &&
  isHeaterFault(value['heaterFault']) &&
  isSensorState(value['sensors']);

/**
 * A saved tank at a start: all actuators off and nothing on its way, faults as they were (a welded contact stays
 * welded). While the runtime was down the plant stood still, so that a clock that was changed moves nothing.
 */
export const resume = (tank: Tank, saved: TankState, nowMs: number): TankState => {
  const shift = nowMs - saved.timeMs;
  const moved = <T extends { readonly untilMs: number | null }>(fault: T): T =>
    fault.untilMs === null ? { ...fault } : { ...fault, untilMs: fault.untilMs + shift };
  const faults: TankState['sensors']['faults'] = {};
  for (const quantity of quantities) {
    const fault = saved.sensors.faults[quantity];
    if (fault) faults[quantity] = moved(fault);
  }
  const state: TankState = {
    ...saved,
    timeMs: nowMs,
    commands: allOff(),
    heat: { heater: 0, cooler: 0 },
    underWay: [],
    heaterFault: saved.heaterFault && moved(saved.heaterFault),
    sensors: { ...saved.sensors, faults },
  };
  sendHeat(tank, state);
  return state;
};
