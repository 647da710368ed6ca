import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { PlantClock } from '../lib/clock.ts';
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
  Number.isFinite(state['speed']) &&
  Number.isFinite(state['configured']) &&
  typeof state['paused'] === 'boolean';

const SAVE_EVERY_MS = 1000;

export default function (RED: NodeAPI): void {
  defineNode<NodeDef, ClockNode>(RED, 'process-clock', (node, def) => {
    const settings = parse(def, RED.util.getSetting(node, 'PLANT_MODE'));
    const slot = stateOf(RED, node, 1, isSaved);
    const saved = settings.mode === 'real' ? undefined : slot.load();
    const clock = clockFor(RED, {
      ...settings,
      startMs: Math.max(settings.startMs, saved?.now ?? -Infinity),
    });
    node.clock = clock;
    if (clock.mode === 'real') {
      onClose(node, () => clock.stop());
      return;
    }
    if (saved?.configured === settings.speed && clock.mode === 'scaled') {
      clock.setSpeed(saved.speed);
      if (saved.paused) clock.pause();
    }
    const current = (): Saved => ({ ...clock.state(), configured: settings.speed });
    clock.onChange(guarded(node, () => slot.save(current())));
    // Time itself is a continuous change: how far it went is written about once a second while it runs.
    const beat =
      clock.mode === 'scaled' ? setInterval(() => slot.saveSoon(current), SAVE_EVERY_MS) : undefined;
    onClose(node, (removed) => {
      clearInterval(beat);
      if (!removed) slot.save(current());
      clock.stop();
    });
  });
}
