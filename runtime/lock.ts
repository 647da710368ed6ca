import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from './refusal.ts';

/** A folder held by this process; let go when it ends, however it ends. */
export interface Lock {
  release(): void;
}

const BUSY = 5;
const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === BUSY;

/**
 * Locks a data folder. The lock is a write lock of the operating system on a small SQLite file, so that one of a
 * dead process is no lock, also after `kill -9` and where process ids repeat, as in containers. The file names its
 * holder for the message.
 */
export const lockFolder = (folder: string): Lock => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    file.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER);');
    file.exec(`DELETE FROM holder; INSERT INTO holder VALUES (${process.pid}); COMMIT; BEGIN IMMEDIATE;`);
  } catch (cause) {
    const pid = isBusy(cause) ? holder(file) : undefined;
    file.close();
    if (!isBusy(cause)) throw cause;
    throw new Refusal(
      `DATA_DIR: ${folder} is in use by another Pilot Plant${pid ? ` (process ${pid})` : ''}`,
    );
  }
  return { release: () => file.close() };
};

const holder = (file: DatabaseSync): number | undefined => {
  try {
    return Number(file.prepare('SELECT pid FROM holder').get()?.['pid']) || undefined;
  } catch (cause) {
    // The other one is just writing its id: the lock counts, the name does not.
    if (isBusy(cause) || String(cause).includes('no such table')) return undefined;
    throw cause;
  }
};
