import { resolve } from 'node:path';
import type { Backend } from '../lib/store.ts';
import { openSqlite, type SqliteOptions } from './sqlite.ts';
import { parseDatabaseUrl } from './url.ts';

export interface BackendOptions {
  /** where the SQLite file of a blank URL, and one with a relative path, is */
  readonly folder: string;
  /** SQLite: FULL also survives a power cut */
  readonly synchronous?: SqliteOptions['synchronous'];
  /** servers: how long a statement or a connection may take, in ms */
  readonly timeoutMs?: number;
}

/** Opens the database a URL names, with its tables brought up to date; rejects where it cannot be reached now. */
export const openBackend = async (url: string, options: BackendOptions): Promise<Backend> => {
  const address = parseDatabaseUrl(url, 'url');
  if (address.kind === 'sqlite')
    return openSqlite({
      file: resolve(options.folder, address.file === '' ? 'history.sqlite' : address.file),
      synchronous: options.synchronous ?? 'NORMAL',
    });
  throw new Error(`${address.name}: servers come next`);
};
