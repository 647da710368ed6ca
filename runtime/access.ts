import type { IncomingMessage } from 'node:http';
import { passwordVerifier } from '../nodes/embedded-broker/passwords.ts';
import { createLimiter, type Limiter } from '../nodes/lib/rate-limit.ts';
import type { Role, Secrets, StoredUser } from './secrets.ts';
import { createSessions, SESSION_HOURS, type Session, type Sessions } from './sessions.ts';

/** What the editor's own login wants to know of a user. */
export interface EditorUser {
  readonly username: string;
  readonly permissions: string;
}

const permissions: Readonly<Record<Role, string>> = { admin: '*', operator: 'read', viewer: 'read' };
const editorUser = ({ name, role }: StoredUser): EditorUser => ({
  username: name,
  permissions: permissions[role],
});

/** Who may come in: passwords, sessions and tries, shared by the pages, the editor and the sockets. */
export interface Access {
  readonly sessions: Sessions;
  readonly limiter: Limiter;
  readonly check: (name: string, password: string) => Promise<StoredUser | undefined>;
  readonly sessionOf: (request: IncomingMessage) => Session | undefined;
  /** The Set-Cookie header of a new session, or of none. */
  readonly cookie: (token: string | undefined) => string;
  /** For Node-RED's adminAuth; neither ever rejects, since Node-RED would end. */
  readonly editor: {
    readonly find: (name: string) => Promise<EditorUser | null>;
    readonly authenticate: (name: string, password: string) => Promise<EditorUser | null>;
  };
}

const TRIES = { limit: 4, windowMs: 600_000, size: 10_000 };

/** Without secrets there are no users, so nobody comes in. */
export const createAccess = (
  secrets: Pick<Secrets, 'users' | 'sessionKey'> | undefined,
  { port, tls }: { readonly port: number; readonly tls: boolean },
): Access => {
  const users = new Map((secrets?.users ?? []).map((user) => [user.name, user]));
  const sessions = createSessions(secrets?.sessionKey ?? '', users, Date.now);
  const verify = passwordVerifier();
  const check = async (name: string, password: string): Promise<StoredUser | undefined> => {
    const user = users.get(name);
    return (await verify(Buffer.from(password), user?.passwordHash)) ? user : undefined;
  };
  // Cookies know no ports: the name keeps two plants on one machine apart.
  const cookieName = `pilot-plant-${port}`;
  const tokenOf = (header: string | undefined): string | undefined =>
    header
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1);
  return {
    sessions,
    limiter: createLimiter(TRIES, () => performance.now()),
    check,
    sessionOf: ({ headers }) => sessions.find(tokenOf(headers.cookie)),
    cookie: (token) =>
      `${cookieName}=${token ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${token === undefined ? 0 : SESSION_HOURS * 3600}${tls ? '; Secure' : ''}`,
    editor: {
      find: (name) => {
        const user = users.get(name);
        return Promise.resolve(user ? editorUser(user) : null);
      },
      authenticate: (name, password) =>
        check(String(name), String(password)).then(
          (user) => (user ? editorUser(user) : null),
          () => null,
        ),
    },
  };
};
