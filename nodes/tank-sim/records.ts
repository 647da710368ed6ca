import type { Scalar, Signal } from '../lib/signal.ts';
import { describeFaults } from './command.ts';
import { hourOf } from './day.ts';
import { endFaults, readSensors, units } from './sensor.ts';
import { applied, measurable, type Tank, type TankState } from './tank.ts';

/** A signal as Node-RED takes a message: an interface would lack the index signature. */
export type SignalMessage = Pick<Signal, keyof Signal>;

/** What the sensors give, as the record that goes out. Draws noise, so one call is one sample. */
export const sensorRecord = (tank: Tank, state: TankState, topic: string): SignalMessage => {
  endFaults(state.sensors, state.timeMs);
  const { values, qualities, quality } = readSensors(tank.sensors, state.sensors, measurable(tank, state));
  return {
    topic,
    payload: values,
    timestamp: state.timeMs,
    quality,
    source: 'simulated',
    units: { ...units },
    qualities,
  };
};

/** How the plant really is, for displays: what the actuators do in %, true values without lag and noise, faults. */
export const plantRecord = (tank: Tank, state: TankState, topic: string): SignalMessage => {
  endFaults(state.sensors, state.timeMs);
  const { commands, temperature, humidity, ph, level, overflowLitres, timeMs } = state;
  const { lux, ambient_temperature } = measurable(tank, state);
  const payload: Record<string, Scalar> = {
    heater: applied(state, 'heater'),
    light: commands.light,
    pump: commands.pump,
    cooler: commands.cooler,
    inflow: commands.inflow,
    outflow: commands.outflow,
    temperature,
    ambient_temperature,
    lux,
    humidity,
    ph,
    level,
    litres: (level / 100) * tank.parameters.litres,
    overflow: overflowLitres,
    hour: hourOf(timeMs),
    fault: describeFaults(state),
  };
  return { topic: `${topic}/plant`, payload, timestamp: timeMs, quality: 'good', source: 'simulated' };
};
