/**
 * Exactly one of several sources owns an actuator. A person selects the source; it owns the actuator from then on, and
 * what was in force stays in force until it speaks. A source that falls silent loses the actuator to off.
 */
export const OFF = 'off';
export type Value = boolean | number;

export interface Source {
  readonly topic: string;
  /** Infinity: may be silent for ever */
  readonly silenceMs: number;
  readonly time: 'process' | 'wall';
}
export interface Settings {
  readonly sources: readonly Source[];
  /** what is selected before anybody has selected: a source, or off */
  readonly initial: string;
  /** a source that was silent owns the actuator again when it speaks, without being selected anew */
  readonly resume: boolean;
  /** the value in force is sent again after this time, so that a lease behind us is renewed; Infinity: never */
  readonly repeatMs: number;
}
export interface Now {
  readonly process: number;
  readonly wall: number;
}
export interface Memory {
  /** the topic of the source a person wants, or off */
  readonly selected: string;
  /** the topic of the source in charge, or off */
  readonly owner: string;
  readonly value: Value;
  /** when the owner was heard or selected, in its kind of time */
  readonly heardAt: number;
  /** the owner has spoken since it owns: what is in force is its own */
  readonly spoken: boolean;
  /** when the value in force was sent, process time */
  readonly sentAt: number;
}
export interface HandOver {
  readonly from: string;
  readonly to: string;
  readonly reason: 'selected' | 'silent' | 'speaks again';
}
export interface Result {
  readonly memory: Memory;
  /** the value in force is to be sent */
  readonly send: boolean;
  readonly handOver: HandOver | undefined;
}

/** The topic a word stands for: a source's topic or its part before the first `/`, or off. Throws for any other. */
export const sourceOf = ({ sources }: Settings, word: unknown, name = 'payload'): string => {
  if (word === OFF) return OFF;
  const found = sources.find(({ topic }) => topic === word || topic.split('/')[0] === word);
  if (found) return found.topic;
  const names = [...sources.map(({ topic }) => topic), OFF].join(', ');
  throw new Error(`${name}: must be one of ${names}, got ${JSON.stringify(word) ?? 'nothing'}`);
};

const timeOf = (settings: Settings, topic: string, now: Now): number =>
  now[settings.sources.find((source) => source.topic === topic)?.time ?? 'process'];

export const begin = (settings: Settings, selected: string, now: Now): Memory => ({
  selected,
  owner: selected,
  value: false,
  heardAt: timeOf(settings, selected, now),
  spoken: false,
  sentAt: now.process,
});

const handTo = (
  settings: Settings,
  memory: Memory,
  to: string,
  reason: HandOver['reason'],
  now: Now,
): Result => ({
  memory: {
    ...memory,
    owner: to,
    value: to === OFF ? false : memory.value,
    heardAt: timeOf(settings, to, now),
    spoken: false,
    sentAt: now.process,
  },
  send: to === OFF,
  handOver: to === memory.owner ? undefined : { from: memory.owner, to, reason },
});

/** A person's choice of the source. */
export const select = (settings: Settings, memory: Memory, selected: string, now: Now): Result =>
  selected === memory.selected && selected === memory.owner
    ? { memory, send: false, handOver: undefined }
    : handTo(settings, { ...memory, selected }, selected, 'selected', now);

/** A command of a source; one that is not selected says nothing that counts. */
export const command = (
  settings: Settings,
  memory: Memory,
  topic: string,
  value: Value,
  now: Now,
): Result => {
  if (topic !== memory.selected || (topic !== memory.owner && !settings.resume))
    return { memory, send: false, handOver: undefined };
  const { memory: owned, handOver } = handTo(settings, memory, topic, 'speaks again', now);
  return { memory: { ...owned, value, spoken: true }, send: true, handOver };
};

/** When the owner counts as silent, in its kind of time. */
export const silentAt = ({ sources }: Settings, { owner, heardAt }: Memory) => {
  const source = sources.find(({ topic }) => topic === owner);
  return { time: source?.time ?? 'process', at: heardAt + (source?.silenceMs ?? Infinity) };
};
/** Also a value the owner has taken over is repeated: it is in force until the owner speaks. Off needs no lease. */
export const repeatAt = ({ repeatMs }: Settings, { owner, spoken, value, sentAt }: Memory): number =>
  owner === OFF || (!spoken && value === false) ? Infinity : sentAt + repeatMs;

/** What time brings: a silent owner loses the actuator, the value in force is repeated. */
export const tick = (settings: Settings, memory: Memory, now: Now): Result => {
  const { time, at } = silentAt(settings, memory);
  if (now[time] >= at) return handTo(settings, memory, OFF, 'silent', now);
  const due = now.process >= repeatAt(settings, memory);
  return {
    memory: due ? { ...memory, sentAt: now.process } : memory,
    send: due,
    handOver: undefined,
  };
};
