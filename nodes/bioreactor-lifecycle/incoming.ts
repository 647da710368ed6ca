import { shown } from '../lib/number.ts';
import { isRecord, lacks, readSignal } from '../lib/signal.ts';
import { readBatch } from './batch.ts';
import { commands } from './lifecycle.ts';
import type { Input } from './machine.ts';
import type { Measured } from './sensors.ts';

type Incoming = Readonly<Record<string, unknown>>;
export interface Read {
  readonly input: Input;
  /** what was wrong with a message that has its effect all the same */
  readonly complaint?: string;
}

/** The batch a command is for; undefined: whichever is there. */
const idIn = ({ payload }: Incoming): string | undefined => {
  const id = isRecord(payload) ? payload['Id'] : undefined;
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id === 'string') return id;
  throw new Error(`payload.Id: must be text, got ${shown(id)}`);
};

/** Whether a command has been on its way for longer than who sent it wanted: `Until` is wall time in s. */
const isLate = ({ payload }: Incoming, wallNow: number): boolean => {
  const until = isRecord(payload) ? payload['Until'] : undefined;
  if (until === undefined || until === null) return false;
  if (typeof until === 'number' && Number.isFinite(until)) return wallNow > until * 1000;
  throw new Error(`payload.Until: must be a time in s, got ${shown(until)}`);
};

/** A record of measurements: what of it the reactor wants, in whole ms. A time ahead of the clock counts as now. */
const measurementsIn = (msg: Incoming, quantities: readonly string[], now: number): Read => {
  if (!isRecord(msg['payload']))
    throw new Error(`payload: must be a record of quantities, got ${shown(msg['payload'])}`);
  const news: Measured[] = [];
  const complaints: string[] = [];
  for (const quantity of quantities) {
    if (lacks(msg, quantity)) continue;
    const { value, quality, timestamp = now } = readSignal(msg, quantity);
    const usable = typeof value === 'number' && Number.isFinite(value);
    if (!usable && value !== null)
      complaints.push(`payload.${quantity}: must be a finite number or null, got ${shown(value)}`);
    news.push({ quantity, good: usable && quality !== 'bad', at: Math.floor(Math.min(timestamp, now)) });
  }
  const input: Input = { kind: 'measured', news };
  const [complaint] = complaints;
  return complaint === undefined ? { input } : { input, complaint };
};

/**
 * What a message is to the reactor. Throws where it cannot be read, naming the property; then nothing changes. `now` is
 * process time, `wallNow` wall time.
 */
export const read = (quantities: readonly string[], msg: Incoming, now: number, wallNow: number): Read => {
  const { topic, user, retain } = msg;
  const word = commands.find((command) => command === topic);
  if (word === undefined) {
    if (typeof topic === 'string' && topic.includes('/')) return measurementsIn(msg, quantities, now);
    throw new Error(
      `topic: must be one of ${commands.join(', ')}, or a measurement's with a /, got ${shown(topic)}`,
    );
  }
  const asker = { user: typeof user === 'string' ? user : '', retained: retain === true };
  if (word === 'receive') return { input: { kind: 'receive', batch: readBatch(msg['payload']), ...asker } };
  return { input: { kind: 'command', word, id: idIn(msg), late: isLate(msg, wallNow), ...asker } };
};
