import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * Brings the tables of one part of a file up to date, or throws where they are newer than this program. Step n makes
 * version n + 1.
 */
export const migrate = (database: DatabaseSync, part: string, steps: readonly string[]): void => {
  database.exec(SCHEMA);
  const row = database.prepare('SELECT version FROM schema WHERE part = ?').get(part);
  const found = Number(row?.['version'] ?? 0);
  if (found > steps.length)
    throw new Error(
      `${part}: has tables of version ${found}, newer than ${steps.length}, the one of this program`,
    );
  if (found === steps.length) return;
  inTransaction(database, () => {
    for (const step of steps.slice(found)) database.exec(step);
    database.prepare('INSERT OR REPLACE INTO schema (part, version) VALUES (?, ?)').run(part, steps.length);
  });
};
