import type { ClockState, PlantClock } from '../lib/clock.ts';
import { parseBoolean, parseNumber, shown } from '../lib/number.ts';

/** What a message may ask of a clock; each throws where the payload makes no sense. */
const commands: Readonly<Record<string, (clock: PlantClock, payload: unknown) => void>> = {
  speed(clock, payload) {
    const speed = parseNumber(payload);
    if (speed === undefined) throw new Error(`payload: speed must be a number, got ${shown(payload)}`);
    clock.setSpeed(speed);
  },
  pause(clock, payload) {
    const paused = payload === undefined || payload === '' ? true : parseBoolean(payload);
    if (paused === undefined) throw new Error(`payload: pause must be true or false, got ${shown(payload)}`);
    if (paused) clock.pause();
    else clock.resume();
  },
  reset: (clock) => clock.reset(),
  state: () => undefined,
};

/** Carries out a command word (`speed`, `pause`, `reset`, `state`); throws for any other. */
export const obey = (clock: PlantClock, topic: unknown, payload: unknown): void => {
  const command = typeof topic === 'string' && Object.hasOwn(commands, topic) ? commands[topic] : undefined;
  if (!command)
    throw new Error(`topic: must be one of ${Object.keys(commands).join(', ')}, got ${shown(topic)}`);
  command(clock, payload);
};

/** A clock's state as a record: `time` is ISO text, `hour` the hour of the day (0 to 24, UTC). */
export const described = (state: ClockState): Record<string, string | number | boolean> => ({
  mode: state.mode,
  speed: state.speed,
  paused: state.paused,
  lagging: state.lagging,
  time: new Date(state.now).toISOString(),
  hour: (((state.now / 3_600_000) % 24) + 24) % 24,
});
