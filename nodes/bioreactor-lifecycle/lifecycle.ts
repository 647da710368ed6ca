import type { BatchStatus } from '../lib/batch-status.ts';
import type { Kind } from '../lib/status.ts';

/** The life of one batch reactor after ISA-88, as tables: what leads where, and what each state is to people and plant. */
export const states = [
  'idle',
  'received',
  'connecting',
  'ready-to-start',
  'running',
  'held',
  'ready-for-pickup',
  'cleaning',
  'aborted',
  'fault',
] as const;
export type State = (typeof states)[number];

/** What people and the cloud may ask for. */
export const commands = [
  'receive',
  'start',
  'press',
  'hold',
  'unhold',
  'finish',
  'pickup',
  'abort',
  'clear',
  'selftest',
] as const;
export type Command = (typeof commands)[number];
/**
 * What happens by itself: time is over, the sensors answer, one of them is lost (to wait for it, or to fail), or a batch is
 * given up after an outage.
 */
export const events = ['elapsed', 'connected', 'lost', 'fail', 'give-up'] as const;
export type Signal = Command | (typeof events)[number];

type Routes = Readonly<Record<State, Readonly<Partial<Record<Signal, State>>>>>;

const wayOut = { abort: 'aborted', 'give-up': 'aborted' } as const;
export const routes: Routes = {
  idle: { receive: 'received', selftest: 'idle' },
  received: { elapsed: 'connecting', ...wayOut },
  connecting: { connected: 'ready-to-start', elapsed: 'fault', ...wayOut },
  'ready-to-start': { start: 'running', press: 'running', elapsed: 'aborted', ...wayOut },
  running: {
    elapsed: 'ready-for-pickup',
    finish: 'ready-for-pickup',
    hold: 'held',
    lost: 'held',
    fail: 'fault',
    ...wayOut,
  },
  held: { unhold: 'running', ...wayOut },
  'ready-for-pickup': { pickup: 'cleaning', press: 'cleaning', elapsed: 'cleaning', ...wayOut },
  cleaning: { elapsed: 'idle', ...wayOut },
  aborted: { clear: 'cleaning' },
  fault: { clear: 'cleaning', selftest: 'fault' },
};
/** Where nothing has been in the vessel there is nothing to clean. */
export const emptyRoutes: Routes = {
  ...routes,
  aborted: { ...routes.aborted, clear: 'idle' },
  fault: { ...routes.fault, clear: 'idle' },
};

/** The state a signal leads to, or undefined where the signal has no meaning in this state. */
export const advance = (state: State, signal: Signal, used: boolean): State | undefined =>
  (used ? routes : emptyRoutes)[state][signal];

/** The commands that mean something in a state. */
export const accepted = (state: State): Command[] =>
  commands.filter((command) => routes[state][command] !== undefined);

/** A batch is in the reactor, and it can still be aborted. */
export const isUnderWay = (state: State): boolean => routes[state].abort !== undefined;

/** A light for `rgb-led`; `next` is the colour after `count` blinks. */
export interface Led {
  readonly color: string;
  readonly effect: 'solid' | 'blink';
  readonly count?: number;
  readonly onSeconds?: number;
  readonly offSeconds?: number;
  readonly next?: string;
}
/** All the light can show, one colour after the other. */
export interface LedTest {
  readonly colors: readonly string[];
  readonly effect: 'sequence';
  readonly seconds: number;
  readonly count: number;
}
/** What has a length of its own. */
export type Phase = 'received' | 'connect' | 'start' | 'run' | 'pickup' | 'cleaning';

export interface Facts {
  /** what its batch is called */
  readonly status?: BatchStatus;
  /** how long it lasts; none: until somebody acts */
  readonly phase?: Phase;
  readonly led: Led;
  readonly actuators: { readonly heat: boolean; readonly agitate: boolean };
  readonly light: Kind;
  /** what comes next, for people */
  readonly next: string;
}

const off = { heat: false, agitate: false };
const on = { heat: true, agitate: true };
const solid = (color: string): Led => ({ color, effect: 'solid' });
const blink = (color: string, seconds: number): Led => ({
  color,
  effect: 'blink',
  onSeconds: seconds,
  offSeconds: seconds,
});

export const facts: Readonly<Record<State, Facts>> = {
  idle: { led: solid('#0000ff'), actuators: off, light: 'idle', next: 'A batch may come.' },
  received: {
    status: 'Ready to Start',
    phase: 'received',
    led: { ...blink('#00ff00', 0.5), count: 2, next: '#ffff00' },
    actuators: off,
    light: 'waiting',
    next: 'The batch has arrived; its sensors are looked for.',
  },
  connecting: {
    status: 'Ready to Start',
    phase: 'connect',
    led: solid('#ff2500'),
    actuators: off,
    light: 'waiting',
    next: 'Each watched sensor has to send a good measurement.',
  },
  'ready-to-start': {
    status: 'Ready to Start',
    phase: 'start',
    led: solid('#ffff00'),
    actuators: off,
    light: 'waiting',
    next: 'Fill the vessel, then press the button or start it here.',
  },
  running: {
    status: 'In Progress',
    phase: 'run',
    led: solid('#ff0000'),
    actuators: on,
    light: 'nominal',
    next: 'It runs until its time is over.',
  },
  held: {
    status: 'On Hold',
    led: blink('#ffff00', 1),
    actuators: off,
    light: 'limited',
    next: 'Let it go on, or abort it.',
  },
  'ready-for-pickup': {
    status: 'Ready for Pickup',
    phase: 'pickup',
    led: solid('#00ff00'),
    actuators: off,
    light: 'nominal',
    next: 'Take the brew out, then confirm.',
  },
  cleaning: {
    status: 'Finished',
    phase: 'cleaning',
    led: solid('#00ffff'),
    actuators: off,
    light: 'waiting',
    next: 'The vessel is being cleaned.',
  },
  aborted: {
    status: 'Cancelled',
    led: solid('#ff00ff'),
    actuators: off,
    light: 'fault',
    next: 'Look at the vessel, then clear the reactor.',
  },
  fault: {
    status: 'Failed',
    led: blink('#ff0000', 0.2),
    actuators: off,
    light: 'fault',
    next: 'Find the fault, then clear the reactor.',
  },
};

const final: readonly BatchStatus[] = ['Finished', 'Cancelled', 'Failed'];
export const isOver = (status: BatchStatus | undefined): boolean =>
  status !== undefined && final.includes(status);

/** What a batch is called after a move. What is over stays so; what is aborted by nobody has failed. */
export const statusAfter = (before: BatchStatus, to: State, signal: Signal): BatchStatus => {
  if (isOver(before)) return before;
  if (to === 'aborted' && signal !== 'abort') return 'Failed';
  return facts[to].status ?? before;
};
