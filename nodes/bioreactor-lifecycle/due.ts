import { watchedIn } from './batch.ts';
import { advance, type Signal } from './lifecycle.ts';
import { askAt, type Memory, type Settings } from './memory.ts';
import { move, secondsOf, type Happening } from './moves.ts';
import { lostAt, missing, wordsOf } from './sensors.ts';

/** Why a state ends by itself, where that is not what everybody hopes for. */
const overdue = ({ quantities, phaseMs }: Settings, memory: Memory): string => {
  const { state, sensors, watchedFrom, batch } = memory;
  if (state === 'connecting')
    return `no good measurement of ${missing(sensors, watchedIn(quantities, batch), watchedFrom).join(', ')} within ${secondsOf(phaseMs.connect)}`;
  return state === 'ready-to-start' ? `nobody has started it within ${secondsOf(phaseMs.start)}` : '';
};

/** What happens by itself next, if it is due. */
export const due = (settings: Settings, memory: Memory, now: number): Happening | undefined => {
  const { quantities, staleMs, measureMs, onSensorLoss } = settings;
  const { state, sensors, watchedFrom, asked, askAtMs, batch } = memory;
  const go = (signal: Signal, reason = ''): Happening | undefined => {
    const to = advance(state, signal, memory.used);
    return to && move(settings, memory, to, { signal, reason }, now).happening;
  };
  const words = wordsOf(sensors, quantities, staleMs, now);
  if (quantities.some((quantity) => words[quantity] !== memory.words[quantity]))
    return { kind: 'sensed', memory: { ...memory, words } };
  if (askAt(memory) <= now)
    return { kind: 'asked', memory: { ...memory, asked: asked + 1, askAtMs: askAtMs + measureMs } };
  if (memory.until <= now) return go('elapsed', overdue(settings, memory));
  const watched = watchedIn(quantities, batch);
  if (state === 'connecting' && missing(sensors, watched, watchedFrom).length === 0) return go('connected');
  if (state !== 'running' || onSensorLoss === 'continue') return undefined;
  const lost = watched.filter((quantity) => lostAt(sensors, quantity, watchedFrom, staleMs) <= now);
  if (lost.length === 0) return undefined;
  const reason = `no good measurement of ${lost.join(', ')} for ${secondsOf(staleMs)}`;
  return go(onSensorLoss === 'hold' ? 'lost' : 'fail', reason);
};

/** When something happens by itself again; Infinity: nothing does before somebody acts. */
export const deadlineOf = (settings: Settings, memory: Memory, now: number): number => {
  const { state, until, sensors, watchedFrom, batch } = memory;
  const { quantities, staleMs } = settings;
  if (state !== 'running') return until;
  const losses = watchedIn(quantities, batch).map((name) => lostAt(sensors, name, watchedFrom, staleMs));
  const silences = quantities.map((quantity) => (sensors[quantity]?.at ?? Infinity) + staleMs);
  return Math.min(...[until, askAt(memory), ...losses, ...silences].filter((end) => end > now));
};
