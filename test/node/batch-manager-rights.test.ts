import assert from 'node:assert/strict';
import { operations, type Operation } from '../../nodes/batch-manager/access.ts';
import type { Backend } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { cheve, macroplaza, MACROPLAZA, openBrewery, says, step } from '../support/brewery.ts';
import { temporaryFolder } from '../support/node-flow.ts';

describe('batch-manager: rights', () => {
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

  describe('who may do what', () => {
    const callers = {
      none: {},
      viewer: { user: 'vera', role: 'viewer' },
      own: { user: 'olga', role: 'operator' },
      other: { user: 'olaf', role: 'operator' },
      admin: { user: 'root', role: 'admin' },
    };
    // Codes in the order of the callers; 0: no answer, as for what devices say.
    const table: Readonly<Record<Operation, readonly [payload: unknown, ...codes: number[]]>> = {
      recipes: [{}, 403, 200, 200, 200, 200],
      'put-recipe': [{ ...cheve, Name: 'Other' }, 403, 403, 201, 201, 201],
      'delete-recipe': [{}, 403, 403, 200, 404, 404],
      facilities: [{}, 200, 200, 200, 200, 200],
      reactors: [{}, 200, 200, 200, 200, 200],
      'make-batch': [{ Recipe: cheve.Name, Facility: MACROPLAZA }, 403, 403, 201, 404, 404],
      batches: [{}, 403, 200, 200, 200, 200],
      batch: [{}, 403, 200, 200, 403, 200],
      command: [{ command: 'start' }, 403, 403, 202, 403, 202],
      'reactor-command': [{ command: 'press' }, 403, 403, 202, 403, 202],
      report: [{}, 403, 200, 200, 403, 200],
      'report-csv': [{}, 403, 200, 200, 403, 200],
      measurements: [{}, 403, 200, 200, 403, 200],
      updateBatchStatus: [
        { Id: 'batch00000', Status: 'In Progress', Bioreactor: { Id: 'pi01' } },
        0,
        403,
        0,
        0,
        0,
      ],
      updateBioreactorAvailable: [says('pi02', 'True'), 0, 403, 0, 0, 0],
      updateBioreactorOnline: [{ Id: 'pi01', Facility: 'TJ|22105', Online: true }, 0, 403, 0, 0, 0],
      updateJournal: [step(9, 'idle', 'received'), 0, 403, 0, 0, 0],
      seed: [[macroplaza], 0, 403, 0, 0, 0],
    };
    for (const operation of Object.keys(operations) as Operation[])
      it(operation, async () => {
        const [payload, ...wanted] = table[operation];
        const codes: number[] = [];
        for (const caller of Object.values(callers)) {
          fresh();
          await brewery.furnish(2);
          const batch = await brewery.make({ Bioreactor: 'pi01' });
          await brewery.status(batch, 'Ready to Start', { Seq: 1 });
          const id = { 'delete-recipe': cheve.Name, 'reactor-command': 'pi01' } as Partial<
            Record<Operation, string>
          >;
          const { answer } = await brewery.tell(operation, payload, {
            id: id[operation] ?? batch,
            ...caller,
          });
          codes.push(answer?.statusCode ?? 0);
        }
        assert.deepEqual(codes, wanted);
      });

    it('shows an operator the own batches, others all', async () => {
      await brewery.furnish();
      await brewery.make();
      const seen = async (more: object): Promise<number> =>
        (await brewery.itemsOf('batches', {}, more)).length;
      assert.deepEqual(
        [await seen(callers.own), await seen(callers.other), await seen(callers.viewer)],
        [1, 0, 1],
      );
    });

    for (const [more, error] of [
      [{ user: 'olga', role: 'root' }, 'role: must be one of admin, operator, viewer, got "root"'],
      [{ user: 7 }, 'user: must be a name of at most 120 characters, got 7'],
      [{ user: 'x'.repeat(121) }, /^user: must be a name/],
      [{ user: ' olga' }, /^user: must be a name/],
      [{}, 'user: batches needs somebody who has signed in, got nobody'],
    ] as const)
      it(`is nobody's business: ${String(error)}`, async () => {
        const { code, body } = await brewery.ask('batches', {}, more);
        assert.equal(code, 403);
        if (typeof error === 'string') assert.equal(body['error'], error);
        else assert.match(String(body['error']), error);
      });

    it('is an error where there is no such operation', () =>
      assert.rejects(brewery.tell('drop', {}), /^Error: topic: must be one of recipes, .*seed, got "drop"$/));
  });

  describe('a command', () => {
    it('goes to the reactor of the batch, where the status allows it', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      const order = (command: string, user = 'olga') =>
        brewery.ask('command', { command }, { id: Id, user, role: user === 'root' ? 'admin' : 'operator' });
      assert.deepEqual((await order('start')).body, {
        error: `The bioreactor pi01 has not accepted the batch ${Id} yet`,
      });
      assert.equal((await order('abort')).code, 202, 'also before it has answered');
      await brewery.status(Id, 'Ready to Start', { Seq: 1 });
      const { code, body, outcome } = await order('start', 'root');
      assert.deepEqual([code, body], [202, {}]);
      assert.deepEqual(outcome.publish, [
        {
          topic: '/TJ/22105/pi01/command',
          payload: { command: 'start', Id, user: 'root', Until: 1_790_000_060 },
        },
      ]);
      assert.deepEqual((await order('hold')).body, {
        error: 'command: hold is for a batch that is In Progress, got Ready to Start',
      });
      const codes: number[] = [];
      for (const word of ['In Progress', 'On Hold', 'In Progress', 'Ready for Pickup', 'Finished']) {
        await brewery.status(Id, word);
        codes.push((await order('abort')).code);
      }
      assert.deepEqual(codes, [202, 202, 202, 202, 409]);
      assert.equal((await order('clear')).code, 400);
      assert.equal(
        (await brewery.ask('command', { command: 'start' }, { id: 'nothing000', user: 'olga' })).code,
        404,
      );
      assert.equal((await brewery.ask('command', 'start', { id: Id, user: 'olga' })).code, 400);
    });

    it('goes to a reactor, whatever it does', async () => {
      await brewery.furnish();
      const order = (command: string, id: string) =>
        brewery.ask('reactor-command', { command }, { id, user: 'olaf', role: 'operator' });
      const { outcome } = await order('selftest', 'pi01');
      assert.deepEqual(outcome.publish, [
        {
          topic: '/TJ/22105/pi01/command',
          payload: { command: 'selftest', user: 'olaf', Until: 1_790_000_060 },
        },
      ]);
      assert.deepEqual(
        [
          (await order('press', 'pi02')).code,
          (await order('press', '#')).code,
          (await order('start', 'pi01')).code,
        ],
        [404, 404, 400],
      );
    });

    it('goes to a reactor with a batch for its owner, and for that batch', async () => {
      await brewery.furnish();
      const Id = await brewery.make();
      await brewery.status(Id, 'Ready to Start', { Seq: 1 });
      const order = (user: string, role = 'operator') =>
        brewery.ask('reactor-command', { command: 'press' }, { id: 'pi01', user, role });
      assert.deepEqual((await order('olaf')).body, {
        error: 'The bioreactor pi01 holds a batch that is not a batch of olaf',
      });
      for (const [user, role] of [
        ['olga', 'operator'],
        ['root', 'admin'],
      ] as const)
        assert.deepEqual((await order(user, role)).outcome.publish, [
          { topic: '/TJ/22105/pi01/command', payload: { command: 'press', Id, user, Until: 1_790_000_060 } },
        ]);
      await brewery.status(Id, 'Failed', { Seq: 2 });
      assert.deepEqual((await order('olaf')).outcome.publish, [
        {
          topic: '/TJ/22105/pi01/command',
          payload: { command: 'press', user: 'olaf', Until: 1_790_000_060 },
        },
      ]);
    });
  });
});
