export type Cancel = () => void;

export interface Deadline {
  readonly due: number;
  readonly fire: () => void;
}

/** Deadlines in the order in which they fall due; of two for the same time the older one goes first. */
export interface Deadlines {
  /** Infinity where there is none */
  nextDue(): number;
  /** Takes out the next one. */
  take(): Deadline | undefined;
  add(due: number, fire: () => void): Cancel;
  clear(): void;
}

interface Entry extends Deadline {
  readonly turn: number;
}

export const createDeadlines = (): Deadlines => {
  /** latest first, so that the next one is popped */
  const queue: Entry[] = [];
  let turns = 0;
  /** Where an entry stands in the queue, or would. */
  const placeOf = ({ due, turn }: Entry): number => {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = queue[middle];
      if (other && (other.due > due || (other.due === due && other.turn > turn))) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    nextDue: () => queue.at(-1)?.due ?? Infinity,
    take: () => queue.pop(),
    add(due, fire) {
      const entry: Entry = { due, fire, turn: turns++ };
      queue.splice(placeOf(entry), 0, entry);
      return () => {
        const place = placeOf(entry);
        if (queue[place] === entry) queue.splice(place, 1);
      };
    },
    clear() {
      queue.length = 0;
    },
  };
};
