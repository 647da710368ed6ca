import { healthBoardOf } from './settings.ts';
import type { Report } from './health.ts';
import type { Timeline } from './store.ts';

/** What an alarm watches for. The terms are those of ISA-18.2. */
export const conditions = [
  'high-high',
  'high',
  'low',
  'low-low',
  'rate',
  'deviation',
  'stale',
  'bad-quality',
] as const;
export type Condition = (typeof conditions)[number];

/** `returned`: normal again, but nobody has acknowledged it yet (or it is latched and waits for that). */
export type AlarmState = 'normal' | 'unacknowledged' | 'acknowledged' | 'returned';

export const priorities = ['critical', 'high', 'medium', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** One alarm as it is now. */
export interface AlarmEntry {
  /** series and condition: `fish-tank/1/temperature:high` */
  readonly id: string;
  readonly series: string;
  readonly condition: Condition;
  readonly state: AlarmState;
  /** wall time, ms since the epoch; people are not told of it until then */
  readonly shelvedUntil?: number;
  readonly priority: Priority;
  /** what is compared with the limit: the value, its rate per minute, its deviation, seconds without one; null where there is none */
  readonly value: number | null;
  readonly limit: number | null;
  /** of value and limit, UCUM style; blank where there is none */
  readonly unit: string;
  /** process time, ms: since when the condition holds, or no longer holds */
  readonly since: number;
  readonly timeline: Timeline;
  /** one sentence for people */
  readonly message: string;
  /** who acknowledged or shelved it */
  readonly user?: string;
}

export type AlarmAction = 'raised' | 'cleared' | 'acknowledged' | 'shelved' | 'unshelved';
/** One transition of an alarm: a document of the collection `alarm-journal`. */
export interface AlarmEvent extends AlarmEntry {
  readonly previous: AlarmState;
  /** wall time, ms since the epoch */
  readonly at: number;
  readonly action: AlarmAction;
}

/** A limit as it is drawn on a chart. */
export interface AlarmLimit {
  readonly series: string;
  readonly timeline: Timeline;
  readonly condition: Condition;
  readonly limit: number;
  readonly unit: string;
  readonly priority: Priority;
}

/** What people ask of an alarm. */
export interface AlarmCommand {
  readonly kind: 'acknowledge' | 'shelve' | 'unshelve';
  /** who; blank where nobody has signed in */
  readonly user: string;
  /** of wall time, to shelve */
  readonly minutes?: number;
}

/** A node that has alarms. */
export interface AlarmSource {
  /** all that are not normal or are shelved */
  entries(): readonly AlarmEntry[];
  limits(): readonly AlarmLimit[];
  /** also of an alarm that is normal now */
  has(id: string): boolean;
  obey(id: string, command: AlarmCommand): void;
}
export interface AlarmListener {
  /** a transition, once it has happened */
  event?(event: AlarmEvent): void;
  /** the entries or the limits are not what they were */
  changed?(): void;
}

/** Where every alarm of a runtime is known, so that no wire is needed to list and acknowledge those of all plants. */
export interface AlarmRegistry {
  /** The function that is returned takes the source away again. */
  add(source: AlarmSource): () => void;
  /** The most urgent first: by priority, then active before returned, then the newest. */
  entries(): AlarmEntry[];
  limits(): AlarmLimit[];
  /** To everybody who has the alarm; throws where nobody has. */
  command(id: string, command: AlarmCommand): void;
  /** For sources: tells the listeners of transitions, or of nothing but a change. */
  tell(events: readonly AlarmEvent[]): void;
  listen(listener: AlarmListener): () => void;
}

export const isActive = (state: AlarmState): boolean =>
  state === 'unacknowledged' || state === 'acknowledged';

const urgency: Readonly<Record<AlarmState, number>> = {
  unacknowledged: 0,
  acknowledged: 1,
  returned: 2,
  normal: 3,
};
const byUrgency = (a: AlarmEntry, b: AlarmEntry): number =>
  Number(a.shelvedUntil !== undefined) - Number(b.shelvedUntil !== undefined) ||
  priorities.indexOf(a.priority) - priorities.indexOf(b.priority) ||
  urgency[a.state] - urgency[b.state] ||
  b.since - a.since ||
  (a.id < b.id ? -1 : Number(a.id > b.id));

export const createAlarms = (): AlarmRegistry => {
  const sources = new Set<AlarmSource>();
  const listeners = new Set<AlarmListener>();
  const changed = (): void => {
    for (const listener of listeners) listener.changed?.();
  };
  const entries = (): AlarmEntry[] => [...sources].flatMap((source) => source.entries()).toSorted(byUrgency);
  return {
    add(source) {
      sources.add(source);
      changed();
      return () => {
        if (sources.delete(source)) changed();
      };
    },
    entries,
    limits: () => [...sources].flatMap((source) => source.limits()),
    command(id, command) {
      const owners = [...sources].filter((source) => source.has(id));
      if (owners.length === 0) throw new Error(`id: there is no alarm ${JSON.stringify(id)}`);
      for (const owner of owners) owner.obey(id, command);
    },
    tell(events) {
      for (const event of events) for (const listener of listeners) listener.event?.(event);
      changed();
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

/** A critical signal that no longer tells anything is a plant nobody sees: that is trouble, the other alarms are its business. */
export const healthOf = (entries: readonly AlarmEntry[]): Report => {
  const blind = entries.filter(
    ({ condition, state, priority }) =>
      isActive(state) && priority === 'critical' && (condition === 'stale' || condition === 'bad-quality'),
  );
  const count = (state: AlarmState): number => entries.filter((entry) => entry.state === state).length;
  return {
    troubles: blind.map(
      ({ series, condition }) => `${series} ${condition === 'stale' ? 'is stale' : 'has bad quality'}`,
    ),
    facts: {
      unacknowledged: count('unacknowledged'),
      acknowledged: count('acknowledged'),
      returned: count('returned'),
      shelved: entries.filter(({ shelvedUntil }) => shelvedUntil !== undefined).length,
    },
  };
};

type Runtime = Parameters<typeof healthBoardOf>[0];
const registries = new WeakMap<object, AlarmRegistry>();

/** The alarms of a runtime, which its health board tells of from the first time somebody asks for them. */
export const alarmsOf = (RED: Runtime): AlarmRegistry => {
  const known = registries.get(RED.events);
  if (known) return known;
  const alarms = createAlarms();
  registries.set(RED.events, alarms);
  healthBoardOf(RED).add('alarms', () => healthOf(alarms.entries()));
  return alarms;
};
