import { advance, type Signal } from './lifecycle.ts';
import { askAt, type Memory, type Settings } from './memory.ts';
import { move, secondsOf, type Happening } from './moves.ts';
import { lostAt, missing, wordsOf } from './sensors.ts';

/** Why a state ends by itself, where that is not what everybody hopes for. */
const overdue = ({ quantities, phaseMs }: Settings, { state, sensors, watchedFrom }: Memory): string => {
  if (state === 'connecting')
    return `no good measurement of ${missing(sensors, quantities, watchedFrom).join(', ')} within ${secondsOf(phaseMs.connect)}`;
  return state === 'ready-to-start' ? `nobody has started it within ${secondsOf(phaseMs.start)}` : '';
};

/** What happens by itself next, if it is due. */
export const due = (settings: Settings, memory: Memory, now: number): Happening | undefined => {
  const { quantities, staleMs, measureMs, onSensorLoss } = settings;
  const { state, sensors, watchedFrom, asked, askAtMs } = memory;
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
  if (state === 'connecting' && missing(sensors, quantities, watchedFrom).length === 0)
    return go('connected');
  if (state !== 'running' || onSensorLoss === 'continue') return undefined;
  const lost = quantities.filter((quantity) => lostAt(sensors, quantity, watchedFrom, staleMs) <= now);
  if (lost.length === 0) return undefined;
  const reason = `no good measurement of ${lost.join(', ')} for ${secondsOf(staleMs)}`;
  return go(onSensorLoss === 'hold' ? 'lost' : 'fail', reason);
};

/** When something happens by itself again; Infinity: nothing does before somebody acts. */
export const deadlineOf = (settings: Settings, memory: Memory, now: number): number => {
  const { state, until, sensors, watchedFrom } = memory;
  if (state !== 'running') return until;
  const silences = settings.quantities.flatMap((quantity) => [
    lostAt(sensors, quantity, watchedFrom, settings.staleMs),
    (sensors[quantity]?.at ?? Infinity) + settings.staleMs,
  ]);
  return Math.min(...[until, askAt(memory), ...silences].filter((end) => end > now));
};
