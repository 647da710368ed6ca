import { decoded, withoutPassword } from '../lib/address.ts';
import { shown } from '../lib/number.ts';

/** Where a database is. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; /** blank: the default one */ readonly file: string; readonly name: string }
  | ServerAddress;
export interface ServerAddress {
  readonly kind: 'postgres' | 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: boolean;
  /** for people: without user and password */
  readonly name: string;
}

const servers: Readonly<Record<string, { readonly kind: ServerAddress['kind']; readonly port: number }>> = {
  'postgres:': { kind: 'postgres', port: 5432 },
  'postgresql:': { kind: 'postgres', port: 5432 },
  'mysql:': { kind: 'mysql', port: 3306 },
  'mariadb:': { kind: 'mysql', port: 3306 },
};

/**
 * Reads `sqlite:/path/file`, `postgres://user:password@host:5432/name` or `mysql://…`; blank is the SQLite file in the
 * data folder. `?tls` makes the link to a server a secure one. An error shows no password.
 */
export const parseDatabaseUrl = (text: string, field: string): DatabaseAddress => {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'sqlite', file: '', name: 'history.sqlite' };
  const refuse = (): never => {
    throw new Error(
      `${field}: must look like sqlite:/path/history.sqlite, postgres://user:password@host:5432/name or ` +
        `mysql://user:password@host:3306/name, got ${shown(withoutPassword(trimmed))}`,
    );
  };
  if (trimmed.startsWith('sqlite:')) {
    const file = trimmed.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    return file === '' || file.startsWith('//') ? refuse() : { kind: 'sqlite', file, name: file };
  }
  const url = URL.parse(trimmed);
  const server = url ? servers[url.protocol] : undefined;
  if (!url || !server) return refuse();
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded);
  if (url.hostname === '' || user === undefined || password === undefined || !database) return refuse();
  // One that is left out, such as sslmode, would be a promise that is not kept.
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'tls');
  if (unknown !== undefined)
    throw new Error(`${field}: after ? there may be tls and nothing else, got ${shown(unknown)}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? server.port : Number(url.port);
  return {
    kind: server.kind,
    host,
    port,
    user,
    password,
    database,
    tls: url.searchParams.has('tls'),
    name: `${server.kind}://${url.hostname}:${port}/${database}`,
  };
};

export interface Login {
  readonly user: string;
  readonly password: string;
}
/** The same place with another user, or another password; blank ones leave it as it is. */
export const withLogin = (address: DatabaseAddress, login: Login | undefined): DatabaseAddress =>
  address.kind === 'sqlite' || !login
    ? address
    : { ...address, user: login.user || address.user, password: login.password || address.password };
