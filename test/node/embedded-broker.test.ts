import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { MqttClient } from 'mqtt';
import type { NodeAPI } from 'node-red';
import plugin, { ready, stop } from '../../nodes/embedded-broker/embedded-broker.ts';
import { isLoopback } from '../../nodes/embedded-broker/access.ts';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import type { UserRecord } from '../../nodes/embedded-broker/options.ts';
import { createHealthBoard } from '../../nodes/lib/health.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import {
  client,
  comesBack,
  endAll,
  folder,
  listen,
  rawSocket,
  retained,
  startBroker,
  startBrokerProcess,
} from '../support/broker.ts';

const ROUNDS = 3;
const CONTROL = 'OLP/device/tank/1/control';
const refused = (code: number) => (error: object) => Reflect.get(error, 'code') === code;
const closed = (who: MqttClient): Promise<void> => new Promise((resolve) => who.once('close', resolve));
/** What a client sends first, by hand: CONNECT of MQTT 3.1.1 with a clean session, 60 s and this id. */
const connectPacket = (id: string): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, 0, 60, 0, id.length]),
    Buffer.from(id),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
};

describe('embedded broker', () => {
  let users: UserRecord[];
  const ann = { username: 'ann', password: 'ann-secret' };
  const bob = { username: 'bob', password: 'bob-secret' };
  before(async () => {
    users = [
      {
        name: 'ann',
        passwordHash: await hashPassword(ann.password),
        rights: [
          { allow: 'readwrite', filter: 'plant/#' },
          { allow: 'read', filter: 'OLP/#' },
        ],
      },
      {
        name: 'bob',
        passwordHash: await hashPassword(bob.password),
        rights: [{ allow: 'readwrite', filter: '#' }],
      },
    ];
  });
  afterEach(endAll);

  it('gives up the oldest session whose client is away when there are too many', async () => {
    const { port } = await startBroker({});
    for (let index = 0; index < 64; index++) {
      const session = await client(port, { clean: false, clientId: `kept-${index}` });
      await session.endAsync();
    }
    const next = await client(port, { clean: false, clientId: 'one-more' });
    assert.equal(next.connected, true);
  });

  describe('retained messages', () => {
    it('come to a new subscriber, also after a restart, with their payload and QoS', async () => {
      const dataDir = folder();
      const first = await startBroker({ dataDir });
      const writer = await client(first.port);
      const payload = Buffer.from([0, 255, 10, 128]);
      await writer.publishAsync(`${CONTROL}/all`, '{"heater":true}', { qos: 1, retain: true });
      await writer.publishAsync(`${CONTROL}/raw`, payload, { qos: 1, retain: true });
      await writer.publishAsync(`${CONTROL}/gone`, 'x', { qos: 1, retain: true });
      await writer.publishAsync(`${CONTROL}/gone`, '', { qos: 1, retain: true });
      await writer.publishAsync(`${CONTROL}/two`, '2', { qos: 2, retain: true });
      await first.stop();
      const second = await startBroker({ dataDir });
      const found = await retained(second.port, 'OLP/device/#', 3);
      assert.deepEqual(found, [
        `${CONTROL}/all {"heater":true}`,
        `${CONTROL}/raw ${payload.toString()}`,
        `${CONTROL}/two 2`,
      ]);
    });

    it('survive kill -9 once they are acknowledged', async () => {
      const dataDir = folder();
      const acknowledged = new Map<string, number>();
      for (let round = 1; round <= ROUNDS; round++) {
        const { port, child } = await startBrokerProcess(dataDir);
        const writer = await client(port);
        const killed = new Promise((resolve) => child.once('exit', resolve));
        const end = closed(writer);
        let value = round * 10_000;
        let count = 0;
        // Some in flight all the time: each acknowledgement sends the next.
        const send = (): void => {
          const topic = `${CONTROL}/${value % 20}`;
          const sent = value++;
          writer.publish(topic, String(sent), { qos: 1, retain: true }, (error) => {
            if (error) return;
            acknowledged.set(topic, sent);
            if (++count === 100 * round) child.kill('SIGKILL');
            else send();
          });
        };
        for (let i = 0; i < 50; i++) send();
        await Promise.all([killed, end]);
      }
      const { port } = await startBroker({ dataDir });
      const texts = await retained(port, `${CONTROL}/+`, 20);
      const found = new Map(texts.map((text) => text.split(' ') as [string, string]));
      assert.equal(acknowledged.size, 20);
      for (const [topic, value] of acknowledged) assert.ok(Number(found.get(topic)) >= value, topic);
    });

    it('are stored when the acknowledgement comes, and stored once', async () => {
      const dataDir = folder();
      const broker = await startBroker({ dataDir });
      const count = stateDatabase(dataDir).prepare(
        "SELECT payload FROM mqtt_retained WHERE topic = 'OLP/device/x'",
      );
      const changes = stateDatabase(dataDir).prepare('SELECT total_changes() AS n');
      const writer = await client(broker.port);
      const before = Number(changes.get()?.['n']);
      await writer.publishAsync('OLP/device/x', '1', { qos: 1, retain: true });
      assert.equal(Buffer.from(count.get()?.['payload'] as Uint8Array).toString(), '1');
      await writer.publishAsync('OLP/device/x', '1', { qos: 1, retain: true });
      await writer.publishAsync('OLP/device/x', '2', { qos: 1, retain: true });
      await retained(broker.port, 'OLP/device/x', 1);
      assert.equal(Number(changes.get()?.['n']) - before, 2);
    });

    it('are not acknowledged when they cannot be stored, and the broker goes on', async () => {
      const dataDir = folder();
      const broker = await startBroker({ dataDir });
      stateDatabase(dataDir).exec(
        "CREATE TRIGGER full BEFORE INSERT ON mqtt_retained BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      const writer = await client(broker.port);
      const end = closed(writer);
      const publishing = writer.publishAsync('OLP/device/x', '1', { qos: 1, retain: true });
      await end;
      await writer.endAsync(true);
      await assert.rejects(publishing);
      assert.ok(broker.log.some((line) => line.includes('disk full')));
      const other = await client(broker.port);
      await other.publishAsync('OLP/device/x', '1', { qos: 1 });
    });

    it('go on to those who listen while the disk is full, and are stored when there is room', async () => {
      const dataDir = folder();
      const broker = await startBroker({ dataDir });
      const reader = await client(broker.port);
      const heard: string[] = [];
      reader.on('message', (_topic, payload) => heard.push(payload.toString()));
      await reader.subscribeAsync(`${CONTROL}/#`, { qos: 1 });
      const writer = await client(broker.port);
      const send = (payload: string) =>
        writer.publishAsync(`${CONTROL}/heater`, payload, { qos: 1, retain: true });
      await send('True');
      stateDatabase(dataDir).exec('PRAGMA query_only = 1');
      await send('False');
      await send('True');
      await send('False');
      assert.deepEqual(heard.slice(0, 3), ['True', 'False', 'True']);
      const late = await client(broker.port);
      const kept = new Promise((resolve) =>
        late.once('message', (_topic, payload) => resolve(payload.toString())),
      );
      await late.subscribeAsync(`${CONTROL}/heater`);
      assert.equal(await kept, 'False', 'the newest is given to who comes');
      const stored = (): unknown =>
        Buffer.from(
          stateDatabase(dataDir).prepare('SELECT payload FROM mqtt_retained').get()?.[
            'payload'
          ] as Uint8Array,
        ).toString();
      assert.equal(stored(), 'True');
      stateDatabase(dataDir).exec('PRAGMA query_only = 0');
      await broker.stop();
      assert.equal(stored(), 'False');
    });

    it('are set off before the broker listens, in "all" and in single topics; the rest stays', async () => {
      const dataDir = folder();
      const first = await startBroker({ dataDir });
      const writer = await client(first.port);
      const send = (topic: string, payload: string) =>
        writer.publishAsync(topic, payload, { qos: 1, retain: true });
      await send(`${CONTROL}/all`, '{"heater":true}');
      await send(`${CONTROL}/heater`, 'True');
      await send('OLP/device/tank/1/sensors/all', '{"temperature":24}');
      await first.stop();
      const off = '{"heater":false,"light":false,"pump":false}';
      const second = await startBroker({
        dataDir,
        offAtStart: [
          { filter: 'OLP/device/+/+/control/all', payload: off },
          { filter: 'OLP/device/+/+/control/+', payload: 'False' },
        ],
      });
      assert.deepEqual(await retained(second.port, 'OLP/device/#', 3), [
        `${CONTROL}/all ${off}`,
        `${CONTROL}/heater False`,
        'OLP/device/tank/1/sensors/all {"temperature":24}',
      ]);
    });

    it('of a last will are there after kill -9 of the broker', async () => {
      const dataDir = folder();
      const { port, child } = await startBrokerProcess(dataDir);
      const will = {
        topic: 'OLP/device/tank/1/status',
        payload: Buffer.from('offline'),
        qos: 1,
        retain: true,
      } as const;
      await client(port, { clientId: 'left', will: { ...will, topic: 'OLP/device/tank/2/status' } }).then(
        (left) => left.endAsync(),
      );
      // The second takes over the first, whose will must not take that of the second with it.
      const first = await client(port, { clientId: 'tank', will });
      const gone = closed(first);
      const device = await client(port, { clientId: 'tank', will });
      await gone;
      await device.publishAsync(will.topic, 'online', { qos: 1, retain: true });
      child.kill('SIGKILL');
      await once(child, 'exit');
      const second = await startBroker({ dataDir });
      assert.deepEqual(await retained(second.port, 'OLP/device/#', 1), [`${will.topic} offline`]);
    });
  });

  describe('users and rights', () => {
    it('lets clients without a name use OLP/device/# on loopback, and nothing else', async () => {
      const broker = await startBroker({ users });
      const pupil = await client(broker.port);
      const { next } = await listen(pupil, 'OLP/device/#');
      await pupil.publishAsync(`${CONTROL}/all`, '{}', { qos: 1 });
      assert.equal(await next(), `${CONTROL}/all {}`);
      for (const filter of ['#', '+/#', 'OLP/#', '$SYS/#', '$share/g/OLP/device/#', 'plant/x'])
        await assert.rejects(pupil.subscribeAsync(filter), /Unspecified error|128|Subscribe/i, filter);
      assert.ok(broker.log.some((line) => line.includes('anonymous may not read "plant/x"')));
      const end = closed(pupil);
      pupil.publish('plant/x', 'no', { qos: 1 });
      await end;
      assert.ok(broker.log.some((line) => line.includes('anonymous may not write "plant/x"')));
    });

    it('tells loopback from elsewhere, and lets nobody in without a name when that is off', async () => {
      const expected = {
        '127.0.0.1': true,
        '::ffff:127.3.2.1': true,
        '::1': true,
        '10.0.0.1': false,
        '127.evil': false,
        '::ffff:10.0.0.1': false,
      };
      for (const [address, loopback] of Object.entries(expected))
        assert.equal(isLoopback(address), loopback, address);
      assert.equal(isLoopback(undefined), false);
      const broker = await startBroker({ users, anonymous: { loopback: false, elsewhere: true } });
      await assert.rejects(client(broker.port), refused(5));
      await client(broker.port, ann);
    });

    it('refuses a wrong password, an unknown name and no password, and reads users from a file', async () => {
      const dataDir = folder();
      const usersFile = join(dataDir, 'mqtt.json');
      writeFileSync(usersFile, JSON.stringify({ users }), { mode: 0o600 });
      const broker = await startBroker({ usersFile, dataDir });
      for (const wrong of [
        { ...ann, password: 'bob-secret' },
        { ...ann, username: 'eve' },
        { ...ann, username: '' },
        { username: 'ann', password: '' },
      ])
        await assert.rejects(client(broker.port, wrong), refused(4));
      assert.ok(broker.log.every((line) => !line.includes('secret')));
      await client(broker.port, ann);
      await client(broker.port, ann);
      await assert.rejects(client(broker.port, { ...ann, password: 'bob-secret' }), refused(4));
    });

    it('keeps each user to their rights, and everybody from writing $SYS', async () => {
      const broker = await startBroker({ users });
      const a = await client(broker.port, ann);
      const b = await client(broker.port, bob);
      const { next } = await listen(a, 'plant/#');
      await b.publishAsync('plant/x', '1', { qos: 1 });
      assert.equal(await next(), 'plant/x 1');
      await a.subscribeAsync('OLP/device/#');
      await assert.rejects(a.subscribeAsync('#'));
      const ends = [closed(a), closed(b)];
      a.publish('OLP/device/x', '1', { qos: 1 });
      b.publish('$SYS/x', '1', { qos: 1 });
      await Promise.all(ends);
      assert.ok(broker.log.some((line) => line.includes('bob may not write "$SYS/x"')));
    });

    it('checks a last will when its client connects', async () => {
      const broker = await startBroker({ users });
      const will = { payload: Buffer.from('x'), qos: 1, retain: true } as const;
      await assert.rejects(client(broker.port, { will: { ...will, topic: 'plant/x' } }), refused(5));
      await assert.rejects(client(broker.port, { ...bob, will: { ...will, topic: '$SYS/x' } }), refused(5));
      const a = await client(broker.port, { ...ann, will: { ...will, topic: 'plant/x' } });
      const { next } = await listen(await client(broker.port, bob), 'plant/x');
      a.stream.destroy();
      assert.equal(await next(), 'plant/x x');
    });

    it('never gives the id of one user to another, and lets a user take over their own', async () => {
      const broker = await startBroker({ users });
      const first = await client(broker.port, { ...ann, clientId: 'tank' });
      await assert.rejects(client(broker.port, { ...bob, clientId: 'tank' }), refused(2));
      await assert.rejects(client(broker.port, { clientId: 'tank' }), refused(2));
      assert.equal(first.connected, true);
      const end = closed(first);
      const second = await client(broker.port, { ...ann, clientId: 'tank', clean: false });
      await end;
      await second.endAsync();
      await assert.rejects(
        client(broker.port, { ...bob, clientId: 'tank' }),
        refused(2),
        'the session is still that of ann',
      );
      await (await client(broker.port, { ...ann, clientId: 'tank', clean: true })).endAsync();
      await client(broker.port, { ...bob, clientId: 'tank' });
    });

    it('queues for a session what it may read, and nothing it was refused', async () => {
      const broker = await startBroker({ users });
      const away = { clientId: 'away', clean: false };
      const pupil = await client(broker.port, away);
      await assert.rejects(pupil.subscribeAsync(['OLP/device/a', 'plant/a'], { qos: 1 }));
      await pupil.endAsync();
      const writer = await client(broker.port, bob);
      for (const topic of ['plant/a', 'OLP/device/a', 'plant/a'])
        await writer.publishAsync(topic, '1', { qos: 1 });
      const { next, seen } = await comesBack(broker.port, away);
      await next();
      await writer.publishAsync('OLP/device/a', '2', { qos: 1 });
      await next();
      assert.deepEqual(seen, ['OLP/device/a 1', 'OLP/device/a 2']);
    });
  });

  describe('bounds', () => {
    it('ends a connection that does not say CONNECT in time', async () => {
      const broker = await startBroker({ connectTimeoutMs: 50 });
      const silent = rawSocket(broker.port);
      const slow = rawSocket(broker.port);
      slow.write(connectPacket('slow').subarray(0, 5));
      await Promise.all([once(silent, 'close'), once(slow, 'close')]);
      assert.ok(broker.log.some((line) => line.includes('connect did not arrive in time')));
    });

    it('ends a connection whose first packet is not CONNECT, or is too large', async () => {
      const broker = await startBroker({ maxPacketBytes: 65_536 });
      const http = rawSocket(broker.port);
      http.write('GET / HTTP/1.1\r\n\r\n');
      await once(http, 'close');
      const greedy = rawSocket(broker.port);
      greedy.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
      await once(greedy, 'close');
      assert.ok(broker.log.some((line) => line.includes('the first packet is not CONNECT')));
      assert.ok(broker.log.some((line) => line.includes('packet of 268435460 bytes, at most 16384 allowed')));
    });

    it('ends a client that sends a packet above the cap, and passes one below it on whole', async () => {
      const broker = await startBroker();
      const writer = await client(broker.port);
      const reader = await client(broker.port);
      const got = new Promise<Buffer>((resolve) => {
        reader.once('message', (_topic, payload) => resolve(payload));
      });
      await reader.subscribeAsync('OLP/device/image');
      const image = Buffer.alloc(262_000, 7);
      await writer.publishAsync('OLP/device/image', image, { qos: 1 });
      assert.deepEqual(await got, image);
      const end = closed(writer);
      writer.publish('OLP/device/image', Buffer.alloc(262_144));
      await end;
      assert.equal(reader.connected, true);
      assert.ok(broker.log.some((line) => /packet of \d+ bytes, at most 262144 allowed/.test(line)));
    });

    it('turns away the client above the limit, and lets one in when another has gone', async () => {
      const broker = await startBroker({ maxClients: 2 });
      const [first] = await Promise.all([client(broker.port), client(broker.port)]);
      await assert.rejects(client(broker.port));
      assert.deepEqual(broker.stats().clients, 2);
      await first?.endAsync();
      await client(broker.port);
    });

    it('tells a client of MQTT 5 with code 1, and one that wants no keep-alive, that they cannot stay', async () => {
      const broker = await startBroker();
      await assert.rejects(client(broker.port, { protocolVersion: 5 }), refused(1));
      await assert.rejects(client(broker.port, { keepalive: 0 }), refused(6));
      await assert.rejects(client(broker.port, { keepalive: 301 }), refused(6));
      await client(broker.port, { keepalive: 300 });
    });

    it('ends a client that names a topic of more than 16 levels, and goes on', async () => {
      const broker = await startBroker();
      const deep = await client(broker.port);
      const end = closed(deep);
      deep.publish(`OLP/device/${'x/'.repeat(120)}`, '1');
      await end;
      for (const clientId of ['constructor', '__proto__', 'a/+/#']) {
        const odd = await client(broker.port, { clientId });
        await odd.publishAsync('OLP/device/__proto__/constructor', '1', { qos: 1, retain: true });
      }
    });

    it('keeps others served while one subscriber stands still, and drops that one', async function () {
      this.timeout(60_000); // 20 MB through a machine that may be busy
      const broker = await startBroker({ drainTimeoutMs: 3000 });
      const frozen = rawSocket(broker.port);
      frozen.write(connectPacket('frozen'));
      await once(frozen, 'data');
      frozen.write(Buffer.from([0x82, 17, 0, 1, 0, 12, ...Buffer.from('OLP/device/#'), 0]));
      await once(frozen, 'data');
      frozen.pause();
      const gone = once(frozen, 'close');
      const reader = await client(broker.port);
      const writer = await client(broker.port);
      let got = 0;
      await reader.subscribeAsync('OLP/device/flood');
      const all = new Promise<void>((resolve) => {
        reader.on('message', () => {
          if (++got === 200) resolve();
        });
      });
      for (let i = 0; i < 200; i++) writer.publish('OLP/device/flood', Buffer.alloc(100_000));
      await all;
      frozen.resume();
      await gone;
      assert.equal(broker.stats().clients, 2);
    });
  });

  describe('decisions that fail', () => {
    const failures = {
      throws: () => {
        throw new Error('no luck');
      },
      rejects: () => Promise.reject(new Error('no luck')),
      hangs: () => new Promise<boolean>(() => {}),
    };
    for (const [how, verify] of Object.entries(failures))
      it(`deny when the check of a password ${how}, and the broker goes on`, async () => {
        const broker = await startBroker({ users, decisionTimeoutMs: 50 }, { verify });
        await assert.rejects(client(broker.port, ann), refused(3));
        await client(broker.port);
      });

    it('deny reading and writing when the check of rights throws', async () => {
      const decide = (): boolean => {
        throw new Error('no luck');
      };
      const broker = await startBroker({}, { decide });
      const one = await client(broker.port);
      await assert.rejects(one.subscribeAsync('OLP/device/#'));
      const end = closed(one);
      one.publish('OLP/device/x', '1', { qos: 1 });
      await end;
      await client(broker.port);
    });
  });

  describe('options', () => {
    it('name what is wrong with them', async () => {
      const dataDir = folder();
      const usersFile = join(dataDir, 'mqtt.json');
      const user = users[0] as UserRecord;
      writeFileSync(usersFile, '{"users":[{"name":"ann","passwordHash":"top-secret"');
      await assert.rejects(startBroker({ usersFile }), (error: Error) => {
        assert.match(error.message, /usersFile: .*mqtt\.json cannot be read \(it is not JSON\)/);
        return !error.message.includes('secret');
      });
      await assert.rejects(startBroker({ usersFile: join(dataDir, 'none') }), /ENOENT/);
      await assert.rejects(
        startBroker({ users: [user, user] }),
        /users\[1\]\.name: must be unique, got "ann"/,
      );
      await assert.rejects(
        startBroker({ users: [{ ...user, passwordHash: 'top-secret' }] }),
        /users\[0\]\.passwordHash: must be a scrypt hash$/,
      );
      await assert.rejects(
        startBroker({ users: [{ ...user, rights: [{ allow: 'read', filter: 'a/#/b' }] }] }),
        /users\[0\]\.rights\.filter: must be a topic filter, got "a\/#\/b"/,
      );
      await assert.rejects(
        startBroker({ port: 70_000 }),
        /broker\.port: must be a whole number from 0 to 65535/,
      );
      const { port } = await startBroker();
      await assert.rejects(
        startBroker({ port }),
        /cannot listen on 127\.0\.0\.1 port \d+: the port is taken/,
      );
    });

    it('warn of a credentials file that others can read', async () => {
      const usersFile = join(folder(), 'mqtt.json');
      writeFileSync(usersFile, JSON.stringify({ users }), { mode: 0o644 });
      const broker = await startBroker({ usersFile });
      assert.ok(broker.log.some((line) => line.includes('mode should be 0600')));
    });
  });

  describe('as a plugin', () => {
    const runtime = (pilotPlant?: object) => {
      const plugins: string[] = [];
      const lines: string[] = [];
      const note = (text: string): unknown => lines.push(text);
      return {
        plugins,
        lines,
        events: {},
        settings: { userDir: folder(), ...(pilotPlant ? { pilotPlant } : {}) },
        log: { info: note, warn: note, error: note },
      };
    };
    const load = async (like: ReturnType<typeof runtime>): Promise<void> => {
      const register = { registerPlugin: (id: string) => like.plugins.push(id) };
      await plugin({ ...like, plugins: register } as unknown as NodeAPI);
    };
    afterEach(stop);

    it('is one and the same for require, by which Node-RED loads plugins, and for import', () => {
      const required: unknown = createRequire(import.meta.url)(
        '../../nodes/embedded-broker/embedded-broker.ts',
      );
      assert.deepEqual(
        ['__esModule', 'default', 'stop', 'ready'].map((key) => Reflect.get(required as object, key)),
        [true, plugin, stop, ready],
      );
    });

    it('is inert without its settings', async () => {
      const like = runtime({});
      await load(like);
      await assert.rejects(ready(), /settings\.pilotPlant\.broker is not there/);
      assert.deepEqual([like.plugins, like.lines], [[], []]);
      await stop();
    });

    it('listens once it is loaded, keeps what is retained in the user folder, and stops', async () => {
      const like = runtime({ broker: { port: 0 } });
      await load(like);
      const { host, port } = await ready();
      assert.equal(host, '127.0.0.1');
      assert.deepEqual(like.plugins, ['embedded-broker']);
      const one = await client(port);
      await one.publishAsync('OLP/device/x', '1', { qos: 1, retain: true });
      const end = closed(one);
      await stop();
      await end;
      await stop();
      await assert.rejects(client(port));
      await load(like);
      assert.deepEqual(await retained((await ready()).port, 'OLP/device/#', 1), ['OLP/device/x 1']);
    });

    it('says in one line that the port is taken, and tells the health board', async () => {
      const { port } = await startBroker();
      const health = createHealthBoard();
      const like = runtime({ health, broker: { port } });
      await assert.rejects(load(like), /the port is taken/);
      assert.equal(like.lines.length, 1);
      await assert.rejects(ready(), /the port is taken/);
      assert.match(health.read()['broker']?.troubles.join() ?? '', /^down: .*the port is taken/);
    });

    it('tells the health board what it does, as long as it runs', async () => {
      const health = createHealthBoard();
      await load(runtime({ health, broker: { port: 0 } }));
      const one = await client((await ready()).port);
      await one.publishAsync('OLP/device/x', '1', { qos: 1 });
      const { troubles, facts } = health.read()['broker'] ?? assert.fail();
      assert.deepEqual(troubles, []);
      assert.deepEqual([facts['clients'], facts['received'], 'ingested' in facts], [1, 1, false]);
      await stop();
      assert.deepEqual(health.read(), {});
    });

    it('stores measurements in the history of its data folder', async () => {
      const rights = [{ allow: 'write', filter: 'history/#' } as const];
      const device = { name: 'device', passwordHash: await hashPassword('secret'), rights };
      const ingest = { topics: ['history/#'], prefix: 'history/' };
      const like = runtime({ broker: { port: 0, users: [device], ingest } });
      await load(like);
      const sender = await client((await ready()).port, { username: 'device', password: 'secret' });
      await sender.publishAsync('history/tank/1', '{"temperature":21.5}', { qos: 1 });
      await stop();
      const file = new DatabaseSync(join(like.settings.userDir, 'history.sqlite'), { readOnly: true });
      const [row] = file.prepare('SELECT name, value FROM sample JOIN series ON series = id').all();
      file.close();
      assert.deepEqual({ ...row }, { name: 'tank/1/temperature', value: 21.5 });
    });
  });
});
