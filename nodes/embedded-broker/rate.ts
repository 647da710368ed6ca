/** Counts events and tells how many a second there were of late. */
export interface Rate {
  count(): void;
  /** of the last ten seconds */
  perSecond(): number;
  readonly total: number;
}

const SECONDS = 10;

/** `now` is monotonic, in ms. */
export const createRate = (now: () => number): Rate => {
  const started = now();
  const counts = Array.from({ length: SECONDS + 1 }, () => 0);
  let second = 0;
  let total = 0;
  /** Empties the places of the seconds that have gone by; gives the place of the present one. */
  const place = (): number => {
    const present = Math.floor((now() - started) / 1000);
    for (let gone = Math.max(second + 1, present - SECONDS); gone <= present; gone++)
      counts[gone % counts.length] = 0;
    second = present;
    return second % counts.length;
  };
  return {
    count() {
      const at = place();
      counts[at] = (counts[at] ?? 0) + 1;
      total++;
    },
    perSecond() {
      const at = place();
      const whole = counts.reduce((sum, count, index) => (index === at ? sum : sum + count), 0);
      return second === 0 ? (counts[0] ?? 0) : whole / Math.min(second, SECONDS);
    },
    get total() {
      return total;
    },
  };
};
