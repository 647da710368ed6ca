import type { Node, NodeAPI, NodeDef } from 'node-red';
import { SPEED_MAX, SPEED_MIN, type PlantClock } from '../lib/clock.ts';
import type { Cancel } from '../lib/deadlines.ts';
import { defineNode, guarded, onClose } from '../lib/node.ts';
import { isRecord } from '../lib/signal.ts';
import { clockFor } from '../lib/plant-clock.ts';
import { stateOf } from '../lib/state.ts';
import { parse } from './config.ts';

interface ClockNode extends Node {
  clock: PlantClock;
}
/** Where simulated time stood, and how fast it went. */
interface Saved {
  readonly now: number;
  readonly speed: number;
  readonly paused: boolean;
  /** the speed in the form at that time: a new one there wins */
  readonly configured: number;
}
const isSaved = (state: unknown): state is Saved =>
  isRecord(state) &&
  Number.isFinite(state['now']) &&
  typeof state['speed'] === 'number' &&
  state['speed'] >= SPEED_MIN &&
  state['speed'] <= SPEED_MAX &&
  Number.isFinite(state['configured']) &&
  typeof state['paused'] === 'boolean';

/** How much wall time a running clock may use before it is written down again. */
const RESERVED_WALL_MS = 1000;

export default function (RED: NodeAPI): void {
  defineNode<NodeDef, ClockNode>(RED, 'process-clock', (node, def) => {
    const settings = parse(def, RED.util.getSetting(node, 'PLANT_MODE'));
    const slot = stateOf(RED, node, 1, isSaved);
    const saved = settings.mode === 'real' ? undefined : slot.load();
    const clock = clockFor(RED, {
      ...settings,
      startMs: Math.max(settings.startMs, saved?.now ?? -Infinity),
      last: saved?.configured === settings.speed ? saved : undefined,
    });
    node.clock = clock;
    if (clock.mode === 'real') {
      onClose(node, () => clock.stop());
      return;
    }
    // What is written down is time the clock has not passed yet, so that it never runs backwards, not even after
    // kill -9: the deadline fires, and reserves some more, before time goes on.
    const save = (aheadMs: number): void => {
      const { now, speed, paused } = clock.state();
      slot.save({ now: now + aheadMs, speed, paused, configured: settings.speed });
    };
    let forget: Cancel = () => {};
    const reserve = guarded(node, (): void => {
      forget();
      const { mode, paused, speed } = clock.state();
      const aheadMs = mode === 'scaled' && !paused ? speed * RESERVED_WALL_MS : 0;
      if (aheadMs > 0) forget = clock.after(aheadMs, reserve);
      save(aheadMs);
    });
    reserve();
    clock.onChange(reserve);
    onClose(node, (removed) => {
      if (!removed) save(0);
      clock.stop();
    });
  });
}
