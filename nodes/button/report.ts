import type { Message, NewMessage } from '../lib/node.ts';
import type { Status } from '../lib/status.ts';
import type { Event } from './gestures.ts';

/** What a message says of an event. */
export const messageOf = (event: Event, topic: string): NewMessage => {
  if (event.kind === 'state') return { topic: `${topic}/state`, payload: event.pressed, timestamp: event.at };
  const { kind, at, heldMs, count } = event;
  return {
    topic,
    payload: kind,
    timestamp: at,
    ...(heldMs === undefined ? {} : { heldMs: Math.round(heldMs) }),
    ...(count === undefined ? {} : { count }),
  };
};

/**
 * The messages for the events that `msg` has caused: the one gesture goes in `msg` itself; of several, each has a
 * message of its own, and so has the state. All keep the id, and who pressed.
 */
export const carriersOf = (events: readonly Event[], msg: Message): ((event: Event) => NewMessage) => {
  const isOnly = events.filter(({ kind }) => kind !== 'state').length === 1;
  const { _msgid, user } = msg;
  const copy = (): NewMessage => ({ _msgid, ...(user === undefined ? {} : { user }) });
  return ({ kind }) => {
    if (kind === 'state' || !isOnly) return copy();
    for (const key of ['heldMs', 'count']) delete msg[key]; // of a button before this one
    return msg;
  };
};

/** The status: the debounced state. */
export const lightFor = (pressed: boolean | undefined): Status => {
  if (pressed === undefined) return { kind: 'waiting', text: 'no level' };
  return pressed ? { kind: 'nominal', text: 'pressed' } : { kind: 'idle', text: 'released' };
};
