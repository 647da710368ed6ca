import assert from 'node:assert/strict';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { Packet } from 'mqtt-packet';
import type { UserRecord } from '../../nodes/embedded-broker/options.ts';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import {
  client,
  comesBack,
  endAll,
  folder,
  listen,
  startBroker,
  startBrokerProcess,
} from '../support/broker.ts';
import { rawClient } from '../support/raw-client.ts';

const TOPIC = 'OLP/device/a';
const away = { clientId: 'away', clean: false } as const;

/** Subscribes for a session and leaves. */
const leaveSession = async (port: number, filter = 'OLP/device/#', qos: 1 | 2 = 1): Promise<void> => {
  const session = await client(port, away);
  await session.subscribeAsync(filter, { qos });
  await session.endAsync();
};
const short = ({ cmd, messageId }: Packet): string => `${cmd} ${messageId ?? ''}`;

describe('sessions of the embedded broker', () => {
  afterEach(endAll);

  describe('after kill -9', () => {
    it('have every message that was acknowledged, in order', async () => {
      const dataDir = folder();
      const { port, child } = await startBrokerProcess(dataDir);
      await leaveSession(port);
      const publisher = await client(port);
      const acknowledged: number[] = [];
      const enough = new Promise<void>((resolve) => {
        for (let i = 0; i < 600; i++)
          publisher.publish(TOPIC, String(i), { qos: 1 }, (error) => {
            if (error) return;
            if (acknowledged.push(i) === 200) resolve();
          });
      });
      await enough;
      child.kill('SIGKILL');
      await once(child, 'exit');

      const again = await startBroker({ dataDir });
      const { next, seen } = await comesBack(again.port, away);
      const last = `${TOPIC} ${acknowledged.at(-1)}`;
      while ((await next()) !== last);
      const numbers = seen.map((text) => Number(text.split(' ')[1]));
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index),
      );
      assert.ok(acknowledged.length >= 200 && numbers.length >= acknowledged.length);
    });

    it('go on with a QoS 2 message where it was, with its id', async () => {
      const dataDir = folder();
      const { port, child } = await startBrokerProcess(dataDir);
      const first = await rawClient(port, 'twice');
      first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TOPIC, qos: 2 }] });
      await first.next();
      await client(port).then((publisher) => publisher.publishAsync(TOPIC, 'x', { qos: 2 }));
      const { messageId = 0 } = await first.next();
      child.kill('SIGKILL');
      await once(child, 'exit');

      const second = await startBrokerProcess(dataDir);
      const back = await rawClient(second.port, 'twice');
      assert.equal(short(await back.next()), `publish ${messageId}`);
      back.send({ cmd: 'pubrec', messageId });
      assert.equal(short(await back.next()), `pubrel ${messageId}`);
      second.child.kill('SIGKILL');
      await once(second.child, 'exit');

      const third = await startBroker({ dataDir });
      const last = await rawClient(third.port, 'twice');
      assert.equal(short(await last.next()), `pubrel ${messageId}`);
      last.send({ cmd: 'pubcomp', messageId });
      last.send({ cmd: 'pingreq' });
      assert.equal((await last.next()).cmd, 'pingresp');
      assert.equal(third.stats().queued, 0);
    });

    it('know the QoS 2 messages they sent, so that none counts twice', async () => {
      const dataDir = folder();
      const { port, child } = await startBrokerProcess(dataDir);
      await leaveSession(port);
      const message = { cmd: 'publish', topic: TOPIC, payload: 'once', qos: 2, retain: false } as const;
      const sender = await rawClient(port, 'sender');
      sender.send({ ...message, messageId: 7, dup: false });
      assert.equal(short(await sender.next()), 'pubrec 7');
      child.kill('SIGKILL');
      await once(child, 'exit');

      const again = await startBroker({ dataDir });
      const back = await rawClient(again.port, 'sender');
      back.send({ ...message, messageId: 7, dup: true });
      assert.equal(short(await back.next()), 'pubrec 7');
      back.send({ cmd: 'pubrel', messageId: 7 });
      assert.equal(short(await back.next()), 'pubcomp 7');
      back.send({ ...message, messageId: 7, dup: false, payload: 'again' });
      assert.equal(short(await back.next()), 'pubrec 7');
      const { next, seen } = await comesBack(again.port, away);
      await next();
      await next();
      assert.deepEqual(seen, [`${TOPIC} once`, `${TOPIC} again`]);
    });
  });

  describe('after a restart', () => {
    let users: UserRecord[];
    const ann = { username: 'ann', password: 'ann-secret' };
    const bob = { username: 'bob', password: 'bob-secret' };
    before(async () => {
      users = await Promise.all(
        [ann, bob].map(async ({ username, password }) => ({
          name: username,
          passwordHash: await hashPassword(password),
          rights: [{ allow: 'readwrite', filter: 'plant/#' } as const],
        })),
      );
    });
    /** A session of ann with one message, left by a broker that has stopped. */
    const left = async (): Promise<string> => {
      const { port, dataDir, stop } = await startBroker({ users });
      const session = await client(port, { ...away, ...ann });
      await session.subscribeAsync(['plant/a', 'plant/b'], { qos: 1 });
      await session.endAsync();
      const writer = await client(port, bob);
      for (const topic of ['plant/a', 'plant/b']) await writer.publishAsync(topic, '1', { qos: 1 });
      await stop();
      return dataDir;
    };

    it('belong to who had them', async () => {
      const { port } = await startBroker({ dataDir: await left(), users });
      await assert.rejects(client(port, { ...away, ...bob }), { code: 2 });
      await assert.rejects(client(port, away), { code: 2 });
      const { next, seen } = await comesBack(port, { ...away, ...ann });
      await next();
      await next();
      assert.deepEqual(seen, ['plant/a 1', 'plant/b 1']);
    });

    it('have only what their owner may read by now', async () => {
      const rights = [{ allow: 'read', filter: 'plant/b' } as const];
      const fewer = users.map((user) => (user.name === 'ann' ? { ...user, rights } : user));
      const { port } = await startBroker({ dataDir: await left(), users: fewer });
      const writer = await client(port, bob);
      for (const topic of ['plant/a', 'plant/b']) await writer.publishAsync(topic, '2', { qos: 1 });
      const { next, seen } = await comesBack(port, { ...away, ...ann });
      await next();
      await next();
      assert.deepEqual(seen, ['plant/b 1', 'plant/b 2']);
    });

    it('end with a user who is gone', async () => {
      const dataDir = await left();
      const without = await startBroker({ dataDir, users: users.filter(({ name }) => name !== 'ann') });
      assert.equal(without.stats().sessions, 0);
      assert.equal(without.stats().queued, 0);
      await client(without.port, { ...away, ...bob });
      await without.stop();
      const with_ = await startBroker({ dataDir, users });
      await assert.rejects(client(with_.port, { ...away, ...ann }), { code: 2 });
    });

    it('are gone when their client came for a new one', async () => {
      const { port, dataDir, stop } = await startBroker({ dataDir: await left(), users });
      await client(port, { ...away, ...ann, clean: true }).then((fresh) => fresh.endAsync());
      await stop();
      const again = await startBroker({ dataDir, users });
      assert.deepEqual([again.stats().sessions, again.stats().queued], [0, 0]);
    });

    it('have lost what was unsubscribed', async () => {
      const { port, dataDir, stop } = await startBroker();
      const session = await client(port, away);
      await session.subscribeAsync(['OLP/device/a', 'OLP/device/b'], { qos: 1 });
      await session.unsubscribeAsync('OLP/device/a');
      await session.endAsync();
      await stop();
      const again = await startBroker({ dataDir });
      const writer = await client(again.port);
      for (const topic of ['OLP/device/a', 'OLP/device/b']) await writer.publishAsync(topic, '1', { qos: 1 });
      const { next, seen } = await comesBack(again.port, away);
      await next();
      assert.deepEqual(seen, ['OLP/device/b 1']);
    });
  });

  it('get a message once, also where two of their subscriptions fit', async () => {
    const { port, stats } = await startBroker();
    const session = await client(port, away);
    const { next, seen } = await listen(session, 'OLP/device/#');
    await session.subscribeAsync('OLP/device/+', { qos: 1 });
    const writer = await client(port);
    for (const text of ['1', '2', '3']) await writer.publishAsync(TOPIC, text, { qos: 1 });
    for (let i = 0; i < 3; i++) await next();
    await session.publishAsync(TOPIC, 'end', { qos: 1 });
    await next();
    assert.deepEqual(
      seen,
      [1, 2, 3, 'end'].map((text) => `${TOPIC} ${text}`),
    );
    await session.endAsync();
    await writer.publishAsync(TOPIC, 'later', { qos: 1 });
    assert.equal(stats().queued, 1);
  });

  it('do not keep a message from who listens when its sender goes at once', async () => {
    const { port } = await startBroker();
    const session = await client(port, away);
    const { next } = await listen(session, TOPIC);
    const sender = await rawClient(port, 'sender');
    for (let messageId = 1; messageId <= 3; messageId++) {
      const message = { cmd: 'publish', topic: TOPIC, qos: 1, dup: false, retain: false } as const;
      sender.send({ ...message, messageId, payload: String(messageId) });
    }
    sender.send({ cmd: 'disconnect' });
    for (const text of ['1', '2', '3']) assert.equal(await next(), `${TOPIC} ${text}`);
  });

  it('write nothing for messages with QoS 0', async () => {
    const { port, dataDir } = await startBroker();
    await leaveSession(port, TOPIC);
    const writer = await client(port);
    await writer.publishAsync(TOPIC, 'first', { qos: 1 });
    const changes = (): unknown => stateDatabase(dataDir).prepare('SELECT total_changes() AS n').get()?.['n'];
    const before = changes();
    for (let i = 0; i < 100; i++) await writer.publishAsync(TOPIC, String(i));
    // Acknowledged after those before it; nobody has a session for it.
    await writer.publishAsync('OLP/device/b', 'end', { qos: 1 });
    assert.equal(changes(), before);
  });

  for (const retain of [false, true])
    it(`keep a publisher waiting while the file is locked${retain ? ', also of a retained message' : ''}`, async () => {
      const broker = await startBroker({ decisionTimeoutMs: 60_000 });
      if (!retain) await leaveSession(broker.port);
      const other = new DatabaseSync(join(broker.dataDir, 'state.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      const writer = await client(broker.port);
      let acknowledged = false;
      const published = writer.publishAsync(TOPIC, 'x', { qos: 1, retain }).then(() => (acknowledged = true));
      while (broker.stats().unwritten === undefined) await new Promise(setImmediate);
      assert.equal(acknowledged, false);
      other.exec('ROLLBACK');
      other.close();
      await published;
      assert.equal(broker.stats().unwritten, undefined);
      const { next } = retain
        ? await listen(await client(broker.port), TOPIC)
        : await comesBack(broker.port, away);
      assert.equal(await next(), `${TOPIC} x`);
    });
});
