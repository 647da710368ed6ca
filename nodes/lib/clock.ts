import { createDeadlines, type Cancel } from './deadlines.ts';
import { clamp } from './number.ts';

/**
 * Process time. A clock runs in real time (UTC at 1x), scaled (0.1x to 600x, can pause) or stepped (only `advance`
 * moves it). Whatever the mode, deadlines fire in order, `now()` is the deadline while one fires, and time never
 * passes a deadline that has not fired yet: so a loop does the same at any speed.
 */
export type ClockMode = 'real' | 'scaled' | 'stepped';
export const SPEED_MIN = 0.1;
export const SPEED_MAX = 600;

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
  /** Stepped only: moves time on by some ms and fires what falls due. What a callback threw is thrown on; the rest is still owed. */
  advance(ms: number): void;
  /** When the next deadline is due, Infinity where there is none: a stepped run can let the messages it causes arrive. */
  nextDue(): number;
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
  /** scaled: how it went when it was last seen; `speed` is what a reset goes back to */
  readonly last?: { readonly speed: number; readonly paused: boolean } | undefined;
}

const LONGEST_TIMER_MS = 1000;
const DRAIN_BUDGET_MS = 25;
const LAG_LIMIT_MS = 1000;
/** A real clock runs this much faster or slower until it agrees with UTC again, so that it never jumps. */
const SLEW = 0.001;
const AGREEMENT_MS = 5;
const COMPARE_EVERY_MS = 1000;
/** Process time that may pass before the messages under way get their turn: at any speed they arrive in time. */
const SLICE_MS = 1000;

export const createClock = (settings: ClockSettings, host: Host): PlantClock => {
  const { mode } = settings;
  const listeners = new Set<(state: ClockState) => void>();
  const deadlines = createDeadlines();
  const { speed: configured, last = { speed: configured, paused: false } } = settings;
  let speed = mode === 'scaled' ? last.speed : 1;
  let paused = mode === 'scaled' && last.paused;
  let lagging = false;
  let stopped = false;
  let draining = false;
  /** the deadline that fired last */
  let position = mode === 'real' ? host.utc() : settings.startMs;
  /** where time would have stood at `anchor` (monotonic) if every deadline had fired */
  let goal = position;
  let anchor = host.monotonic();
  /** how far a real clock was off UTC at `anchor` */
  let offUtc = 0;
  let cancelTimer: Cancel | undefined;
  /** the deadline the timer is set for */
  let armedFor = Infinity;

  const rate = (): number => (mode === 'stepped' || paused ? 0 : speed);
  /** Where time would stand if every deadline had fired. */
  const target = (at: number): number => {
    const elapsed = at - anchor;
    return goal + (elapsed * rate() + clamp(offUtc, -SLEW * elapsed, SLEW * elapsed));
  };
  const settle = (at: number): void => {
    goal = target(at);
    anchor = at;
    if (mode !== 'real') return;
    const off = host.utc() - goal;
    offUtc = Math.abs(off) < AGREEMENT_MS ? 0 : off;
  };
  const now = (): number => {
    if (draining) return position;
    const at = host.monotonic();
    if (mode === 'real' && at - anchor >= COMPARE_EVERY_MS) settle(at);
    return Math.max(position, Math.min(target(at), deadlines.nextDue()));
  };

  /** Fires what is due until `goal`, which a callback may move; stops early after a slice, or when the budget runs out. */
  const drain = (sliceMs: number, budgetMs: number): void => {
    const start = host.monotonic();
    const slice = deadlines.nextDue() + sliceMs;
    draining = true;
    try {
      while (deadlines.nextDue() <= Math.min(goal, slice)) {
        const deadline = deadlines.take();
        if (!deadline) return;
        position = deadline.due;
        deadline.fire();
        if (host.monotonic() - start > budgetMs) return;
      }
    } finally {
      draining = false;
    }
  };

  const disarm = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    armedFor = Infinity;
  };
  /** Sets the timer for the next deadline; one that is set for an earlier time stays, which is cheaper. */
  const arm = (): void => {
    if (stopped || draining || rate() === 0 || deadlines.nextDue() >= armedFor) return;
    disarm();
    armedFor = deadlines.nextDue();
    const delay = (armedFor - target(host.monotonic())) / rate();
    cancelTimer = host.timer(Math.ceil(clamp(delay, 0, LONGEST_TIMER_MS)), tick);
  };
  const tick = (): void => {
    disarm();
    settle(host.monotonic());
    try {
      drain(SLICE_MS, DRAIN_BUDGET_MS);
      if (deadlines.nextDue() > goal) setLagging(false);
      else if (goal - position > LAG_LIMIT_MS * rate()) {
        // Behind: up to a second of wall time stays owed; beyond that the clock runs slower than asked. A real clock
        // owes it all, or it would be off UTC for hours.
        if (mode === 'scaled') goal = position + LAG_LIMIT_MS * rate();
        setLagging(true);
      }
    } finally {
      arm();
    }
  };

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
  /** Time up to here ran at the old rate; a deadline that has not fired yet holds it, as always. */
  const change = (apply: () => void): void => {
    if (mode === 'real') throw new Error('clock: a real clock has no pause and no speed');
    if (mode === 'scaled') {
      goal = now();
      anchor = host.monotonic();
    }
    apply();
    disarm();
    arm();
    changed();
  };

  const after = (delayMs: number, fire: () => void): Cancel => {
    if (!(delayMs >= 0)) throw new Error(`delay: must be 0 ms or more, got ${delayMs}`);
    if (stopped) return () => {};
    const cancel = deadlines.add(now() + delayMs, fire);
    arm();
    return cancel;
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
          `speed: must be a number of at least ${SPEED_MIN} and at most ${SPEED_MAX}, got ${value}`,
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
        speed = mode === 'scaled' ? configured : 1;
        paused = false;
      }),
    advance(ms) {
      if (mode !== 'stepped') throw new Error('advance: only a stepped clock can be advanced');
      if (!(ms >= 0)) throw new Error(`advance: must be 0 ms or more, got ${ms}`);
      if (draining)
        throw new Error('advance: the clock is already on its way, in the callback of a deadline');
      goal += ms;
      drain(Infinity, Infinity);
    },
    nextDue: () => deadlines.nextDue(),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
      disarm();
      deadlines.clear();
      listeners.clear();
    },
  };
};
