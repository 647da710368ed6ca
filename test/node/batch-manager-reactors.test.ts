import assert from 'node:assert/strict';
import type { Backend } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import {
  ACCEPT_MS,
  type Body,
  cheve,
  MACROPLAZA,
  openBrewery,
  reasonsOf,
  says,
  START,
  step,
} from '../support/brewery.ts';
import { temporaryFolder } from '../support/node-flow.ts';

describe('batch-manager: reactors', () => {
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

  it('is not ended by a "True" that comes a second time, from before the batch', async () => {
    await brewery.furnish();
    const Id = await brewery.make();
    await brewery.status(Id, 'Ready to Start', { Seq: 5 });
    await brewery.status(Id, 'In Progress', { Seq: 7 });
    await brewery.tell('updateBioreactorAvailable', { ...says('pi01', 'True'), Seq: 4 });
    assert.equal((await brewery.stored(Id)).Status, 'In Progress');
    assert.equal((await brewery.reactor()).Available, 'False');
    await brewery.tell('updateBioreactorAvailable', { ...says('pi01', 'True'), Seq: 9 });
    assert.equal((await brewery.stored(Id)).Status, 'Failed');
  });

  it('is not given to a reactor that is not connected', async () => {
    await brewery.furnish();
    const tell = (Online: unknown, more: object = {}): Promise<unknown> =>
      brewery.tell('updateBioreactorOnline', { Id: 'pi01', Facility: 'TJ|22105', Online, ...more });
    const free = async () => (await brewery.itemsOf('facilities')).map(({ Free }) => Free);
    const online = async () => (await brewery.itemsOf('reactors')).map(({ Online }) => Online);
    assert.deepEqual([await free(), await online()], [[1], [true]]);
    await tell(false, { Facility: 'TJ|99999' });
    await tell(false, { Id: 'pi09' });
    assert.deepEqual([await free(), await online()], [[1], [true]], 'of others nothing is known');
    await tell(false);
    assert.deepEqual([await free(), await online()], [[0], [false]]);
    const { code } = await brewery.ask('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA });
    assert.equal(code, 409);
    await tell(true);
    assert.deepEqual([await free(), await online()], [[1], [true]]);
    await assert.rejects(tell('yes'), /^Error: Online: must be true or false, got "yes"$/);
  });

  describe('a reservation', () => {
    it('that nobody answers ends in time, not before, also after a restart', async () => {
      await brewery.furnish(2);
      const Id = await brewery.make();
      brewery.clock.now += ACCEPT_MS - 1;
      brewery.manager = brewery.open();
      assert.deepEqual(await brewery.manager.sweep(), { journal: [], due: START + ACCEPT_MS });
      brewery.clock.now++;
      const { journal, due } = await brewery.manager.sweep();
      assert.equal(due, undefined);
      assert.deepEqual(
        journal?.map(({ batch, to, reason, refused }) => [batch, to, reason, refused]),
        [[Id, 'Failed', 'the reactor did not answer', false]],
      );
      const { Status, Reason, Accepted, Ended } = await brewery.stored(Id);
      assert.deepEqual(
        [Status, Reason, Accepted, Ended],
        ['Failed', 'the reactor did not answer', false, START / 1000 + 60],
      );
      const { Available, Batch, Silent } = await brewery.reactor();
      assert.deepEqual([Available, Batch, Silent], ['True', undefined, true]);
      assert.deepEqual(await brewery.manager.sweep(), { journal: [] });
      assert.equal(
        (await brewery.itemsOf('reactors')).find(({ Id: id }) => id === 'pi01')?.['Online'],
        false,
      );
      assert.equal(
        (await brewery.stored(await brewery.make())).Bioreactor.Id,
        'pi02',
        'a silent one is the last choice',
      );
      assert.equal((await brewery.stored(await brewery.make())).Bioreactor.Id, 'pi01');
      await brewery.tell('updateBioreactorAvailable', says('pi01', false));
      assert.equal((await brewery.reactor()).Silent, undefined);
    });

    it('that is answered does not end', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      await brewery.status(Id, 'Ready to Start', { Accepted: true, State: 'received', Seq: 1 });
      brewery.clock.now += 10 * ACCEPT_MS;
      assert.deepEqual(await brewery.manager.sweep(), { journal: [] });
      assert.equal((await brewery.stored(Id)).Status, 'Ready to Start');
      assert.equal((await brewery.reactor()).Batch, Id);
    });

    it('that is answered too late: the reactor is told to leave it, and is not free until it says so', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      brewery.clock.now += ACCEPT_MS;
      await brewery.manager.sweep();
      const { publish, journal } = await brewery.status(Id, 'Ready to Start', { State: 'received', Seq: 1 });
      assert.deepEqual(publish, [
        {
          topic: '/TJ/22105/pi01/command',
          payload: { command: 'abort', Id, user: '', Until: 1_790_000_120 },
        },
      ]);
      assert.equal(journal?.[0]?.['reason'], 'Failed cannot become Ready to Start');
      assert.equal((await brewery.stored(Id)).Status, 'Failed');
      assert.equal((await brewery.reactor()).Available, 'False');
      await brewery.tell('updateBioreactorAvailable', says('pi01', 'True'));
      assert.equal((await brewery.reactor()).Available, 'True');
    });

    it('outlives a "True" from before, and one that comes twice', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      const free = says('pi01', 'True');
      await brewery.tell('updateBioreactorAvailable', free);
      await brewery.tell('updateBioreactorAvailable', JSON.stringify(free), { retain: true });
      assert.deepEqual([(await brewery.reactor()).Available, (await brewery.reactor()).Batch], ['False', Id]);
      assert.equal((await brewery.ask('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA })).code, 409);
      await brewery.status(Id, 'Ready to Start', { State: 'received', Seq: 1 });
      await brewery.tell('updateBioreactorAvailable', free);
      assert.equal((await brewery.reactor()).Batch, Id);
      for (const [seq, word] of ['In Progress', 'Ready for Pickup', 'Finished'].entries()) {
        await brewery.status(Id, word, { Seq: seq + 2 });
        assert.equal((await brewery.reactor()).Available, 'False', `${word} frees nothing`);
      }
      await brewery.tell('updateBioreactorAvailable', free);
      const { Available, Batch, Reserved } = await brewery.reactor();
      assert.deepEqual([Available, Batch, Reserved], ['True', undefined, undefined]);
    });

    it('ends where the reactor is free although nobody said how the batch ended', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      await brewery.status(Id, 'In Progress', { Seq: 1 });
      await brewery.tell('updateBioreactorAvailable', says('pi01', 'True'), { retain: true });
      assert.equal((await brewery.stored(Id)).Status, 'In Progress', 'what the broker had kept is old');
      const outcome = await brewery.tell('updateBioreactorAvailable', says('pi01', 'True'));
      assert.deepEqual(reasonsOf(outcome), ['the reactor became free before the batch was over']);
      assert.deepEqual(
        [(await brewery.stored(Id)).Status, (await brewery.reactor()).Batch],
        ['Failed', undefined],
      );
    });

    for (const [said, available] of [
      [{ State: 'idle', Bioreactor: { Id: 'pi01', Available: 'False' } }, 'True'],
      [{ State: 'cleaning' }, 'False'],
      [{ Bioreactor: { Id: 'pi01', Available: 'False' } }, 'False'],
      [{ Bioreactor: { Id: 'pi01', Available: 'True' } }, 'True'],
      [{}, 'True'],
    ] as const)
      it(`that is rejected with ${JSON.stringify(said)} leaves it ${available}`, async () => {
        await brewery.furnish();
        const Id = await brewery.make();
        const outcome = await brewery.status(Id, 'Rejected', { Reason: 'busy', ...said });
        assert.deepEqual(reasonsOf(outcome), ['busy']);
        const { Status, Reason } = await brewery.stored(Id);
        assert.deepEqual([Status, Reason], ['Failed', 'busy']);
        const { Available, Batch } = await brewery.reactor();
        assert.deepEqual([Available, Batch], [available, undefined]);
      });

    it('of another batch is left alone by a rejection that comes late', async () => {
      await brewery.furnish();
      const first = await brewery.make();
      brewery.clock.now += ACCEPT_MS;
      await brewery.manager.sweep();
      const second = await brewery.make();
      await brewery.status(first, 'Rejected', { Reason: 'busy' });
      assert.deepEqual(
        [(await brewery.reactor()).Batch, (await brewery.stored(second)).Status],
        [second, 'Ready to Start'],
      );
    });
  });

  describe('what a reactor says of a batch', () => {
    it("is refused where the batch is unknown or another's, and nothing is made of it", async () => {
      await brewery.furnish(2);
      const Id = await brewery.make();
      assert.deepEqual(reasonsOf(await brewery.status('unknown000', 'In Progress')), [
        'there is no batch unknown000',
      ]);
      const strange = await brewery.status(Id, 'In Progress', { Bioreactor: { Id: 'pi02' } });
      assert.deepEqual(reasonsOf(strange), ['it is a batch of pi01, not of pi02']);
      assert.equal((await backend.records.list(brewery.shelves.batches)).total, 1);
      assert.equal((await brewery.stored(Id)).Accepted, false);
      assert.equal(
        (await backend.records.list(brewery.shelves.journal)).total,
        1,
        'only of batches there are',
      );
    });

    it('is refused where it is not legal, once in the journal however often it comes', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      for (let count = 0; count < 3; count++) {
        const outcome = await brewery.status(Id, 'Finished', { Seq: 4 });
        assert.equal(outcome.journal?.length, count === 0 ? 1 : undefined);
      }
      const { body } = await brewery.ask('batch', {}, { id: Id, user: 'olga' });
      const journal = body['journal'] as Body[];
      assert.deepEqual(
        journal.map(({ from, to, refused, reason }) => [from, to, refused, reason]),
        [['Ready to Start', 'Finished', true, 'Ready to Start cannot become Finished']],
      );
    });

    it('counts by its number, not by when it arrives', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      await brewery.status(Id, 'Ready to Start', { State: 'ready-to-start', Seq: 3 });
      await brewery.status(Id, 'Ready to Start', { State: 'received', Seq: 1 });
      assert.equal((await brewery.stored(Id)).State, 'ready-to-start');
      await brewery.status(Id, 'In Progress', { State: 'running', Seq: 4 });
      const late = await brewery.status(Id, 'Ready to Start', { State: 'connecting', Seq: 2 });
      assert.deepEqual([late, (await brewery.stored(Id)).Status], [{}, 'In Progress']);
    });

    it('is applied in the order in which it came, however slow the database', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      const words = [
        'Ready to Start',
        'In Progress',
        'On Hold',
        'In Progress',
        'Ready for Pickup',
        'Finished',
      ];
      const outcomes = await Promise.all([
        ...words.map((word) => brewery.status(Id, word)),
        brewery.tell('updateBioreactorAvailable', says('pi01', 'True')),
      ]);
      assert.deepEqual(outcomes.flatMap(reasonsOf), []);
      assert.deepEqual(
        [(await brewery.stored(Id)).Status, (await brewery.reactor()).Available],
        ['Finished', 'True'],
      );
    });

    /** A manager that reads a document, and before it goes on something else happens, once. */
    const interrupted = (shelf: string, between: () => Promise<unknown>): void => {
      let isFirst = true;
      brewery.manager = brewery.open({
        ...backend.records,
        async get(collection, id) {
          const document = await backend.records.get(collection, id);
          if (collection === shelf && isFirst) {
            isFirst = false;
            await between();
          }
          return document;
        },
      });
    };

    it('is judged anew where somebody else came first: an end stays one', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      const other = brewery.open();
      const cancelled = {
        topic: 'updateBatchStatus',
        payload: { Id, Status: 'Cancelled', Bioreactor: { Id: 'pi01' } },
      };
      interrupted(brewery.shelves.batches, () => other.perform(cancelled));
      const outcome = await brewery.status(Id, 'In Progress');
      assert.deepEqual(reasonsOf(outcome), ['Cancelled cannot become In Progress']);
      assert.equal((await brewery.stored(Id)).Status, 'Cancelled');
    });

    it('frees no reactor that was reserved in the meantime', async () => {
      await brewery.furnish();
      const other = brewery.open();
      const order = {
        topic: 'make-batch',
        user: 'olga',
        payload: { Recipe: cheve.Name, Facility: MACROPLAZA },
      };
      interrupted(brewery.shelves.reactors, () => other.perform(order));
      await brewery.tell('updateBioreactorAvailable', says('pi01', 'True'));
      const { Available, Batch } = await brewery.reactor();
      assert.deepEqual([Available, Batch], ['False', 'batch00000']);
    });

    it('fails no batch that has been answered in the meantime', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      brewery.clock.now += ACCEPT_MS;
      const other = brewery.open();
      const accepted = {
        topic: 'updateBatchStatus',
        payload: { Id, Status: 'Ready to Start', Seq: 1, Bioreactor: { Id: 'pi01' } },
      };
      interrupted(brewery.shelves.batches, () => other.perform(accepted));
      await brewery.tell('updateBioreactorAvailable', says('pi01', 'True'));
      assert.deepEqual(
        [(await brewery.stored(Id)).Status, (await brewery.reactor()).Batch],
        ['Ready to Start', Id],
      );
    });

    it('is one of several changes of one batch at once, and none is lost', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      const other = brewery.open();
      await Promise.all([
        brewery.status(Id, 'In Progress', { Seq: 1 }),
        other.perform({
          topic: 'updateBatchStatus',
          payload: { Id, Status: 'In Progress', Seq: 1, Bioreactor: { Id: 'pi01' } },
        }),
        other.perform({
          topic: 'updateJournal',
          payload: step(1, 'ready-to-start', 'running', { batch: Id }),
        }),
      ]);
      const { Status, From, Started } = await brewery.stored(Id);
      assert.deepEqual([Status, From, Started], ['In Progress', 1000, START / 1000]);
    });
  });
});
