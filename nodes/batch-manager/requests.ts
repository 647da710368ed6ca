import { parseNumber } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { callerOf, operationOf, type Caller, type Operation } from './access.ts';
import { wrong } from './answers.ts';

/** What one message asks. */
export interface Request {
  readonly operation: Operation;
  readonly caller: Caller;
  /** of the path: a batch, a reactor, the name of a recipe */
  readonly id: string;
  readonly payload: unknown;
  /** what the broker had kept from before, not what was said just now */
  readonly retained: boolean;
}

type Msg = Readonly<Record<string, unknown>>;

/** Reads a message; throws where the operation is unknown, and a refusal where nobody can be who asks. */
export const requestOf = (msg: Msg): Request => {
  const operation = operationOf(msg['topic']);
  const { id } = msg;
  return {
    operation,
    caller: callerOf(msg['user'], msg['role']),
    id: typeof id === 'string' ? id : typeof id === 'number' ? String(id) : '',
    payload: msg['payload'],
    retained: msg['retain'] === true,
  };
};

/** What came by a wire: as it is, or read from JSON text; text that is none stays text, and is refused as that. */
export const wired = (payload: unknown): unknown => {
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
};

/** An object from the wire, also as JSON text; throws where it is none. */
export const objectOf = (payload: unknown): Msg => {
  const value = wired(payload);
  if (isRecord(value)) return value;
  throw wrong('payload', 'an object or its JSON', payload);
};

const ID = /^[^\p{Cc}\p{Cs}]{1,120}$/u;
/** The id of something, whoever has made it; throws where it can be none. */
export const idOf = (raw: unknown, name: string): string => {
  if (typeof raw === 'string' && ID.test(raw) && raw.trim() === raw) return raw;
  throw wrong(name, 'text of 1 to 120 characters', raw);
};

const TEXT_MAX = 500;
/** Text of a device, not more of it than a person reads; blank where there is none. */
export const textOf = (raw: unknown): string =>
  // The database keeps neither NUL nor half a surrogate pair.
  typeof raw === 'string' ? raw.toWellFormed().replaceAll('\0', '').slice(0, TEXT_MAX).toWellFormed() : '';

/** The running number of what a reactor says; undefined where it has none, throws where it is no number. */
export const seqOf = ({ Seq }: Msg): number | undefined => {
  const seq = parseNumber(Seq);
  if (seq === undefined && Seq !== undefined && Seq !== null) throw wrong('Seq', 'a number', Seq);
  return seq;
};
