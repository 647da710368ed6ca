import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Backend } from '../../nodes/lib/store.ts';
import { createLink } from '../../nodes/plant-database/link.ts';
import { fakeHost } from '../support/fake-host.ts';

/** A link whose openings the test ends, and what became of the back-ends it opened. */
const bench = () => {
  const openings: PromiseWithResolvers<Backend>[] = [];
  const closed: number[] = [];
  const told: string[] = [];
  const host = fakeHost();
  const link = createLink({
    name: 'plant',
    open() {
      const opening = Promise.withResolvers<Backend>();
      openings.push(opening);
      return opening.promise;
    },
    host,
    retry: { firstMs: 1000, maxMs: 5000 },
    chance: () => 0.5,
    opened: () => told.push('opened'),
    failed: ({ message }) => told.push(message),
  });
  const end = async (number: number): Promise<void> => {
    openings[number]?.resolve({ close: async () => void closed.push(number) } as Backend);
    await turn();
  };
  return { link, host, openings, closed, told, end };
};

describe('the link to a database', () => {
  it('is tried again after a failure, and rejects with its words until then', async () => {
    const { link, host, openings, told, end } = bench();
    openings[0]?.reject(new Error('refused'));
    await assert.rejects(link.ready(), { message: 'plant cannot be opened: refused' });
    host.elapse(1000);
    await end(1);
    assert.equal(await link.ready(), link.backend());
    assert.deepEqual(told, ['plant cannot be opened: refused', 'opened']);
  });

  it('serves by the old one until the new one is open, and closes that', async () => {
    const { link, closed, end } = bench();
    await end(0);
    const old = link.backend();
    link.renew();
    link.renew();
    assert.equal(link.backend(), old);
    await end(1);
    assert.notEqual(link.backend(), old);
    assert.deepEqual(closed, [0]);
  });

  it('closes what is open only after it was closed itself, and tells nobody', async () => {
    const { link, closed, told, end } = bench();
    await link.close();
    await end(0);
    assert.deepEqual([closed, told, link.backend()], [[0], [], undefined]);
    await assert.rejects(link.ready(), { message: 'plant is closed' });
  });
});
