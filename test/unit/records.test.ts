import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { meets, merged } from '../../nodes/plant-database/documents.ts';
import { createRecords } from '../../nodes/plant-database/records.ts';
import type { Tables } from '../../nodes/plant-database/schema.ts';
import type { Condition } from '../../nodes/lib/store.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { recordSuite } from '../support/record-suite.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS record (collection TEXT, id TEXT, version INTEGER, created INTEGER,
  updated INTEGER, body TEXT, PRIMARY KEY (collection, id), UNIQUE (collection, created, id))`;

/** SQLite without worker threads, for the documents alone. */
const connect = (file: string): Kysely<Tables> => {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${TABLE}`);
  const prepare = (sql: string) => {
    const statement = database.prepare(sql);
    const given = (parameters: readonly unknown[]) => parameters as (string | number)[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...given(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...given(parameters)),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...given(parameters)),
    };
  };
  return new Kysely({ dialect: new SqliteDialect({ database: { prepare, close: () => database.close() } }) });
};

describe('records in SQLite', () => {
  recordSuite(() => {
    const { folder, remove } = temporaryFolder();
    const [one, two] = [connect(join(folder, 'a.sqlite')), connect(join(folder, 'a.sqlite'))];
    return Promise.resolve({
      records: createRecords(one, 'sqlite'),
      others: createRecords(two, 'sqlite'),
      async close() {
        await one.destroy();
        await two.destroy();
        remove();
      },
    });
  });
});

describe('documents', () => {
  // The examples of RFC 7396, appendix A.
  for (const [target, patch, result] of [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])
    it(`merges ${JSON.stringify(patch)} into ${JSON.stringify(target)}`, () =>
      assert.deepEqual(merged(target, patch), result));

  const body = { state: 'free', steps: [{ name: 'heat' }], volume: 10, sterile: false, owner: null };
  const document = { collection: 'reactors', id: 'r1', version: 3, created: 1, updated: 2, body };
  for (const [field, is, value, wanted] of [
    ['state', '=', 'free', true],
    ['state', '!=', 'free', false],
    ['state', '>', 'fre', true],
    ['state', '=', 0, false],
    ['steps.0.name', '=', 'heat', true],
    ['steps.1.name', '=', null, true],
    ['steps.length', '=', null, true],
    ['state.length', '=', null, true],
    ['volume', '>=', 10, true],
    ['volume', '<', 10, false],
    ['volume', '<', '9', false],
    ['volume', '=', '10', false],
    ['sterile', '=', false, true],
    ['sterile', '=', null, false],
    ['sterile', '=', 0, false],
    ['owner', '=', null, true],
    ['nothing', '=', null, true],
    ['nothing', '!=', 'x', true],
    ['steps', '=', null, false],
    ['toString', '=', null, true],
    ['$version', '=', 3, true],
    ['$id', '=', 'r1', true],
    ['version', '=', null, true],
  ] as const)
    it(`${field} ${is} ${JSON.stringify(value)} is ${wanted}`, () => {
      const condition: Condition = { field, is, value };
      assert.equal(meets(document, [condition]), wanted);
    });
});
