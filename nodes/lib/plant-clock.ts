import type { NodeAPI } from 'node-red';
import { createClock, type ClockSettings, type Host, type PlantClock } from './clock.ts';
import { pilotPlantSettings } from './settings.ts';

/** The clock and the timers of this machine. */
export const machine: Host = {
  monotonic: () => performance.now(),
  utc: () => Date.now(),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** The part of the settings that clocks read. */
interface ClockRun {
  /** tests: every clock is stepped; the wall clock too, unless `host` moves it */
  readonly clock?: 'stepped';
  /** tests: the machine the clocks run on */
  readonly host?: Host;
}

/** A clock with the mode the settings allow: in a stepped run every clock is stepped. */
export const clockFor = (RED: NodeAPI, settings: ClockSettings): PlantClock => {
  const { clock, host = machine } = pilotPlantSettings<ClockRun>(RED);
  const startMs = settings.mode === 'real' ? WALL_START_MS : settings.startMs;
  return createClock(clock === 'stepped' ? { ...settings, mode: 'stepped', startMs } : settings, host);
};

const WALL_START_MS = Date.UTC(2020, 0, 1);
interface Wall extends ClockRun {
  readonly wall: PlantClock;
}
const walls = new WeakMap<object, Wall>();

/** The wall clock of a runtime: what people outside the plant live by. One per runtime, never stopped. */
export const wallClock = (RED: NodeAPI): PlantClock => {
  const { clock, host } = pilotPlantSettings<ClockRun>(RED);
  // `RED.settings` is another object for every node type, `RED.events` is the runtime's own.
  const known = walls.get(RED.events);
  if (known && known.clock === clock && known.host === host) return known.wall;
  const settings: ClockSettings = { mode: 'real', speed: 1, startMs: WALL_START_MS };
  const wall = host ? createClock(settings, host) : clockFor(RED, settings);
  walls.set(RED.events, { ...pilotPlantSettings<ClockRun>(RED), wall });
  return wall;
};

/** The clock a node names in its field `clock`; the wall clock where the field is blank. Throws where it is gone. */
export const clockOf = (RED: NodeAPI, id: string): PlantClock => {
  if (id === '') return wallClock(RED);
  const clock = (RED.nodes.getNode(id) as { clock?: PlantClock } | null)?.clock;
  if (!clock) throw new Error(`clock: there is no running process-clock ${JSON.stringify(id)}`);
  return clock;
};
