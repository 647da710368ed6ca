import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../nodes/lib/migrate.ts';

describe('migrate', () => {
  const one = 'CREATE TABLE a (x)';
  const two = 'INSERT INTO a VALUES (1)';
  let database: DatabaseSync;
  const count = (): unknown => database.prepare('SELECT count(*) AS n FROM a').get()?.['n'];
  beforeEach(() => (database = new DatabaseSync(':memory:')));
  afterEach(() => database.close());

  it('takes each step once, of each part by itself', () => {
    migrate(database, 'p', [one]);
    for (let start = 0; start < 2; start++) migrate(database, 'p', [one, two]);
    assert.equal(count(), 1);
    migrate(database, 'q', [two]);
    assert.equal(count(), 2);
  });

  it('leaves everything as it was when a step fails', () => {
    migrate(database, 'p', [one]);
    assert.throws(() => migrate(database, 'p', [one, two, 'nonsense']), /nonsense/);
    assert.equal(count(), 0);
    migrate(database, 'p', [one, two]);
    assert.equal(count(), 1);
  });

  it('refuses the tables of a newer program', () => {
    migrate(database, 'p', [one, two]);
    assert.throws(
      () => migrate(database, 'p', [one]),
      /^Error: p: has tables of version 2, newer than 1, the one of this program$/,
    );
  });
});
