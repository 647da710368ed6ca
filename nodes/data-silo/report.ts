import type { Status } from '../lib/status.ts';

/** The status: how many clients there are, and how many of them are silent. */
export const lightFor = (count: number, stale: number): Status => {
  if (count === 0) return { kind: 'waiting', text: 'no client' };
  return stale > 0
    ? { kind: 'limited', text: `${count}, ${stale} stale` }
    : { kind: 'nominal', text: `${count} client${count === 1 ? '' : 's'}` };
};
