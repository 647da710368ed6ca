import assert from 'node:assert';
import { createRequire } from 'node:module';
import type { AedesPublishPacket, Client } from 'aedes';
import { DatabaseSync } from 'node:sqlite';
import { SqlitePersistence } from '../../nodes/embedded-broker/persistence.ts';
import { settleRetained } from '../../nodes/embedded-broker/retained.ts';

/** What the shared suite of aedes-persistence asks of its runner. */
interface Runner {
  plan(): void;
  diagnostic(): void;
  readonly assert: typeof assert;
}
type Suite = (options: {
  test: (title: string, run: (t: Runner) => Promise<void>) => void;
  persistence: () => SqlitePersistence;
  testAsync: true;
}) => void;

const packet = (topic: string, payload: string | Buffer, extra: Partial<AedesPublishPacket> = {}) =>
  ({
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: true,
    dup: false,
    ...extra,
  }) as AedesPublishPacket;
const client = (id: string): Client => ({ id }) as Client;
const open = async (database: DatabaseSync, options = {}): Promise<SqlitePersistence> => {
  const persistence = new SqlitePersistence(database, options);
  await persistence.setup({ id: 'broker' });
  return persistence;
};
const rows = (database: DatabaseSync, table: 'mqtt_retained' | 'mqtt_will'): string[] =>
  database
    .prepare(`SELECT topic, payload FROM ${table} ORDER BY topic`)
    .all()
    .map((row) => `${String(row['topic'])} ${Buffer.from(row['payload'] as Uint8Array).toString()}`);

describe('broker persistence', () => {
  describe('passes the suite that every persistence of aedes has to pass', () => {
    const suite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as Suite;
    suite({
      test: (title, run) => void it(title, () => run({ plan: () => {}, diagnostic: () => {}, assert })),
      persistence: () => new SqlitePersistence(new DatabaseSync(':memory:')),
      testAsync: true,
    });
  });

  it('stores once what it stored before the acknowledgement', async () => {
    const database = new DatabaseSync(':memory:');
    const persistence = await open(database);
    const first = packet('a', '1');
    await persistence.storeEarly(first);
    await persistence.storeRetained(packet('a', '2'));
    // The copy that aedes hands on after the acknowledgement must not bring the old value back.
    await persistence.storeRetained({ ...first });
    assert.deepStrictEqual(rows(database, 'mqtt_retained'), ['a 2']);
    await persistence.storeRetained(packet('a', '1'));
    assert.deepStrictEqual(rows(database, 'mqtt_retained'), ['a 1']);
  });

  it('bounds what is retained, and finds room again', async () => {
    const persistence = await open(new DatabaseSync(':memory:'), { maxRetainedBytes: 1000 });
    await persistence.storeRetained(packet('a', Buffer.alloc(300)));
    await persistence.storeRetained(packet('b', Buffer.alloc(290)));
    await assert.rejects(
      persistence.storeRetained(packet('c', '')).then(() => persistence.storeRetained(packet('c', 'x'))),
      /more than 1000 bytes/,
    );
    await persistence.storeRetained(packet('a', Buffer.alloc(301)));
    await persistence.storeRetained(packet('b', ''));
    await persistence.storeRetained(packet('c', 'x'));
  });

  it('bounds the queue of a session, and finds room again', async () => {
    const persistence = await open(new DatabaseSync(':memory:'), { maxQueued: 2 });
    for (let i = 1; i <= 3; i++)
      await persistence.outgoingEnqueueCombi(
        [{ clientId: 'away' }],
        packet('a', String(i), { brokerId: 'b', brokerCounter: i }),
      );
    const update = (i: number): AedesPublishPacket =>
      packet('a', '', { brokerId: 'b', brokerCounter: i, messageId: i });
    await persistence.outgoingUpdate(client('away'), update(1));
    await assert.rejects(persistence.outgoingUpdate(client('away'), update(3)), /no such packet/);
    await persistence.outgoingClearMessageId(client('away'), update(1));
    await persistence.outgoingEnqueue(
      { clientId: 'away' },
      packet('a', '4', { brokerId: 'b', brokerCounter: 4 }),
    );
    await persistence.outgoingUpdate(client('away'), update(4));
  });

  describe('of a session', () => {
    const session = (id = 'away'): Client =>
      ({ id, clean: false, conn: { destroyed: true } }) as object as Client;
    const subscribed = async (database: DatabaseSync, options = {}): Promise<SqlitePersistence> => {
      const persistence = await open(database, options);
      persistence.begin(session(), 'ann');
      await persistence.addSubscriptions(session(), [{ topic: 'a', qos: 1 }]);
      return persistence;
    };
    const early = (persistence: SqlitePersistence, text: string) =>
      persistence.storeEarly(packet('a', text, { retain: false }));
    const queue = async (persistence: SqlitePersistence): Promise<string[]> => {
      const texts: string[] = [];
      for await (const { payload } of persistence.outgoingStream(session())) texts.push(String(payload));
      return texts;
    };

    it('drops what would take more bytes than all queues may have, and counts it', async () => {
      const persistence = await subscribed(new DatabaseSync(':memory:'), { maxQueuedBytes: 1100 });
      for (const text of ['x'.repeat(600), 'y'.repeat(600), 'z'])
        await persistence.outgoingEnqueue({ clientId: 'away' }, packet('a', text));
      assert.deepStrictEqual(
        (await queue(persistence)).map((text) => text[0]),
        ['x', 'z'],
      );
      assert.strictEqual(persistence.facts().dropped, 1);
    });

    it('queues what was acknowledged and never came through, in this life or the next', async () => {
      const database = new DatabaseSync(':memory:');
      const persistence = await subscribed(database, { lostAfterMs: 0 });
      await early(persistence, '1');
      assert.deepStrictEqual(await queue(persistence), ['1']);
      const patient = await open(database);
      await early(patient, '2');
      assert.deepStrictEqual(await queue(patient), ['1']);
      assert.deepStrictEqual(await queue(await open(database)), ['1', '2']);
    });

    it('drops a message whose subscription has ended before it came through', async () => {
      const database = new DatabaseSync(':memory:');
      const persistence = await subscribed(database);
      const message = packet('a', '1', { retain: false });
      await persistence.storeEarly(message);
      await persistence.outgoingEnqueueCombi([], message);
      persistence.flush();
      assert.deepStrictEqual(await queue(await open(database)), []);
    });

    it('expires after hours away in which the broker ran, and starts anew with each visit', async () => {
      const database = new DatabaseSync(':memory:');
      let persistence = await subscribed(database);
      await early(persistence, '1');
      const age = (hours: number): string[] => {
        for (let hour = 1; hour < hours; hour++) assert.deepStrictEqual(persistence.age(3), []);
        return persistence.age(3).map(({ id }) => id);
      };
      assert.deepStrictEqual(age(3), []);
      persistence.begin(session(), 'ann');
      assert.deepStrictEqual(age(2), []);
      persistence.flush();
      persistence = await open(database);
      assert.deepStrictEqual(age(2), ['away']);
      await persistence.forget(session());
      persistence.flush();
      persistence = await open(database);
      assert.deepStrictEqual([persistence.facts().sessions, await queue(persistence)], [0, []]);
    });

    it('stays while its client is connected', async () => {
      const persistence = await open(new DatabaseSync(':memory:'));
      persistence.begin({ ...session(), conn: { destroyed: false } } as Client, 'ann');
      for (let hour = 0; hour < 5; hour++) assert.deepStrictEqual(persistence.age(3), []);
    });

    it('takes a bounded number of QoS 2 messages that are not released', async () => {
      const persistence = await subscribed(new DatabaseSync(':memory:'));
      const send = (messageId: number) =>
        persistence.incomingStorePacket(session(), packet('b', '', { qos: 2, retain: false, messageId }));
      for (let id = 1; id <= 1000; id++) void send(id);
      await send(1);
      await assert.rejects(send(1001), /more than 1000 QoS 2 messages are not released/);
      await persistence.incomingDelPacket(session(), { messageId: 5 });
      await send(1001);
    });

    it('forgets the id of a QoS 2 message that could not be stored, so that it may come again', async () => {
      const persistence = await open(new DatabaseSync(':memory:'), { maxRetainedBytes: 300 });
      const large = packet('a', 'x'.repeat(300), { qos: 2, messageId: 1 });
      await assert.rejects(persistence.incomingStorePacket(session(), large), /more than 300 bytes/);
      await persistence.incomingStorePacket(session(), packet('a', 'x', { qos: 2, messageId: 1 }));
    });
  });

  it('keeps retained last wills only as long as their client is connected', async () => {
    const database = new DatabaseSync(':memory:');
    const persistence = await open(database);
    const gone = (id: string) => persistence.delWill({ id, brokerId: 'broker' });
    await persistence.putWill(client('one'), packet('status/1', 'offline'));
    await persistence.putWill(client('two'), packet('status/2', 'offline', { retain: false }));
    await persistence.putWill(client('three'), packet('status/3', 'offline'));
    assert.deepStrictEqual(rows(database, 'mqtt_will'), ['status/1 offline', 'status/3 offline']);
    await gone('three');
    // one is taken over: its successor announces its will, then one goes
    await persistence.delWill(client('one'));
    await persistence.putWill(client('one'), packet('status/1', 'lost'));
    await gone('one');
    assert.deepStrictEqual(rows(database, 'mqtt_will'), ['status/1 lost']);
    await gone('one');
    assert.deepStrictEqual(rows(database, 'mqtt_will'), []);
  });

  it('settles wills first and rules after them, the first rule that matches', async () => {
    const database = new DatabaseSync(':memory:');
    const persistence = await open(database);
    for (const [topic, payload] of [
      ['t/1/control/all', '{"heater":true}'],
      ['t/1/control/heater', 'True'],
      ['t/1/status', 'online'],
      ['t/1/gone', 'x'],
    ] as const)
      await persistence.storeRetained(packet(topic, payload));
    await persistence.putWill(client('tank'), packet('t/1/status', 'offline'));
    await persistence.putWill(client('left'), packet('t/1/gone', ''));
    await persistence.putWill(client('odd'), packet('t/2/control/all', '{"heater":true}'));
    settleRetained(database, [
      { filter: 't/+/control/all', payload: '{"heater":false}' },
      { filter: 't/+/control/#', payload: 'False' },
    ]);
    assert.deepStrictEqual(rows(database, 'mqtt_retained'), [
      't/1/control/all {"heater":false}',
      't/1/control/heater False',
      't/1/status offline',
      't/2/control/all {"heater":false}',
    ]);
    assert.deepStrictEqual(rows(database, 'mqtt_will'), []);
  });
});
