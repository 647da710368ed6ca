import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Backend } from '../../nodes/lib/store.ts';
import { isAway } from '../../nodes/lib/retry.ts';
import { createUnderway } from '../../nodes/plant-database/underway.ts';
import { createDatabase } from '../../nodes/plant-database/writer.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryFolder } from '../support/node-flow.ts';

describe('what is under way in a database', () => {
  it('is waited for, with what follows at once', async () => {
    const host = fakeHost();
    const underway = createUnderway(host);
    const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
    const done: string[] = [];
    const both = underway.run(() => first.promise).then(() => underway.run(() => second.promise));
    const idle = underway.idle(3000).then(() => done.push('idle'));
    first.resolve(7);
    await turn();
    host.elapse(0);
    await turn();
    assert.deepEqual(done, []);
    second.resolve();
    await both;
    await turn();
    host.elapse(0);
    await idle;
    assert.equal(host.timers(), 0);
  });

  it('is waited for no longer than the limit', async () => {
    const host = fakeHost();
    const underway = createUnderway(host);
    void underway.run(() => new Promise(() => {}));
    const idle = underway.idle(3000);
    host.elapse(3000);
    await idle;
    assert.equal(host.timers(), 0);
  });

  it('is nothing to wait for where nothing is', async () => {
    const host = fakeHost();
    const underway = createUnderway(host);
    await assert.rejects(
      underway.run(async () => {
        throw new Error('refused');
      }),
      { message: 'refused' },
    );
    const idle = underway.idle(3000);
    host.elapse(0);
    await idle;
    assert.equal(host.timers(), 0);
  });

  it('is stored before a database is closed', async () => {
    const { folder, remove } = temporaryFolder();
    const done: string[] = [];
    const answer = Promise.withResolvers<undefined>();
    const backend = {
      kind: 'sqlite',
      records: {
        async get() {
          const result = await answer.promise;
          done.push('answered');
          return result;
        },
      },
      close: async () => void done.push('closed'),
    } as unknown as Backend;
    const database = createDatabase({
      name: 'plant',
      kind: 'sqlite',
      openBackend: async () => backend,
      outbox: { folder },
    });
    const first = database.records.get('a', 'b').then(() => database.records.get('a', 'c'));
    const closed = database.close();
    await turn();
    assert.deepEqual(done, []);
    answer.resolve(undefined);
    await first;
    await closed;
    remove();
    assert.deepEqual(done, ['answered', 'answered', 'closed']);
    await assert.rejects(database.records.get('a', 'd'), isAway);
  });

  it('tells an opening that fails, whatever the reason, from a refusal', async () => {
    const { folder, remove } = temporaryFolder();
    const database = createDatabase({
      name: 'plant',
      kind: 'postgres',
      openBackend: async () => {
        throw new Error('whatever');
      },
      outbox: { folder },
    });
    await assert.rejects(database.records.get('a', 'b'), isAway);
    await database.close();
    remove();
    for (const [code, expected] of [
      ['28P01', true],
      ['3D000', true],
      ['ER_ACCESS_DENIED_ERROR', true],
      ['57P03', true],
      ['22001', false],
      ['ER_DATA_TOO_LONG', false],
    ] as const)
      assert.equal(isAway(Object.assign(new Error('no'), { code })), expected, code);
  });
});
