import type { Clock } from './clock.ts';
import type { Cancel } from './deadlines.ts';

/** The one deadline a node waits for. */
export interface Wake {
  /** Moves the deadline (clock time); undefined: none. */
  at(time: number | undefined): void;
  stop(): void;
}

/**
 * A deadline that is moved with every message costs next to nothing: a timer that is already set for an earlier
 * time stays, and is set anew when it fires. `fire` is called only once the deadline itself has come.
 */
export const wakeOn = (clock: Clock, fire: () => void): Wake => {
  let wanted = Infinity;
  let armed = Infinity;
  let cancel: Cancel = () => {};
  const arm = (): void => {
    armed = wanted;
    cancel = clock.after(Math.max(0, wanted - clock.now()), ring);
  };
  const ring = (): void => {
    armed = Infinity;
    if (wanted === Infinity) return;
    if (wanted > clock.now()) {
      arm();
      return;
    }
    wanted = Infinity;
    fire();
  };
  return {
    at(time = Infinity) {
      wanted = time;
      if (wanted >= armed) return;
      cancel();
      arm();
    },
    stop() {
      wanted = Infinity;
      armed = Infinity;
      cancel();
    },
  };
};
