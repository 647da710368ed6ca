import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { databaseOf, runningDatabases } from '../../nodes/lib/database.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { healthBoardOf } from '../../nodes/lib/settings.ts';
import type { Database } from '../../nodes/lib/store.ts';
import { acquireDatabase } from '../../nodes/plant-database/databases.ts';
import plantDatabase from '../../nodes/plant-database/plant-database.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow } from '../support/node-flow.ts';
import { DAY, sample, seriesOf } from '../support/store-oracle.ts';

const databaseNode = (change: object = {}): FlowNode => ({
  id: 'database',
  type: 'plant-database',
  name: 'history',
  url: '',
  ...change,
});
/** Uses a database as other nodes do. */
interface User extends Node {
  readonly RED: NodeAPI;
  readonly database: Database;
}
const userType = (RED: NodeAPI): void => {
  RED.nodes.registerType('database-user', function (this: Node, def) {
    RED.nodes.createNode(this, def);
    Object.assign(this, { RED, database: databaseOf(RED, String(Reflect.get(def, 'database'))) });
  });
};
const user: FlowNode = { id: 'user', type: 'database-user', database: 'database', wires: [] };
const always = { from: 0, to: 9e15 };

describe('plant-database', () => {
  const data = temporaryFolder();
  after(data.remove);
  let flow: NodeFlow;
  const start = async (change: object = {}): Promise<User> => {
    flow = await runNodes([plantDatabase, userType], [databaseNode(change), user], { userDir: data.folder });
    return flow.node<User>('user');
  };
  afterEach(() => flow.close());
  const stored = async ({ history }: Database): Promise<number> => {
    const info = await seriesOf({ history } as never, sample().series);
    return (await history.raw(info, always, 1000)).timestamps.length;
  };

  it('is an SQLite file in the data folder, which nodes find by its id', async () => {
    const { database, RED } = await start();
    await database.write([sample()]);
    assert.equal(await stored(database), 1);
    assert.ok(existsSync(join(data.folder, 'history.sqlite')));
    assert.deepEqual(
      runningDatabases(RED).map(({ id, name }) => [id, name]),
      [['database', 'history']],
    );
    assert.throws(() => databaseOf(RED, 'gone'), {
      message: 'database: there is no running plant-database "gone"',
    });
  });

  it('keeps what is written across a deploy, and is gone when its node is', async () => {
    const { database, RED } = await start();
    await database.write([sample(), sample({ timestamp: DAY + 1 })]);
    await flow.deploy([databaseNode(), user]);
    assert.equal(await stored(flow.node<User>('user').database), 2);
    await flow.deploy([]);
    assert.deepEqual(runningDatabases(RED), []);
    assert.equal(healthBoardOf(RED).read()['database'], undefined);
    await assert.rejects(database.history.series(['#']));
  });

  it('is not interrupted by a deploy while somebody outside the flows holds it', async () => {
    const { database } = await start();
    const outside = acquireDatabase({ url: '', folder: data.folder });
    assert.equal(outside.database, database);
    await flow.deploy([]);
    await outside.database.write([sample({ timestamp: DAY + 2 })]);
    await outside.release();
    await outside.release();
    await flow.deploy([databaseNode(), user]);
    assert.equal(await stored(flow.node<User>('user').database), 3);
  });

  it('tells on the health board how it is', async () => {
    const { database, RED } = await start();
    await database.write([sample()]);
    const { troubles, facts } = healthBoardOf(RED).read()['database'] ?? { troubles: ['none'], facts: {} };
    assert.deepEqual(troubles, []);
    assert.partialDeepStrictEqual(facts, { kind: 'sqlite', connected: true, dropped: 0, awayMs: 0 });
  });

  it('deletes every hour what its rules no longer keep', async () => {
    const { database, RED } = await start({
      retention: '[{"series":"#","rawDays":"1","minuteDays":"0","hourDays":"0"}]',
    });
    const clock = wallClock(RED);
    const series = 'short';
    const count = async (): Promise<number> => {
      const [info] = await database.history.series([series]);
      return info ? (await database.history.raw(info, always, 10)).timestamps.length : 0;
    };
    await database.write([sample({ series, timeline: 'simulated', timestamp: DAY })]);
    await database.write([sample({ series, timeline: 'simulated', timestamp: DAY + 3 * 86_400_000 })]);
    assert.equal(await count(), 2);
    // Whatever the thread is asked next comes after what it was asked before.
    const untilOne = async (): Promise<void> => {
      while ((await count()) !== 1);
    };
    clock.advance(60_000);
    await untilOne();
    await database.write([sample({ series, timeline: 'simulated', timestamp: DAY })]);
    assert.equal(await count(), 2);
    clock.advance(3_600_000);
    await untilOne();
  });

  it('is a node with words where its form cannot be read', async () => {
    flow = await runNodes(
      [plantDatabase],
      [databaseNode({ url: 'ftp://me:secret@x' }), { ...user, type: 'probe' }],
      {
        userDir: data.folder,
      },
    );
    const [error] = flow.reported('database');
    assert.match(error ?? '', /^url: must look like .*, got "ftp:\/\/…@x"$/);
  });

  it('says how large the outbox is, also where somebody outside the flows was first', async () => {
    const outside = acquireDatabase({ url: '', folder: data.folder });
    assert.equal(outside.database.facts().outbox.maxBytes, 1e9);
    const { database } = await start({ outboxMb: '30', synchronous: 'full' });
    assert.equal(outside.database.facts().outbox.maxBytes, 30e6);
    const before = await stored(database);
    await outside.database.write([sample({ timestamp: 5 * DAY })]);
    assert.equal(await stored(database), before + 1);
    await outside.release();
  });
});

describe('acquireDatabase', () => {
  const data = temporaryFolder();
  after(data.remove);

  it('is one database per URL, closed with the last who holds it, and opened again after that', async () => {
    const options = { url: 'sqlite:a.sqlite', folder: data.folder };
    const [one, two] = [acquireDatabase(options), acquireDatabase(options)];
    const elsewhere = acquireDatabase({ ...options, url: 'sqlite:b.sqlite' });
    assert.equal(one.database, two.database);
    assert.notEqual(one.database, elsewhere.database);
    await one.release();
    await two.database.write([sample()]);
    const closing = two.release();
    const again = acquireDatabase(options);
    assert.notEqual(again.database, one.database);
    await again.database.write([sample(), sample({ timestamp: DAY + 1 })]);
    await closing;
    const info = await seriesOf(again.database as never, sample().series);
    assert.deepEqual((await again.database.history.raw(info, always, 10)).timestamps, [DAY, DAY + 1]);
    await again.release();
    await elsewhere.release();
  });

  it('is the same one however its place is written, and for one user only', async () => {
    const { folder } = data;
    const held = ['', 'sqlite:history.sqlite', `sqlite:${join(folder, 'history.sqlite')}`].map((url) =>
      acquireDatabase({ url, folder }),
    );
    assert.equal(new Set(held.map(({ database }) => database)).size, 1);
    for (const { release } of held) await release();

    const url = 'postgres://plant:one@127.0.0.1:1/plant';
    const server = acquireDatabase({ url, folder });
    assert.throws(() => acquireDatabase({ url, folder, login: { user: 'plant', password: 'two' } }), {
      message:
        'url: postgres://127.0.0.1:1/plant is in use with another user, password or tls; DATABASE_URL and every node must say the same',
    });
    await server.release();
    const other = acquireDatabase({ url, folder, login: { user: 'plant', password: 'two' } });
    await other.release();
  });

  it('leaves nothing behind without a data folder', async () => {
    const { database, release } = acquireDatabase({ url: '', folder: undefined });
    await database.write([sample()]);
    const file = database.name;
    await release();
    assert.equal(existsSync(file), false);
  });
});
