import type { NewMessage } from '../lib/node.ts';
import type { Status } from '../lib/status.ts';
import { rangeOf, watchedIn, type Batch } from './batch.ts';
import type { Identity, LifecycleSettings } from './config.ts';
import { accepted, facts, type Led, type LedTest, type State } from './lifecycle.ts';
import { leftOf, type Ended, type Entry, type Memory } from './memory.ts';
import type { Happening } from './moves.ts';

/** The outputs, in the order of the node. */
export const outputs = ['status', 'publish', 'led', 'request', 'actuators', 'audit'] as const;
export interface Outgoing {
  readonly output: (typeof outputs)[number];
  readonly msg: NewMessage;
}
/** Who speaks, and for how long what it asks for holds. */
export type Voice = Identity & Pick<LifecycleSettings, 'validForMs'>;
const to = (output: Outgoing['output'], msg: NewMessage): Outgoing => ({ output, msg });

/** What is left of the state, or of the run while it is held; null: it has no end. */
const remaining = (memory: Memory, now: number): number | null => {
  const ms = memory.state === 'held' ? leftOf(memory, now) : memory.until - now;
  return ms === Infinity ? null : Math.max(0, ms) / 1000;
};

const statusMessage = ({ unit }: Identity, memory: Memory, now: number, refused?: string): Outgoing => {
  const { state, status = null, batch = null, since, until, reason, seq, asked, words } = memory;
  const payload = {
    state,
    status,
    batch,
    since,
    until: until === Infinity ? null : until,
    remainingSeconds: remaining(memory, now),
    reason,
    seq,
    next: facts[state].next,
    accepts: accepted(state),
    measured: asked,
    sensors: words,
    ...(refused === undefined ? {} : { refused }),
  };
  return to('status', { topic: `${unit}/state`, payload, timestamp: now });
};

const identityOf = ({ reactorId, facility, facilityName }: Identity, memory: Memory): object => ({
  Id: reactorId,
  Facility: facility,
  FacilityName: facilityName,
  Available: memory.state === 'idle' ? 'True' : 'False',
});
const available = (identity: Identity, memory: Memory): Outgoing =>
  to('publish', {
    topic: 'updateBioreactorAvailable',
    payload: { ...identityOf(identity, memory), Seq: memory.seq },
  });

const batchStatus = (payload: object): Outgoing => to('publish', { topic: 'updateBatchStatus', payload });
const published = (identity: Identity, memory: Memory): Outgoing[] => {
  const { batch, status, state, seq, reason } = memory;
  return batch && status
    ? [
        batchStatus({
          ...batch,
          Bioreactor: identityOf(identity, memory),
          Status: status,
          State: state,
          Seq: seq,
          Accepted: true,
          ...(reason === '' ? {} : { Reason: reason }),
        }),
      ]
    : [];
};
const rejected = (identity: Identity, memory: Memory, { Id, Email }: Batch, Reason: string): Outgoing =>
  batchStatus({ Id, Email, Status: 'Rejected', Reason, Bioreactor: identityOf(identity, memory) });

const ledMessage = (led: Led | LedTest): Outgoing => to('led', { topic: 'state', payload: led });
/** Each pin by itself, then all; without a colour for afterwards the light goes back to what it was. */
const TEST_LIGHT: LedTest = {
  colors: ['#ff0000', '#00ff00', '#0000ff', '#ffffff'],
  effect: 'sequence',
  seconds: 0.5,
  count: 1,
};

/** Nothing heats without a range, and nothing goes on for long without being asked for again. */
const actuatorsMessage = (
  { unit, validForMs }: Voice,
  { batch }: Memory,
  { heat, agitate }: { readonly heat: boolean; readonly agitate: boolean },
  now: number,
): Outgoing => {
  const range = batch ? rangeOf(batch, 'temperature') : null;
  const payload = { heat: heat && range !== null, agitate };
  const lease = heat || agitate ? { validFor: validForMs } : {};
  return to('actuators', { topic: `${unit}/actuators`, payload, range, ...lease, timestamp: now });
};

const requestMessage = ({ unit }: Identity, { batch, asked }: Memory, now: number): Outgoing => {
  const brew = batch && {
    Id: batch.Id,
    Email: batch.Email,
    Brew: `${batch.Email}|${batch.Id}`,
    Restrictions: batch.Recipe.Restrictions,
  };
  return to('request', {
    topic: `${unit}/request`,
    payload: { count: asked },
    batch: brew ?? null,
    timestamp: now,
  });
};

const auditMessage = ({ unit, reactorId }: Identity, entry: Entry): Outgoing =>
  to('audit', {
    topic: `${unit}/audit`,
    payload: { id: `${reactorId}-${entry.seq}`, unit, reactor: reactorId, ...entry },
    timestamp: entry.at,
  });

/** What the reactor does and shows: what moves and heats comes first. */
const shownNow = (identity: Voice, memory: Memory, now: number): Outgoing[] => [
  actuatorsMessage(identity, memory, facts[memory.state].actuators, now),
  ledMessage(facts[memory.state].led),
  statusMessage(identity, memory, now),
];

/** What a happening tells. */
export const tell = (identity: Voice, happening: Happening, now: number): Outgoing[] => {
  const { memory } = happening;
  const show = (refused?: string): Outgoing => statusMessage(identity, memory, now, refused);
  switch (happening.kind) {
    case 'moved': {
      const { entry } = happening;
      const isNews = entry.signal === 'receive' || memory.state === 'idle';
      return [
        ...shownNow(identity, memory, now),
        ...published(identity, memory),
        ...(isNews ? [available(identity, memory)] : []),
        auditMessage(identity, entry),
      ];
    }
    case 'refused': {
      const { entry, batch } = happening;
      const answer = batch ? [rejected(identity, memory, batch, entry.reason)] : [];
      return [show(entry.reason), ...answer, auditMessage(identity, entry)];
    }
    case 'repeated': {
      const { ended } = happening;
      return [show(), ...(ended ? [endedStatus(identity, memory, ended)] : published(identity, memory))];
    }
    case 'tested':
      return [
        ledMessage(TEST_LIGHT),
        requestMessage(identity, memory, now),
        show(),
        auditMessage(identity, happening.entry),
      ];
    case 'restarted':
      return [
        ...shownNow(identity, memory, now),
        ...(happening.entry ? [auditMessage(identity, happening.entry)] : []),
      ];
    case 'asked':
      return [
        actuatorsMessage(identity, memory, facts[memory.state].actuators, now),
        requestMessage(identity, memory, now),
        show(),
      ];
    case 'sensed':
      return [show()];
  }
};

/** How a batch that has left has ended. */
const endedStatus = (identity: Identity, memory: Memory, ended: Ended): Outgoing =>
  batchStatus({ ...ended, Bioreactor: identityOf(identity, memory), Accepted: true });
/** A reactor without a batch says how its last one has ended before it says that it is free: that may have been lost. */
const lastStatus = (identity: Identity, memory: Memory): Outgoing[] => {
  const last = memory.batch ? undefined : memory.ended.at(-1);
  return last ? [endedStatus(identity, memory, last)] : [];
};

/** What the cloud should know of the reactor now. */
export const presence = (identity: Identity, memory: Memory): Outgoing[] => [
  ...lastStatus(identity, memory),
  ...published(identity, memory),
  available(identity, memory),
];

/**
 * What everybody has to hear once more after a start, since nobody knows what of it has arrived: the last lines of the
 * audit trail, which say who they are, and what the cloud knows of the reactor. `cold`: nobody has driven the actuators.
 */
export const announce = (identity: Voice, memory: Memory, now: number, cold: boolean): Outgoing[] => [
  ...(cold ? [actuatorsMessage(identity, memory, facts.idle.actuators, now)] : []),
  ...memory.entries.map((entry) => auditMessage(identity, entry)),
  ...presence(identity, memory),
];

const short: Readonly<Partial<Record<State, string>>> = {
  'ready-to-start': 'press start',
  'ready-for-pickup': 'pickup',
};
const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];
/** A length of time in its largest unit. */
const lengthText = (seconds: number): string => {
  const [unit, size] = units.find(([, most]) => seconds >= 2 * most) ?? ['s', 1];
  return `${Math.ceil(seconds / size)} ${unit}`;
};

export const lightFor = (memory: Memory, now: number): Status => {
  const { state, words, batch } = memory;
  const left = remaining(memory, now);
  const isBlind =
    state === 'running' && watchedIn(Object.keys(words), batch).some((name) => words[name] !== 'good');
  const text = `${short[state] ?? state}${left === null ? '' : ` ${lengthText(left)}`}`;
  return { kind: isBlind ? 'limited' : facts[state].light, text };
};
