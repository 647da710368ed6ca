/** Lets few people ask at the same time, and of these nobody much more than others. */
export interface Turnstile {
  /** Gives back how to leave, undefined where it is full. */
  enter(client: string): (() => void) | undefined;
}

export const createTurnstile = (limits: {
  readonly perClient: number;
  readonly overall: number;
}): Turnstile => {
  const inside = new Map<string, number>();
  let all = 0;
  return {
    enter(client) {
      const own = inside.get(client) ?? 0;
      if (all >= limits.overall || own >= limits.perClient) return undefined;
      all++;
      inside.set(client, own + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        all--;
        const rest = (inside.get(client) ?? 1) - 1;
        if (rest === 0) inside.delete(client);
        else inside.set(client, rest);
      };
    },
  };
};
