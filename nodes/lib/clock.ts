/**
 * Process time. A clock runs in real time (UTC at 1x), scaled (0.1x to 600x, can pause) or stepped (only `advance`
 * moves it). Whatever the mode, deadlines fire in order, `now()` is the deadline while one fires, and time never
 * passes a deadline that has not fired yet: so a loop does the same at any speed.
 */
export type ClockMode = 'real' | 'scaled' | 'stepped';
export const SPEED_MIN = 0.1;
export const SPEED_MAX = 600;

export type Cancel = () => void;

/** What a node needs of a clock. Times are ms since the epoch, delays are ms, both of process time. */
export interface Clock {
  readonly mode: ClockMode;
  now(): number;
  after(delayMs: number, fire: () => void): Cancel;
  /** First after one period. */
  every(periodMs: number, fire: () => void): Cancel;
}

export interface ClockState {
  readonly mode: ClockMode;
  readonly speed: number;
  readonly paused: boolean;
  readonly now: number;
  /** the clock could not keep up with its speed in the last second and runs slower */
  readonly lagging: boolean;
}

/** A clock as its owner sees it. */
export interface PlantClock extends Clock {
  state(): ClockState;
  /** Throws outside 0.1 to 600, and on a real clock. */
  setSpeed(speed: number): void;
  pause(): void;
  resume(): void;
  /** Configured speed and running; time goes on, it never runs backwards. */
  reset(): void;
  /** Stepped only: moves time on by some ms and fires what falls due. */
  advance(ms: number): void;
  onChange(listener: (state: ClockState) => void): Cancel;
  stop(): void;
}

/** What a clock needs of the machine, injected so that a clock can be tested without waiting. */
export interface Host {
  /** ms, never jumps */
  monotonic(): number;
  /** ms since the epoch, may jump */
  utc(): number;
  timer(ms: number, fire: () => void): Cancel;
}

export interface ClockSettings {
  readonly mode: ClockMode;
  readonly speed: number;
  /** where simulated time stands at the start; a real clock takes UTC */
  readonly startMs: number;
}

interface Deadline {
  due: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

const LONGEST_TIMER_MS = 1000;
const DRAIN_BUDGET_MS = 25;
const LAG_LIMIT_MS = 1000;
/** A real clock runs this much faster or slower until it agrees with UTC again, so that it never jumps. */
const SLEW = 0.001;
const AGREEMENT_MS = 5;

export const createClock = (settings: ClockSettings, host: Host): PlantClock => {
  const { mode } = settings;
  const listeners = new Set<(state: ClockState) => void>();
  /** latest first, so that the next deadline is popped */
  const queue: Deadline[] = [];
  let order = 0;
  let speed = mode === 'scaled' ? settings.speed : 1;
  let paused = false;
  let lagging = false;
  let stopped = false;
  let draining = false;
  let position = mode === 'real' ? host.utc() : settings.startMs;
  let anchor = host.monotonic();
  let slew = 0;
  let cancelTimer: Cancel | undefined;

  const rate = (): number => (mode === 'stepped' || paused ? 0 : speed + slew);
  /** Where time would stand if every deadline had fired. */
  const target = (): number => position + (host.monotonic() - anchor) * rate();
  const nextDue = (): number => queue.at(-1)?.due ?? Infinity;
  const now = (): number => (draining ? position : Math.max(position, Math.min(target(), nextDue())));
  const moveTo = (time: number): void => {
    position = Math.max(position, time);
    anchor = host.monotonic();
  };

  const drop = (): void => {
    while (queue.length > 0 && queue.at(-1)?.fire === undefined) queue.pop();
  };
  /** Fires what is due until `until`; false when the budget ran out first. */
  const drain = (until: number, budgetMs: number): boolean => {
    const start = host.monotonic();
    draining = true;
    try {
      for (drop(); nextDue() <= until; drop()) {
        const deadline = queue.pop();
        position = Math.max(position, deadline?.due ?? position);
        const fire = deadline?.fire;
        if (deadline) deadline.fire = undefined;
        fire?.();
        if (host.monotonic() - start > budgetMs) return false;
      }
      return true;
    } finally {
      draining = false;
    }
  };

  const arm = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    drop();
    if (stopped || draining || rate() === 0 || queue.length === 0) return;
    const delay = Math.min(Math.max(0, (nextDue() - target()) / rate()), LONGEST_TIMER_MS);
    cancelTimer = host.timer(Math.ceil(delay), tick);
  };
  const tick = (): void => {
    const until = target();
    let drained: boolean | undefined;
    try {
      drained = drain(until, DRAIN_BUDGET_MS);
      if (drained) {
        moveTo(until);
        setLagging(false);
      } else {
        // Behind: keep what is owed, up to a second of wall time; beyond that the clock runs slower than asked.
        const owed = Math.min(until - position, LAG_LIMIT_MS * rate());
        setLagging(until - position > owed);
        anchor = host.monotonic() - owed / rate();
      }
    } finally {
      if (drained === undefined) moveTo(position);
      if (mode === 'real') slew = slewTowards(host.utc() - now());
      arm();
    }
  };
  const slewTowards = (offMs: number): number =>
    Math.abs(offMs) < AGREEMENT_MS ? 0 : Math.sign(offMs) * SLEW;

  const state = (): ClockState => ({ mode, speed, paused, now: now(), lagging });
  const changed = (): void => {
    const current = state();
    for (const listener of listeners) listener(current);
  };
  const setLagging = (value: boolean): void => {
    if (lagging === value) return;
    lagging = value;
    changed();
  };
  /** Time up to here ran at the old rate. */
  const change = (apply: () => void): void => {
    if (mode === 'real') throw new Error('clock: a real clock has no pause and no speed');
    if (!draining) moveTo(now());
    apply();
    arm();
    changed();
  };

  const schedule = (deadline: Deadline): void => {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = queue[middle];
      if (other && (other.due > deadline.due || (other.due === deadline.due && other.order > deadline.order)))
        low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, deadline);
    if (low === queue.length - 1) arm();
  };
  const after = (delayMs: number, fire: () => void): Cancel => {
    if (!(delayMs >= 0)) throw new Error(`delay: must be 0 ms or more, got ${delayMs}`);
    const deadline: Deadline = { due: now() + delayMs, order: order++, fire };
    if (!stopped) schedule(deadline);
    return () => {
      deadline.fire = undefined;
    };
  };

  return {
    mode,
    now,
    after,
    every(periodMs, fire) {
      if (!(periodMs > 0)) throw new Error(`period: must be above 0 ms, got ${periodMs}`);
      let cancel: Cancel = () => {};
      const next = (): void => {
        cancel = after(periodMs, next);
        fire();
      };
      cancel = after(periodMs, next);
      return () => cancel();
    },
    state,
    setSpeed(value) {
      if (!(value >= SPEED_MIN && value <= SPEED_MAX))
        throw new Error(
          `speed: must be a number of at least ${SPEED_MIN} of at most ${SPEED_MAX}, got ${value}`,
        );
      change(() => {
        speed = value;
      });
    },
    pause: () =>
      change(() => {
        paused = true;
      }),
    resume: () =>
      change(() => {
        paused = false;
      }),
    reset: () =>
      change(() => {
        speed = mode === 'scaled' ? settings.speed : 1;
        paused = false;
      }),
    advance(ms) {
      if (mode !== 'stepped') throw new Error('advance: only a stepped clock can be advanced');
      if (!(ms >= 0)) throw new Error(`advance: must be 0 ms or more, got ${ms}`);
      const until = position + ms;
      drain(until, Infinity);
      position = Math.max(position, until);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      queue.length = 0;
      listeners.clear();
    },
  };
};
