import type { AlarmCommand } from './alarms.ts';
import { parseNumber, shown } from './number.ts';
import { isRecord } from './signal.ts';

const words = ['acknowledge', 'shelve', 'unshelve'] as const;
/** A week: an alarm nobody wants for longer is no alarm. */
export const LONGEST_SHELF_MINUTES = 7 * 24 * 60;

/** What a message asks of which alarm. */
export interface Asked {
  readonly id: string;
  readonly command: AlarmCommand;
}

const idOf = (id: unknown, name: string): string => {
  if (typeof id === 'string' && id.trim() !== '') return id.trim();
  throw new Error(`${name}: must be the id of an alarm, got ${shown(id)}`);
};

/**
 * The command a message is, or undefined where its topic is none: `acknowledge` and `unshelve` take an id (or `all`),
 * `shelve` takes `{ id, minutes }`. `user` says who. Throws where the payload cannot be used.
 */
export const alarmCommand = (msg: Readonly<Record<string, unknown>>): Asked | undefined => {
  const kind = words.find((word) => word === msg['topic']);
  if (!kind) return undefined;
  const { payload, user: who } = msg;
  const user = typeof who === 'string' ? who : '';
  if (kind !== 'shelve')
    return { id: idOf(isRecord(payload) ? payload['id'] : payload, 'payload'), command: { kind, user } };
  if (!isRecord(payload)) throw new Error(`payload: must be {id, minutes}, got ${shown(payload)}`);
  const id = idOf(payload['id'], 'payload.id');
  if (id === 'all') throw new Error('payload.id: must be the id of one alarm, got "all"');
  const minutes = parseNumber(payload['minutes']);
  if (minutes === undefined || minutes <= 0 || minutes > LONGEST_SHELF_MINUTES)
    throw new Error(
      `payload.minutes: must be a number above 0 and at most ${LONGEST_SHELF_MINUTES}, got ${shown(payload['minutes'])}`,
    );
  return { id, command: { kind, user, minutes } };
};
