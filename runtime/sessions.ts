import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role, StoredUser } from './secrets.ts';

export const SESSION_HOURS = 8;
const SESSION_MS = SESSION_HOURS * 3_600_000;

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly role: Role;
  /** ms since the epoch */
  readonly expires: number;
}

export interface Sessions {
  /** The token of a new session. */
  open(user: StoredUser): string;
  /** The session of a token; undefined where it is forged, over, closed, or its user or password has changed. */
  find(token: string | undefined): Session | undefined;
  close(session: Session): void;
  /** Calls `listener` when the session is closed or over; gives back how to call that off. */
  onEnd(session: Session, listener: () => void): () => void;
}

/**
 * Sessions live in their cookie: a token signed with the session key and the user's password hash, so that they
 * outlive a restart and a changed password ends them. Closed ones are remembered until they would have ended.
 */
export const createSessions = (
  sessionKey: string,
  users: ReadonlyMap<string, StoredUser>,
  now: () => number,
): Sessions => {
  const closed = new Map<string, number>();
  const listeners = new Map<string, Set<() => void>>();
  const sign = (body: string, { passwordHash }: StoredUser): Buffer =>
    createHmac('sha256', `${sessionKey} ${passwordHash}`).update(body).digest();
  const end = (id: string): void => {
    for (const listener of listeners.get(id) ?? []) listener();
    listeners.delete(id);
  };
  return {
    open(user) {
      const id = randomBytes(16).toString('base64url');
      const body = `${id}.${now() + SESSION_MS}.${Buffer.from(user.name).toString('base64url')}`;
      return `${body}.${sign(body, user).toString('base64url')}`;
    },
    find(token) {
      const [id = '', expires = '', name = '', signature = '', ...rest] = (token ?? '').split('.');
      const user = users.get(Buffer.from(name, 'base64url').toString());
      if (!user || rest.length > 0 || !(Number(expires) > now()) || closed.has(id)) return undefined;
      const expected = sign(`${id}.${expires}.${name}`, user);
      const actual = Buffer.from(signature, 'base64url');
      if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
      return { id, user: user.name, role: user.role, expires: Number(expires) };
    },
    close({ id, expires }) {
      for (const [other, over] of closed) if (over <= now()) closed.delete(other);
      closed.set(id, expires);
      end(id);
    },
    onEnd({ id, expires }, listener) {
      const known = listeners.get(id);
      const those = known ?? new Set<() => void>();
      those.add(listener);
      if (!known) {
        listeners.set(id, those);
        setTimeout(() => end(id), Math.max(0, expires - now())).unref();
      }
      return () => those.delete(listener);
    },
  };
};
