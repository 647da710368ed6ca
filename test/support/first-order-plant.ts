/** A first-order plant with dead time, exact for an input that is constant over a step of h seconds. */
export interface FirstOrderPlant {
  readonly gain: number;
  readonly lagSeconds: number;
  readonly deadSeconds: number;
}

/** Runs a controller on a plant: `control` gets y and t and returns u. Gives y and u at t = 0, h, 2h, ... */
export const closedLoop = (
  { gain, lagSeconds, deadSeconds }: FirstOrderPlant,
  h: number,
  seconds: number,
  control: (y: number, t: number) => number,
  load: (t: number) => number = () => 0,
): { y: number[]; u: number[] } => {
  const keep = Math.exp(-h / lagSeconds);
  const delay: number[] = Array.from({ length: Math.round(deadSeconds / h) }, () => 0);
  const ys: number[] = [];
  const us: number[] = [];
  let y = 0;
  for (let k = 0; k <= Math.round(seconds / h); k++) {
    const u = control(y, k * h);
    ys.push(y);
    us.push(u);
    delay.push(u + load(k * h));
    y = keep * y + gain * (1 - keep) * (delay.shift() ?? 0);
  }
  return { y: ys, u: us };
};

/** How a step response from 0 to `target` looks: overshoot %, rise (10 to 90 %), settling (to 2 %) and IAE. */
export const stepResponse = (
  y: readonly number[],
  h: number,
  target: number,
): { overshoot: number; rise: number; settle: number; iae: number } => {
  const crossing = (fraction: number): number => y.findIndex((value) => value >= fraction * target) * h;
  return {
    overshoot: Math.max(0, (Math.max(...y) / target - 1) * 100),
    rise: crossing(0.9) - crossing(0.1),
    settle: lastOutside(y, h, target, 0.02 * Math.abs(target)),
    iae: y.reduce((sum, value) => sum + Math.abs(target - value) * h, 0),
  };
};

/** The time after which y stays within a band around the target. */
export const lastOutside = (y: readonly number[], h: number, target: number, band: number): number =>
  (y.findLastIndex((value) => Math.abs(value - target) > band) + 1) * h;
