import type { Host } from '../../nodes/lib/clock.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** The clocks and timers of a machine, moved by hand. */
export interface FakeHost extends Host {
  /** Time passes and every timer fires in time. */
  elapse(ms: number): void;
  /** ms until the next timer fires, Infinity where none is set */
  wait(): number;
  /** Time passes and no timer fires: the machine is busy. Also from within a timer. */
  stall(ms: number): void;
  /** Somebody sets the wall clock. */
  jumpUtc(ms: number): void;
  /** how many timers are set */
  timers(): number;
}

export const UTC_START = Date.UTC(2024, 0, 1);

export const fakeHost = (): FakeHost => {
  let monotonic = 0;
  let utc = UTC_START;
  const timers = new Set<Timer>();
  const stall = (ms: number): void => {
    monotonic += ms;
    utc += ms;
  };
  const next = (): Timer | undefined => [...timers].toSorted((a, b) => a.at - b.at)[0];
  return {
    monotonic: () => monotonic,
    utc: () => utc,
    timer(ms, fire) {
      const timer: Timer = { at: monotonic + ms, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    elapse(ms) {
      const end = monotonic + ms;
      for (let timer = next(); timer && timer.at <= end; timer = next()) {
        timers.delete(timer);
        stall(Math.max(0, timer.at - monotonic));
        timer.fire();
      }
      stall(Math.max(0, end - monotonic));
    },
    wait: () => (next()?.at ?? Infinity) - monotonic,
    stall,
    jumpUtc(ms) {
      utc += ms;
    },
    timers: () => timers.size,
  };
};
