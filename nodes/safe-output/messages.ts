import type { NewMessage } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { lacks, leaseIn, readSignal } from '../lib/signal.ts';
import type { Status } from '../lib/status.ts';
import type { SafeOutputSettings } from './config.ts';
import type { Input, Memory, Reason, Value } from './memory.ts';

type Incoming = Readonly<Record<string, unknown>>;
export interface Read {
  readonly input: Input;
  /** what was wrong with a message that has its effect all the same */
  readonly complaint?: string;
}

/** The value of a command; null where it is not to be trusted. */
const valueIn = ({ payload, quality }: Incoming): Value | null => {
  if (payload === null) return null;
  if (typeof payload !== 'boolean' && !(typeof payload === 'number' && payload >= 0 && payload <= 100))
    throw new Error(`payload: must be true, false or 0 to 100, got ${shown(payload)}`);
  return quality === 'bad' ? null : payload;
};

/** A permissive measurement: a number, or true where a switch gives leave. What cannot be read gives none. */
const sampleIn = (msg: Incoming, quantity: string): Read => {
  if (lacks(msg, quantity)) return { input: { kind: 'tick' } };
  const { value, quality } = readSignal(msg, quantity);
  const good = quality !== 'bad';
  if (typeof value === 'boolean') return { input: { kind: 'sample', value: undefined, good: good && value } };
  if (typeof value === 'number' && Number.isFinite(value)) return { input: { kind: 'sample', value, good } };
  const input: Input = { kind: 'sample', value: undefined, good: false };
  if (value === null) return { input };
  const name = quantity === '' ? 'payload' : `payload.${quantity}`;
  return { input, complaint: `${name}: must be a number or a boolean, got ${shown(value)}` };
};

/**
 * What a message asks of the guard, or undefined for a retained one: a replay is never a command nor a fresh sample;
 * only a retained trip counts. Throws where the message cannot be used; then nothing changes.
 */
export const read = ({ permissive, quantity }: SafeOutputSettings, msg: Incoming): Read | undefined => {
  const { topic, payload, retain } = msg;
  if (topic === 'trip') {
    const cause = typeof payload === 'string' && payload.trim() !== '' ? payload.trim() : 'command';
    return { input: payload === false ? { kind: 'tick' } : { kind: 'trip', cause } };
  }
  if (retain === true) return undefined;
  if (topic === 'reset') return { input: { kind: 'reset' } };
  if (topic === 'enable') {
    if (typeof payload !== 'boolean')
      throw new Error(`payload: must be true or false, got ${shown(payload)}`);
    return { input: { kind: 'enable', enabled: payload } };
  }
  if (typeof topic === 'string' && permissive.has(topic)) return sampleIn(msg, quantity);
  return { input: { kind: 'command', value: valueIn(msg), leaseMs: leaseIn(msg) } };
};

const silent: readonly Reason[] = ['command', 'no command', 'starting'];
export const isLimited = (reason: Reason): boolean => !silent.includes(reason);

/** The message on the second output; `ignored` names what was wrong with a message that had no effect. */
export const reportOf = (memory: Memory, topic: string, now: number, ignored?: string): NewMessage => {
  const { command, applied, reason, since, kept } = memory;
  const payload = {
    wanted: command ?? null,
    applied,
    limited: isLimited(reason),
    reason: reason === 'tripped' ? `tripped: ${kept.tripped}` : reason,
    since,
  };
  return {
    topic: `${topic}/guard`,
    payload: ignored === undefined ? payload : { ...payload, ignored },
    timestamp: now,
  };
};

export const lightFor = ({ reason, applied, on }: Memory): Status => {
  if (reason === 'tripped') return { kind: 'fault', text: 'tripped' };
  if (reason === 'no command' || reason === 'starting') return { kind: 'waiting', text: reason };
  if (reason === 'disabled') return { kind: 'idle', text: 'disabled' };
  if (reason === 'stale command' || reason === 'stale measurement') return { kind: 'lost', text: reason };
  if (reason === 'waiting for good samples') return { kind: 'limited', text: 'awaiting samples' };
  if (isLimited(reason)) return { kind: 'limited', text: reason };
  return {
    kind: on ? 'nominal' : 'idle',
    value: applied,
    unit: typeof applied === 'number' ? '%' : undefined,
  };
};
