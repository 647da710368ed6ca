import assert from 'node:assert/strict';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { Backend } from '../../nodes/lib/store.ts';
import type { DatabaseServer } from './database-server.ts';
import { DAY, sample, seriesOf } from './store-oracle.ts';

const TIMEOUT_MS = 500;
const nameless = (cause: unknown): boolean =>
  cause instanceof Error &&
  /^database (postgres|mysql):\/\/127\.0\.0\.1:\d+\/plant\d+: ./.test(cause.message) &&
  !/p(@|%40)ss/.test(cause.message);

/** A server that goes away or hangs makes promises reject, with its name and no password, and never more than that. */
export const outageSuite = (server: () => DatabaseServer): void => {
  let url: string;
  let store: Backend;
  beforeEach(async () => {
    url = await server().freshUrl();
    store = await openBackend(url, { folder: '', timeoutMs: TIMEOUT_MS });
    await store.history.write([sample()]);
  });
  afterEach(() => store.close());

  const away = async (): Promise<void> => {
    const info = { ...(await known), id: 1 };
    await assert.rejects(store.history.write([sample({ timestamp: DAY + 1 })]), nameless);
    await assert.rejects(store.history.series(['#']), nameless);
    await assert.rejects(store.history.read(info, { from: 0, to: 1 }, 10), nameless);
    await assert.rejects(store.records.get('recipes', 'a'), nameless);
    await assert.rejects(store.size(), nameless);
    await assert.rejects(openBackend(url, { folder: '', timeoutMs: TIMEOUT_MS }), nameless);
  };
  let known: ReturnType<typeof seriesOf>;
  /** What was sent while it was away may have arrived or not: sent again, it is there once. */
  const backAgain = async (): Promise<void> => {
    await store.history.write([sample(), sample({ timestamp: DAY + 1 }), sample({ timestamp: DAY + 2 })]);
    const info = await seriesOf(store, sample().series);
    const { timestamps } = await store.history.raw(info, { from: 0, to: DAY * 2 }, 10);
    assert.deepEqual(timestamps, [DAY, DAY + 1, DAY + 2]);
    assert.equal((await store.history.statistics(info, { from: 0, to: DAY * 2 })).count, 3);
  };

  it('rejects while the server is killed, and goes on once it is back', async () => {
    known = seriesOf(store, sample().series);
    await known;
    await server().kill();
    await away();
    await server().start();
    await backAgain();
  });

  it('rejects while the server hangs, and goes on once it does not', async () => {
    known = seriesOf(store, sample().series);
    await known;
    server().pause();
    try {
      await away();
    } finally {
      server().resume();
    }
    await backAgain();
  });

  it('refuses a wrong password without telling any', async () => {
    const wrong = url.replace('p%40ss', 'p%40ss-no');
    await assert.rejects(openBackend(wrong, { folder: '', timeoutMs: TIMEOUT_MS }), nameless);
  });
};
