/**
 * A process that writes rows 1, 2, 3 ... to a database as fast as it can, a hundred in a transaction, until it is
 * killed. It says `ready` after the first ones.
 */
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;');
database.exec(
  'CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, text TEXT NOT NULL); CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT);',
);
database.exec("INSERT OR REPLACE INTO meta VALUES ('schema', '1')");
const insert = database.prepare('INSERT INTO row VALUES (?, ?)');
for (let number = 1; ; number += 100) {
  database.exec('BEGIN');
  for (let row = number; row < number + 100; row++) insert.run(row, `row ${row} `.repeat(20));
  database.exec('COMMIT');
  if (number === 10_001) writeSync(1, 'ready\n');
}
