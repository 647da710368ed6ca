import { createConnection } from 'mysql2/promise';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { DatabaseServer } from '../support/database-server.ts';
import { needsMariadb, startMariadb } from '../support/mariadb.ts';
import { outageSuite } from '../support/outage-suite.ts';
import { storeSuite } from '../support/store-suite.ts';

describe('store: MariaDB', () => {
  let server: DatabaseServer;
  before(async function () {
    needsMariadb(this);
    server = await startMariadb();
  });
  after(() => server?.stop());

  storeSuite(() => ({
    fresh: () => server.freshUrl(),
    open: (url) => openBackend(url, { folder: '' }),
    async execute(url, sql) {
      const client = await createConnection(url);
      await client.query(sql);
      await client.end();
    },
  }));

  describe('an outage', () => outageSuite(() => server));
});
