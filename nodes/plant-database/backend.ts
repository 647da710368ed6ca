import { resolve } from 'node:path';
import type { Backend } from '../lib/store.ts';
import { openSqlite, type SqliteOptions } from './sqlite.ts';
import { parseDatabaseUrl, type DatabaseAddress } from './url.ts';

export interface BackendOptions {
  /** where the SQLite file of a blank URL, and one with a relative path, is */
  readonly folder: string;
  /** SQLite: with FULL, samples also survive a power cut */
  readonly synchronous?: SqliteOptions['synchronous'];
  /** servers: how long a statement or a connection may take, in ms */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const messageOf = (cause: unknown): string =>
  cause instanceof Error
    ? // Of several addresses of a host that all refuse, there is no other word.
      cause.message || String(Reflect.get(cause, 'code') ?? cause.name)
    : String(cause);

/** The same methods, whose errors name the database. */
const named = <T extends object>(name: string, methods: T): T => {
  const wrap =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]): Promise<unknown> => {
      try {
        return await method(...args);
      } catch (cause) {
        throw new Error(`database ${name}: ${messageOf(cause)}`, { cause });
      }
    };
  return Object.fromEntries(
    Object.entries(methods).map(([key, method]) => [
      key,
      typeof method === 'function' ? wrap(method) : method,
    ]),
  ) as T;
};

/** Where the file of a SQLite database is; one with a blank or a relative path is in the folder. */
export const sqliteFile = ({ file }: { readonly file: string }, folder: string): string =>
  resolve(folder, file === '' ? 'history.sqlite' : file);

/** Drivers of servers are optional: who keeps everything in SQLite does without. */
const driverOf = <T>(name: string, loaded: Promise<T>): Promise<T> =>
  loaded.catch((cause: unknown) => {
    const isMissing = cause instanceof Error && Reflect.get(cause, 'code') === 'ERR_MODULE_NOT_FOUND';
    throw isMissing
      ? new Error(`its driver is not installed: npm install ${name} in the folder of Node-RED`, { cause })
      : cause;
  });

const open = (
  url: string | DatabaseAddress,
  { folder, synchronous = 'NORMAL', timeoutMs = TIMEOUT_MS }: BackendOptions,
) => {
  const address = typeof url === 'string' ? parseDatabaseUrl(url, 'url') : url;
  switch (address.kind) {
    case 'sqlite': {
      const file = sqliteFile(address, folder);
      return { name: file, opened: openSqlite({ file, synchronous }) };
    }
    case 'postgres': {
      const driver = driverOf('pg', import('./postgres.ts'));
      return {
        name: address.name,
        opened: driver.then(({ openPostgres }) => openPostgres(address, timeoutMs)),
      };
    }
    case 'mysql': {
      const driver = driverOf('mysql2', import('./mysql.ts'));
      return { name: address.name, opened: driver.then(({ openMysql }) => openMysql(address, timeoutMs)) };
    }
  }
};

/** Opens the database a URL names, with its tables brought up to date; rejects where it cannot be reached now. */
export const openBackend = async (
  url: string | DatabaseAddress,
  options: BackendOptions,
): Promise<Backend> => {
  const { name, opened } = open(url, options);
  const { open: backend } = named(name, { open: () => opened });
  const { history, records, ...rest } = await backend();
  return { ...named(name, rest), history: named(name, history), records: named(name, records) };
};
