import { shown } from '../lib/number.ts';
import { Refusal } from './answers.ts';

/**
 * Who may ask for an operation. `open`: anybody; `read`: who has signed in; `change`: who has signed in and is no viewer;
 * `device`: a wire, from MQTT or from a flow.
 */
export type Access = 'open' | 'read' | 'change' | 'device';
export const operations = {
  recipes: 'read',
  'put-recipe': 'change',
  'delete-recipe': 'change',
  facilities: 'open',
  reactors: 'open',
  'make-batch': 'change',
  batches: 'read',
  batch: 'read',
  command: 'change',
  'reactor-command': 'change',
  report: 'read',
  'report-csv': 'read',
  measurements: 'read',
  updateBatchStatus: 'device',
  updateBioreactorAvailable: 'device',
  updateBioreactorOnline: 'device',
  updateJournal: 'device',
  seed: 'device',
} as const satisfies Readonly<Record<string, Access>>;
export type Operation = keyof typeof operations;

export const operationOf = (topic: unknown): Operation => {
  if (typeof topic === 'string' && Object.hasOwn(operations, topic)) return topic as Operation;
  throw new Error(`topic: must be one of ${Object.keys(operations).join(', ')}, got ${shown(topic)}`);
};

const roles = ['admin', 'operator', 'viewer'] as const;
/** Who asks. */
export interface Caller {
  /** blank: nobody has signed in */
  readonly user: string;
  readonly role: (typeof roles)[number];
}

/** The user's name is part of the ids of recipes, so it must fit into one. */
const USER = /^[^\p{Cc}\p{Cs}]{1,120}$/u;

/** Reads who asks. Without a role, as from a wire, one has the rights of an operator and no more. */
export const callerOf = (user: unknown, role: unknown): Caller => {
  const known = role === undefined || role === null || role === '' ? 'operator' : role;
  const found = roles.find((one) => one === known);
  if (!found) throw new Refusal(403, `role: must be one of ${roles.join(', ')}, got ${shown(role)}`);
  if (user === undefined || user === null || user === '') return { user: '', role: found };
  if (typeof user !== 'string' || !USER.test(user) || user.trim() !== user)
    throw new Refusal(403, `user: must be a name of at most 120 characters, got ${shown(user)}`);
  return { user, role: found };
};

/** Throws a refusal where the caller may not ask for it at all. */
export const checkAccess = (operation: Operation, { user, role }: Caller): void => {
  const access: Access = operations[operation];
  const changes = access === 'change' || access === 'device';
  if (changes && role === 'viewer')
    throw new Refusal(403, `A viewer only looks, ${operation} is for operators`);
  if ((access === 'read' || access === 'change') && user === '')
    throw new Refusal(403, `user: ${operation} needs somebody who has signed in, got nobody`);
};

/** Whether what somebody owns is shown to the caller: operators see their own. */
export const sees = ({ user, role }: Caller, owner: string): boolean => role !== 'operator' || owner === user;
export const mayChange = ({ user, role }: Caller, owner: string): boolean =>
  role === 'admin' || (role === 'operator' && owner === user);
