/**
 * A push button: debounced levels in, gestures out. Times are ms of process time. Nothing here waits: a step says when
 * to step again, and memory has the same few numbers however many edges come.
 */
export type Method = 'settle' | 'lock-out';
export interface Settings {
  /** settle: a level counts once it was stable for `debounceMs`; lock-out: at once, and then none for `debounceMs` */
  readonly method: Method;
  readonly debounceMs: number;
  /** a press held no longer than this is a click */
  readonly clickMs: number;
  /** two clicks make a double, so that a click is told only when no second one has come */
  readonly doubleEnabled: boolean;
  /** clicks with no longer pauses than this are clicks in a row */
  readonly doubleGapMs: number;
  readonly longMs: number;
  /** 0: none */
  readonly repeatMs: number;
  /** tell the state the first level shows */
  readonly initial: boolean;
}

/** What was heard of the button: a level that may bounce, or a word, which does not. */
export interface Input {
  readonly pressed: boolean;
  readonly word: boolean;
}
export type Gesture = 'press' | 'release' | 'click' | 'double' | 'long' | 'repeat';
export type Event =
  | { readonly kind: 'state'; readonly pressed: boolean; readonly at: number }
  | {
      readonly kind: Gesture;
      readonly at: number;
      readonly heldMs?: number;
      readonly count?: number;
    };

export interface Memory {
  /** the debounced state; undefined until the first level */
  readonly pressed: boolean | undefined;
  /** the level heard last */
  readonly seen: boolean | undefined;
  /** from when on `seen` may become the state */
  readonly acceptAt: number;
  /** the press under way; undefined too for one that began before the start */
  readonly held: Held | undefined;
  /** the clicks in a row so far */
  readonly row: Row | undefined;
}
interface Held {
  readonly since: number;
  readonly long: boolean;
  /** when long or the next repeat is due, Infinity for never */
  readonly next: number;
}
interface Row {
  readonly count: number;
  /** of the last click */
  readonly heldMs: number;
  /** the last click is not told yet: it may become a double */
  readonly untold: boolean;
  /** the first moment at which another click no longer belongs to the row */
  readonly endsAt: number;
}
export interface Step {
  readonly memory: Memory;
  readonly events: readonly Event[];
  /** when to step again without an input */
  readonly deadline: number | undefined;
}

export const begin: Memory = {
  pressed: undefined,
  seen: undefined,
  acceptAt: -Infinity,
  held: undefined,
  row: undefined,
};

/** One thing that happens at a moment: puts its events in `events`, and gives the memory after it. */
type Act = (settings: Settings, memory: Memory, at: number, events: Event[]) => Memory;

/** A limit of time itself still counts, so it has passed one ms later. */
const past = (at: number, ms: number): number => at + ms + 1;

/** The click that has waited for a second one is told alone. */
const tellClick: Act = (_settings, memory, at, events) => {
  const { row } = memory;
  if (row?.untold) events.push({ kind: 'click', at, heldMs: row.heldMs, count: row.count });
  return { ...memory, row: undefined };
};

const hold: Act = (settings, memory, at, events) => {
  const { held } = memory;
  if (!held) return memory;
  const after = held.long ? memory : tellClick(settings, memory, at, events);
  events.push({ kind: held.long ? 'repeat' : 'long', at, heldMs: at - held.since });
  const next = settings.repeatMs > 0 ? at + settings.repeatMs : Infinity;
  return { ...after, held: { ...held, long: true, next } };
};

const press: Act = ({ clickMs, longMs }, memory, at, events) => {
  events.push({ kind: 'state', pressed: true, at }, { kind: 'press', at });
  // A row goes on only with a press inside the gap; the untold click of one waits for what this press becomes.
  const row = memory.row && at < memory.row.endsAt ? memory.row : undefined;
  return {
    ...memory,
    held: { since: at, long: false, next: at + longMs },
    row: row?.untold ? { ...row, endsAt: past(at, clickMs) } : row,
  };
};

const click: Act = ({ doubleEnabled, doubleGapMs }, memory, at, events) => {
  const heldMs = at - (memory.held?.since ?? at);
  const count = (memory.row?.count ?? 0) + 1;
  const isDouble = memory.row?.untold === true;
  const untold = doubleEnabled && !isDouble;
  if (!untold) events.push({ kind: isDouble ? 'double' : 'click', at, heldMs, count });
  return { ...memory, row: { count, heldMs, untold, endsAt: past(at, doubleGapMs) } };
};

const release: Act = (settings, memory, at, events) => {
  const { held } = memory;
  events.push({ kind: 'state', pressed: false, at });
  // Nobody was told of a press that began before the start, so nobody is told of its end.
  if (!held) return memory;
  const heldMs = at - held.since;
  const isClick = !held.long && heldMs <= settings.clickMs;
  const before = isClick ? memory : tellClick(settings, memory, at, events);
  events.push({ kind: 'release', at, heldMs });
  const after = isClick ? click(settings, before, at, events) : before;
  return { ...after, held: undefined };
};

/** The level heard last becomes the state; the first one is only learnt. */
const accept: Act = (settings, memory, at, events) => {
  const { seen } = memory;
  if (seen === undefined) return memory;
  const acceptAt = settings.method === 'lock-out' ? at + settings.debounceMs : memory.acceptAt;
  const after = { ...memory, pressed: seen, acceptAt };
  if (memory.pressed !== undefined) return (seen ? press : release)(settings, after, at, events);
  if (settings.initial) events.push({ kind: 'state', pressed: seen, at });
  return after;
};

/** What is due next, and when: of two at the same time the first of this list. */
const nextOf = ({ held, row, seen, pressed, acceptAt }: Memory): { at: number; act: Act } => {
  let next = { at: held?.next ?? Infinity, act: hold };
  if (row?.untold && row.endsAt < next.at) next = { at: row.endsAt, act: tellClick };
  if (seen !== pressed && acceptAt < next.at) next = { at: acceptAt, act: accept };
  return next;
};

/** Everything that is due by `now`, in its order. */
const pass = (settings: Settings, memory: Memory, now: number, events: Event[]): Memory => {
  let after = memory;
  for (let next = nextOf(after); next.at <= now; next = nextOf(after))
    after = next.act(settings, after, next.at, events);
  return after;
};

const hear = ({ method, debounceMs }: Settings, memory: Memory, input: Input, now: number): Memory => {
  const { pressed: seen, word } = input;
  // A word says that something happens, a level what is: so the first word that presses is a press.
  if (word) return { ...memory, pressed: memory.pressed ?? (seen ? false : undefined), seen, acceptAt: now };
  if (seen === memory.seen) return memory;
  return {
    ...memory,
    seen,
    acceptAt: method === 'settle' ? now + debounceMs : Math.max(memory.acceptAt, now),
  };
};

/** Brings the button up to `now`, with what was heard then if anything was. */
export const step = (settings: Settings, memory: Memory, input: Input | undefined, now: number): Step => {
  const events: Event[] = [];
  let after = pass(settings, memory, now, events);
  if (input) after = pass(settings, hear(settings, after, input, now), now, events);
  const { at } = nextOf(after);
  return { memory: after, events, deadline: at === Infinity ? undefined : at };
};
