import { isRecord, asCommand } from '../lib/signal.ts';

/** Who sits behind a socket of the dashboard, as the server's guard has put it there. */
export interface PageUser {
  readonly name: string;
  readonly role: string;
}

/** `settings.pilotPlant.roles`: what each role may do on the pages. */
export type PageRoles = Readonly<Record<string, 'act' | 'look'>>;

/** The user of a socket's data, undefined where there is none. */
export const userOf = (data: unknown): PageUser | undefined => {
  const user = isRecord(data) ? data['user'] : undefined;
  return isRecord(user) && typeof user['name'] === 'string' && typeof user['role'] === 'string'
    ? { name: user['name'], role: user['role'] }
    : undefined;
};

/**
 * Whether what a page sends may go into the flow. Without users and roles the palette runs in somebody else's
 * Node-RED, whose own rules hold; with roles, nobody acts but those whose role says so.
 */
export const mayAct = (user: PageUser | undefined, roles: PageRoles | undefined): boolean =>
  roles === undefined ||
  (user !== undefined && Object.hasOwn(roles, user.role) && roles[user.role] === 'act');

/**
 * Stamps what a page sends anew as a command: a widget gives back the time, quality and client of what it showed
 * last. `user` is the one of the session, whatever the page says. A bare value becomes a payload.
 */
export const stamped = (msg: unknown, user: PageUser | undefined): unknown => {
  if (Array.isArray(msg)) return msg.map((part) => stamped(part, user));
  if (typeof msg !== 'object' || msg === null) return { payload: msg, ...(user && { user: user.name }) };
  const command: Record<string, unknown> = asCommand({ ...msg });
  delete command['_client'];
  delete command['user'];
  if (user) command['user'] = user.name;
  return command;
};
