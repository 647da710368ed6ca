import assert from 'node:assert/strict';
import type { Backend } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { ACCEPT_MS, cheve, macroplaza, MACROPLAZA, openBrewery, says, START } from '../support/brewery.ts';
import { temporaryFolder } from '../support/node-flow.ts';

describe('batch-manager: recipes, facilities, batches', () => {
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

  describe('recipes and facilities', () => {
    it('are one of a name per user, even at once', async () => {
      const codes = await Promise.all(
        ['olga', 'olga', 'olaf', 'olga'].map(
          async (user) => (await brewery.ask('put-recipe', cheve, { user })).code,
        ),
      );
      assert.deepEqual(
        codes.toSorted((a, b) => a - b),
        [201, 201, 409, 409],
      );
      const { body } = await brewery.ask('put-recipe', cheve);
      assert.equal(body['error'], 'Name: you have a recipe La cheve de Luz already');
      assert.deepEqual(
        (await brewery.itemsOf('recipes')).map(({ Email, Timestamp }) => [Email, Timestamp]),
        [['olga', START / 1000]],
      );
      assert.equal((await brewery.itemsOf('recipes', {}, { user: 'vera', role: 'viewer' })).length, 2);
    });

    it('are told what is wrong with them', async () => {
      const { code, body } = await brewery.ask('put-recipe', { ...cheve, Name: 'Ale!' });
      assert.deepEqual(
        [code, body],
        [400, { error: 'Name: must be 1 to 60 letters, digits and blanks, got "Ale!"' }],
      );
    });

    it('go away, only the own ones', async () => {
      await brewery.furnish();
      assert.equal((await brewery.ask('delete-recipe', {}, { id: cheve.Name, user: 'olaf' })).code, 404);
      assert.equal(
        (await brewery.ask('delete-recipe', {}, { id: cheve.Name, user: 'root', role: 'admin' })).code,
        404,
      );
      assert.equal((await brewery.ask('delete-recipe', {}, { id: ' | ', user: 'olga' })).code, 404);
      const { code, body } = await brewery.ask('delete-recipe', {}, { id: cheve.Name, user: 'olga' });
      assert.deepEqual([code, body], [200, {}]);
      assert.deepEqual(await brewery.itemsOf('recipes'), []);
    });

    it('say how many reactors are free, of each facility its own, and stay as they are when seeded again', async () => {
      await brewery.furnish(2);
      await brewery.tell('updateBioreactorAvailable', { ...says('pi09', true), FacilityName: 'Byby Rio' });
      await brewery.tell('seed', [
        { ...macroplaza, Address: 'elsewhere' },
        { ...macroplaza, Name: 'Byby Rio', Coordinates: { lat: 33, lng: -116 } },
      ]);
      await brewery.make();
      const near = await brewery.itemsOf('facilities', { lat: '32.5', lng: '-116.9' }, {});
      assert.deepEqual(near, [{ ...macroplaza, Id: MACROPLAZA, Free: 1 }]);
      assert.deepEqual(
        (await brewery.itemsOf('facilities')).map(({ Name, Free }) => [Name, Free]),
        [
          ['Byby Macroplaza', 1],
          ['Byby Rio', 1],
        ],
      );
      assert.deepEqual(await brewery.itemsOf('reactors', { Facility: 'TJ|22105|Byby Rio' }, {}), [
        {
          Id: 'pi09',
          Facility: 'TJ|22105',
          FacilityName: 'Byby Rio',
          Available: 'True',
          Batch: null,
          Online: true,
          Seen: START,
        },
      ]);
      assert.equal((await brewery.itemsOf('reactors')).length, 3);
      assert.equal((await brewery.ask('reactors', { Facility: 'TJ' })).code, 400);
      assert.equal((await brewery.ask('facilities', { lat: 1 })).code, 400);
      await assert.rejects(
        brewery.tell('seed', [{ ...macroplaza, Zip: '/' }]),
        /^Error: payload\[0\]\.Zip: /,
      );
      await assert.rejects(brewery.tell('updateBioreactorAvailable', says('pi/1', true)), /^Error: Id: /);
      await assert.rejects(
        brewery.tell('updateBioreactorAvailable', says('pi01', 'maybe')),
        /Available: must be True or/,
      );
      await assert.rejects(
        brewery.tell('updateBioreactorAvailable', { ...says('pi01', true), Facility: 'TJ' }),
        /Facility: must be city\|zip/,
      );
    });
  });

  describe('a batch', () => {
    it('gets a reactor, which is told, and keeps its recipe', async () => {
      await brewery.furnish();
      const { outcome, body } = await brewery.ask('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA });
      const batch = {
        Id: 'batch00000',
        Email: 'olga',
        Timestamp: START / 1000,
        Status: 'Ready to Start',
        Recipe: { ...cheve, Email: 'olga', Timestamp: START / 1000 },
        Bioreactor: { Id: 'pi01', Facility: 'TJ|22105', FacilityName: 'Byby Macroplaza', Available: 'False' },
      };
      assert.deepEqual(body, { batch });
      assert.deepEqual(outcome.publish, [{ topic: '/TJ/22105/pi01/receiveBatch', payload: batch }]);
      assert.equal(outcome.due, START + ACCEPT_MS);
      const { Available, Batch, Reserved } = await brewery.reactor();
      assert.deepEqual([Available, Batch, Reserved], ['False', batch.Id, START]);
      await brewery.ask('delete-recipe', {}, { id: cheve.Name, user: 'olga' });
      assert.deepEqual((await brewery.stored(batch.Id)).Recipe, batch.Recipe);
    });

    for (const [what, payload, code, error] of [
      ['of an unknown recipe', { Recipe: 'Ale' }, 404, 'You have no recipe Ale'],
      ['of no recipe', { Recipe: undefined }, 404, 'You have no recipe without a name'],
      ['at an unknown facility', { Facility: 'TJ|1|Nowhere' }, 404, 'There is no facility TJ|1|Nowhere'],
      [
        'at no facility',
        { Facility: undefined },
        400,
        'Facility: must be the id of a facility such as TJ|22105|Byby Macroplaza, got nothing',
      ],
      [
        'in a reactor that is not there',
        { Bioreactor: 'pi77' },
        409,
        'The bioreactor pi77 is not free at Byby Macroplaza',
      ],
      [
        'in a reactor that cannot be',
        { Bioreactor: '#' },
        400,
        'Bioreactor: must be 1 to 40 letters, digits, blanks, ., _ or -, got "#"',
      ],
    ] as const)
      it(`${what} is refused`, async () => {
        await brewery.furnish();
        const answer = await brewery.ask('make-batch', {
          Recipe: cheve.Name,
          Facility: MACROPLAZA,
          ...payload,
        });
        assert.deepEqual([answer.code, answer.body], [code, { error }]);
        assert.equal((await brewery.reactor()).Available, 'True');
      });

    it('of another user needs a recipe of the user, also for an admin', async () => {
      await brewery.furnish();
      const body = { Recipe: cheve.Name, Facility: MACROPLAZA };
      assert.equal((await brewery.ask('make-batch', body, { user: 'root', role: 'admin' })).code, 404);
    });

    it('can have the reactor it names', async () => {
      await brewery.furnish(3);
      assert.equal((await brewery.stored(await brewery.make({ Bioreactor: 'pi02' }))).Bioreactor.Id, 'pi02');
      const again = await brewery.ask('make-batch', {
        Recipe: cheve.Name,
        Facility: MACROPLAZA,
        Bioreactor: 'pi02',
      });
      assert.equal(again.code, 409);
    });

    it('twenty at once for five reactors: five get one each', async () => {
      await brewery.furnish(5);
      const other = brewery.open();
      const request = {
        topic: 'make-batch',
        user: 'olga',
        payload: { Recipe: cheve.Name, Facility: MACROPLAZA },
      };
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? brewery.manager : other).perform(request)),
      );
      const won = outcomes.filter(({ answer }) => answer?.statusCode === 201);
      const topics = won.flatMap(({ publish = [] }) => publish.map(({ topic }) => topic));
      assert.equal(new Set(topics).size, 5);
      for (const { answer, publish } of outcomes) {
        if (answer?.statusCode === 201) continue;
        assert.deepEqual(
          [answer?.statusCode, answer?.payload],
          [409, { error: 'No bioreactor is free at Byby Macroplaza' }],
        );
        assert.equal(publish, undefined);
      }
      assert.equal((await brewery.itemsOf('batches')).length, 5);
    });

    it('that cannot be stored gives its reactor back', async () => {
      await brewery.furnish();
      brewery.manager = brewery.open({
        ...backend.records,
        put: async (collection, ...rest) => {
          if (collection === brewery.shelves.batches) throw new Error('database plant: disk is full');
          return backend.records.put(collection, ...rest);
        },
      });
      const request = { user: 'olga' };
      await assert.rejects(
        brewery.tell('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA }, request),
        /disk is full/,
      );
      const { Available, Batch } = await brewery.reactor();
      assert.deepEqual([Available, Batch], ['True', undefined]);
    });

    it('that was never stored, and whose reactor could not be given back, does not keep it for ever', async () => {
      await brewery.furnish();
      const fails = async (): Promise<never> => {
        throw new Error('database plant: gone');
      };
      brewery.manager = brewery.open({ ...backend.records, put: fails, update: fails });
      await assert.rejects(
        brewery.tell('make-batch', { Recipe: cheve.Name, Facility: MACROPLAZA }, { user: 'olga' }),
        /gone/,
      );
      brewery.manager = brewery.open();
      assert.equal((await brewery.reactor()).Available, 'False');
      assert.equal((await brewery.manager.sweep()).due, START + ACCEPT_MS, 'it may be another that makes it');
      brewery.clock.now += ACCEPT_MS;
      assert.equal((await brewery.manager.sweep()).due, undefined);
      assert.equal((await brewery.reactor()).Available, 'True');
    });
  });
});
