import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { storeSuite } from '../support/store-suite.ts';

describe('store: SQLite', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  let files = 0;
  storeSuite(() => ({
    fresh: async () => `sqlite:${join(folder, `${++files}.sqlite`)}`,
    open: (url) => openBackend(url, { folder }),
    async execute(url, sql) {
      const database = new DatabaseSync(url.replace('sqlite:', ''));
      database.exec(sql);
      database.close();
    },
  }));
});
