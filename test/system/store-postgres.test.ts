import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { DatabaseServer } from '../support/database-server.ts';
import { needsPostgres, startPostgres } from '../support/postgres.ts';
import { outageSuite } from '../support/outage-suite.ts';
import { storeSuite } from '../support/store-suite.ts';

describe('store: PostgreSQL', () => {
  let server: DatabaseServer;
  before(async function () {
    needsPostgres(this);
    server = await startPostgres();
  });
  after(() => server?.stop());

  storeSuite(() => ({
    fresh: () => server.freshUrl(),
    open: (url) => openBackend(url, { folder: '' }),
    async execute(url, sql) {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(sql);
      await client.end();
    },
  }));

  it('leaves no connection behind where it cannot be opened', async () => {
    const url = await server.freshUrl();
    const client = new pg.Client(url);
    await client.connect();
    // Says that it has TimescaleDB, but does not know its functions.
    await client.query('set allow_system_table_mods = on');
    await client.query(`insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      select 99999, 'timescaledb', extowner, extnamespace, false, '0' from pg_extension limit 1`);
    await assert.rejects(openBackend(url, { folder: '' }), /create_hypertable/);
    const connections = async (): Promise<number> => {
      const { rows } = await client.query<{ count: string }>(
        `select count(*) from pg_stat_activity where application_name = 'pilot-plant' and datname = current_database()`,
      );
      return Number(rows[0]?.count);
    };
    while ((await connections()) > 0) await delay(20);
    await client.end();
  });

  describe('an outage', () => outageSuite(() => server));
});
