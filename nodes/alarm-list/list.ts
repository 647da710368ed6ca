import { isActive, type AlarmEntry } from '../lib/alarms.ts';
import type { Status } from '../lib/status.ts';

/** What the list says beside its entries: how many there are of each kind, also of those that are cut off. */
export interface Counts {
  readonly total: number;
  readonly active: number;
  readonly unacknowledged: number;
  readonly shelved: number;
}

export const countsOf = (entries: readonly AlarmEntry[]): Counts => {
  const shown = entries.filter(({ shelvedUntil }) => shelvedUntil === undefined);
  return {
    total: entries.length,
    active: shown.filter(({ state }) => isActive(state)).length,
    unacknowledged: shown.filter(({ state }) => state === 'unacknowledged' || state === 'returned').length,
    shelved: entries.length - shown.length,
  };
};

export const lightFor = ({ active, unacknowledged }: Counts): Status => {
  if (active > 0) return { kind: 'fault', text: `${active} active` };
  return unacknowledged > 0
    ? { kind: 'limited', text: `${unacknowledged} to acknowledge` }
    : { kind: 'nominal', text: 'no alarms' };
};
