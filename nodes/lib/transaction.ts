import type { DatabaseSync } from 'node:sqlite';

/** Writes all or nothing: what throws leaves the tables as they were. */
export const inTransaction = <T>(database: DatabaseSync, write: () => T): T => {
  database.exec('BEGIN IMMEDIATE');
  try {
    const written = write();
    database.exec('COMMIT');
    return written;
  } catch (cause) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw cause;
  }
};
