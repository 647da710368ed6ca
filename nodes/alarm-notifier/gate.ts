import { isActive, priorities, type AlarmEvent, type Priority } from '../lib/alarms.ts';
import { isRecord } from '../lib/signal.ts';

/**
 * Which alarms a channel tells people of: once per alarm and cooldown, its recovery once, and at most so many an hour;
 * what has to wait is told as one summary. Times are ms of wall time.
 */
export interface GateSettings {
  /** less urgent alarms are not told */
  readonly least: Priority;
  readonly cooldownMs: number;
  readonly perHour: number;
}
export interface Notice {
  readonly kind: 'raised' | 'cleared' | 'summary' | 'test';
  /** the most urgent of its alarms */
  readonly priority: Priority;
  readonly subject: string;
  /** for people */
  readonly text: string;
  /** of a summary the most urgent ones */
  readonly events: readonly AlarmEvent[];
  /** of alarms; of a summary also those that are not in `events` */
  readonly count: number;
  readonly at: number;
}
interface Known {
  /** when its raise was told last */
  readonly at: number;
  /** and its recovery was not told yet */
  readonly open: boolean;
}
/** A gate as it outlives a restart. */
export interface SavedGate {
  readonly tokens: number;
  readonly at: number;
  readonly known: readonly (readonly [string, Known])[];
  readonly held: readonly (readonly [string, AlarmEvent])[];
  readonly waiting: readonly (readonly [string, AlarmEvent])[];
  readonly more: number;
}
export interface Gate {
  /** Takes an event; gives what is to be told now. */
  accept(event: AlarmEvent, now: number): Notice[];
  /** What is to be told because time has passed. */
  tick(now: number): Notice[];
  /** When `tick` has something to do; Infinity: nothing waits. */
  dueAt(): number;
  save(): SavedGate;
}

/** Alarms that are remembered at most, each way: a storm may be large, memory and what a restart needs are not. */
const MOST = 500;
/** Alarms that stand in a summary. */
export const IN_SUMMARY = 20;
const HOUR_MS = 3_600_000;

const byPriority = (a: AlarmEvent, b: AlarmEvent): number =>
  priorities.indexOf(a.priority) - priorities.indexOf(b.priority) ||
  Number(isActive(b.state)) - Number(isActive(a.state)) ||
  b.at - a.at;

const single = (kind: 'raised' | 'cleared', event: AlarmEvent, at: number): Notice => ({
  kind,
  priority: event.priority,
  subject: kind === 'raised' ? `Alarm (${event.priority}): ${event.message}` : `Recovered: ${event.message}`,
  text: event.message,
  events: [event],
  count: 1,
  at,
});

const summary = (events: readonly AlarmEvent[], more: number, at: number): Notice => {
  const sorted = events.toSorted(byPriority);
  const [first] = sorted;
  const count = events.length + more;
  const active = events.filter(({ state }) => isActive(state)).length;
  const text = more > 0 ? `${count} more alarms` : `${count} more alarms, ${active} of them still active`;
  return {
    kind: 'summary',
    priority: first?.priority ?? 'low',
    subject: text,
    text: first ? `${text}; the most urgent: ${first.message}` : text,
    events: sorted.slice(0, IN_SUMMARY),
    count,
    at,
  };
};

/** Of too many the oldest goes. */
const bounded = (map: Map<string, unknown>): void => {
  const oldest = map.size > MOST ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
};
/** Of too many the oldest of the least urgent goes; how many did. */
const shortened = (events: Map<string, AlarmEvent>): number => {
  if (events.size <= MOST) return 0;
  let least: AlarmEvent | undefined;
  for (const event of events.values())
    if (!least || priorities.indexOf(event.priority) > priorities.indexOf(least.priority)) least = event;
  return least && events.delete(least.id) ? 1 : 0;
};

/** A gate that tells nothing yet, or goes on where a saved one stopped. */
export const createGate = (
  { least, cooldownMs, perHour }: GateSettings,
  now: number,
  saved?: SavedGate,
): Gate => {
  // The wall clock may have been put back meanwhile.
  const known = new Map(saved?.known.map(([id, one]) => [id, { ...one, at: Math.min(one.at, now) }]));
  /** raised again within the cooldown */
  const held = new Map(saved?.held);
  /** raised when too many had been told already; also what has become of them */
  const waiting = new Map(saved?.waiting);
  /** that waited too but were too many to remember */
  let more = saved?.more ?? 0;
  let tokens = saved?.tokens ?? perHour;
  /** when `tokens` was right */
  let at = Math.min(saved?.at ?? now, now);
  let nextHeld = held.size > 0 ? -Infinity : Infinity;

  const refill = (time: number): void => {
    tokens = Math.min(perHour, tokens + (Math.max(0, time - at) * perHour) / HOUR_MS);
    at = Math.max(at, time);
  };
  const heldUntil = (id: string): number => (known.get(id)?.at ?? -Infinity) + cooldownMs;
  const forget = (id: string): void => {
    held.delete(id);
    waiting.delete(id);
  };
  const remember = (id: string, state: Known): void => {
    known.delete(id); // the newest last, so that the oldest goes first
    known.set(id, state);
    bounded(known);
  };
  /** A raise that may be told, as soon as there is room. */
  const offer = (event: AlarmEvent, time: number): Notice[] => {
    held.delete(event.id);
    // A little less than one is one: the time it takes to refill is a fraction that rounds.
    if (tokens < 1 - 1e-9 || waiting.size > 0 || more > 0) {
      waiting.set(event.id, event);
      more += shortened(waiting);
      return [];
    }
    tokens = Math.max(0, tokens - 1);
    remember(event.id, { at: time, open: true });
    return [single('raised', event, time)];
  };
  const summarise = (time: number): Notice[] => {
    if ((waiting.size === 0 && more === 0) || tokens < 1 - 1e-9) return [];
    const events = [...waiting.values()];
    const [only] = events;
    const count = more;
    waiting.clear();
    more = 0;
    if (only && events.length === 1 && count === 0 && isActive(only.state)) return offer(only, time);
    tokens = Math.max(0, tokens - 1);
    for (const { id } of events) remember(id, { at: time, open: false });
    return [summary(events, count, time)];
  };
  const raised = (event: AlarmEvent, time: number): Notice[] => {
    if (time >= heldUntil(event.id) && !waiting.has(event.id)) return offer(event, time);
    if (waiting.has(event.id)) waiting.set(event.id, event);
    else if (event.action === 'unshelved' || !known.get(event.id)?.open) {
      // The same raise, heard of on two ways, is told already.
      held.set(event.id, event);
      more += shortened(held);
      nextHeld = Math.min(nextHeld, heldUntil(event.id));
    }
    return [];
  };
  const cleared = (event: AlarmEvent, time: number): Notice[] => {
    held.delete(event.id);
    if (waiting.has(event.id)) waiting.set(event.id, event);
    const state = known.get(event.id);
    if (!state?.open) return [];
    known.set(event.id, { ...state, open: false });
    // It has been promised with the raise, so it is told even where there is no room.
    tokens = Math.max(0, tokens - 1);
    return [single('cleared', event, time)];
  };

  return {
    accept(event, time) {
      if (priorities.indexOf(event.priority) > priorities.indexOf(least)) return [];
      refill(time);
      if (event.shelvedUntil !== undefined || event.action === 'acknowledged') {
        forget(event.id); // somebody knows
        return [];
      }
      if (event.action === 'cleared') return cleared(event, time);
      return isActive(event.state) ? raised(event, time) : [];
    },
    tick(time) {
      refill(time);
      const notices = summarise(time);
      if (time < nextHeld) return notices;
      nextHeld = Infinity;
      for (const event of held.values()) {
        const until = heldUntil(event.id);
        if (time >= until) notices.push(...offer(event, time));
        else nextHeld = Math.min(nextHeld, until);
      }
      return notices;
    },
    dueAt() {
      const room = at + Math.ceil(((1 - Math.min(1, tokens)) * HOUR_MS) / perHour);
      return Math.min(nextHeld, waiting.size > 0 || more > 0 ? room : Infinity);
    },
    save: () => ({ tokens, at, known: [...known], held: [...held], waiting: [...waiting], more }),
  };
};

const isPair = (pair: unknown): boolean =>
  Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && isRecord(pair[1]);
const isPairs = (pairs: unknown): boolean => Array.isArray(pairs) && pairs.every(isPair);
export const isSavedGate = (state: unknown): state is SavedGate =>
  isRecord(state) &&
  Number.isFinite(state['tokens']) &&
  Number.isFinite(state['at']) &&
  Number.isFinite(state['more']) &&
  isPairs(state['known']) &&
  isPairs(state['held']) &&
  isPairs(state['waiting']);
