import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Reactor, StoredBatch } from '../../nodes/batch-manager/batch.ts';
import type { Manager } from '../../nodes/batch-manager/manager.ts';
import { isOver, transition } from '../../nodes/batch-manager/statuses.ts';
import { statuses } from '../../nodes/lib/batch-status.ts';
import type { Backend } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { ACCEPT_MS, cheve, MACROPLAZA, openBrewery, says } from '../support/brewery.ts';
import { temporaryFolder } from '../support/node-flow.ts';

describe('batch-manager: properties', () => {
  const { folder, remove } = temporaryFolder();
  let backend: Backend;
  let brewery: ReturnType<typeof openBrewery>;
  const fresh = (): void => {
    brewery = openBrewery(backend);
  };
  before(async () => {
    backend = await openBackend('', { folder });
  });
  beforeEach(fresh);
  after(async () => {
    await backend.close();
    remove();
  });

  describe('whatever happens', () => {
    type Happening =
      | { readonly do: 'make' | 'wait' | 'sweep' }
      | {
          readonly do: 'status';
          readonly batch: number;
          readonly word: string;
          readonly seq: number | undefined;
          readonly reactor: string;
        }
      | { readonly do: 'free'; readonly reactor: number; readonly free: boolean; readonly retain: boolean };
    let second: Manager;
    const happening: fc.Arbitrary<Happening> = fc.oneof(
      fc.record({ do: fc.constantFrom('make' as const, 'make' as const, 'wait' as const, 'sweep' as const) }),
      fc.record({
        do: fc.constant('status' as const),
        batch: fc.nat(3),
        word: fc.constantFrom(...statuses, 'Rejected'),
        seq: fc.option(fc.nat(9), { nil: undefined }),
        reactor: fc.constantFrom('pi01', 'pi02'),
      }),
      fc.record({
        do: fc.constant('free' as const),
        reactor: fc.integer({ min: 1, max: 2 }),
        free: fc.boolean(),
        retain: fc.boolean(),
      }),
    );
    /** What happens at once comes in through two managers, as from two runtimes with one database. */
    const happen = async (one: Happening, turn: number): Promise<unknown> => {
      const manager = turn % 2 ? second : brewery.manager;
      switch (one.do) {
        case 'make':
          return manager.perform({
            topic: 'make-batch',
            user: 'olga',
            payload: { Recipe: cheve.Name, Facility: MACROPLAZA },
          });
        case 'wait':
          brewery.clock.now += ACCEPT_MS / 2;
          return undefined;
        case 'sweep':
          return manager.sweep();
        case 'status':
          return manager.perform({
            topic: 'updateBatchStatus',
            payload: {
              Id: `batch0000${one.batch}`,
              Status: one.word,
              Seq: one.seq,
              Bioreactor: { Id: one.reactor },
            },
          });
        case 'free':
          return manager.perform({
            topic: 'updateBioreactorAvailable',
            payload: says(`pi0${one.reactor}`, one.free),
            retain: one.retain,
          });
      }
    };
    const look = async (): Promise<{ batches: StoredBatch[]; reactors: Reactor[] }> => ({
      batches: (await backend.records.list(brewery.shelves.batches)).documents.map(
        ({ body }) => body as unknown as StoredBatch,
      ),
      reactors: (await backend.records.list(brewery.shelves.reactors)).documents.map(
        ({ body }) => body as unknown as Reactor,
      ),
    });

    it('a reactor has one open batch at most, which it is reserved for, and what is over stays so', () =>
      fc.assert(
        fc
          .asyncProperty(
            fc.array(fc.array(happening, { minLength: 1, maxLength: 3 }), { maxLength: 25 }),
            async (rounds) => {
              await brewery.furnish(2);
              second = brewery.open();
              let before = await look();
              for (const round of rounds) {
                await Promise.all(round.map(happen));
                const after = await look();
                for (const { Id, Available, Batch } of after.reactors) {
                  const openOnes = after.batches.filter(
                    ({ Bioreactor, Status }) => Bioreactor.Id === Id && !isOver(Status),
                  );
                  assert.ok(openOnes.length <= 1, `${Id} has ${openOnes.length} open batches`);
                  if (openOnes[0]) assert.deepEqual([Available, Batch], ['False', openOnes[0].Id]);
                  if (Available === 'True') assert.equal(Batch, undefined);
                }
                for (const old of before.batches) {
                  const batch = after.batches.find(({ Id }) => Id === old.Id);
                  assert.ok(batch);
                  if (isOver(old.Status)) assert.deepEqual(batch, old);
                  if (round.length === 1) assert.notEqual(transition(old.Status, batch.Status), 'illegal');
                }
                before = after;
              }
            },
          )
          .beforeEach(fresh),
        { numRuns: process.env['SOAK'] === undefined ? 60 : 1000 },
      )).timeout(120_000);
  });
});
