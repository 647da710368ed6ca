import assert from 'node:assert/strict';
import { connect } from 'node:net';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { client, endAll, listen, startBroker } from '../support/broker.ts';

const SESSIONS = 2000;
const AT_ONCE = 50;
const nasty = [
  'a/b',
  'OLP/device/x',
  'constructor',
  '__proto__',
  'x/'.repeat(120),
  '$SYS/x',
  '$share/g/x',
  'a\0b',
  '#',
  '+/+',
  '/',
  'OLP/device/#',
];
const topic = fc.oneof(
  fc.constantFrom(...nasty),
  fc.constantFrom('OLP/device/x', 'OLP/device/constructor/__proto__', 'OLP/device//', 'OLP/device/#'),
);
const qos = fc.constantFrom<(0 | 1 | 2)[]>(0, 1, 2);
const payload = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const messageId = fc.integer({ min: 1, max: 4 });
const later: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    cmd: fc.constant('publish'),
    topic,
    payload,
    qos,
    messageId,
    retain: fc.boolean(),
    dup: fc.boolean(),
  }),
  fc.record({
    cmd: fc.constant('subscribe'),
    messageId,
    subscriptions: fc.array(fc.record({ topic, qos }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    cmd: fc.constant('unsubscribe'),
    messageId,
    unsubscriptions: fc.array(topic, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ cmd: fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), messageId }),
  fc.record({ cmd: fc.constantFrom('pingreq', 'disconnect') }),
);
const first = fc.record({
  cmd: fc.constant('connect'),
  protocolId: fc.constant('MQTT'),
  protocolVersion: fc.constantFrom(4, 4, 4, 4, 5),
  clean: fc.boolean(),
  keepalive: fc.constantFrom(60, 60, 60, 60, 0, 65_535),
  clientId: fc.constantFrom('a', 'b', 'constructor', '__proto__', ''),
  will: fc.option(fc.record({ topic, payload, qos, retain: fc.boolean() }), { nil: undefined, freq: 1 }),
}) as fc.Arbitrary<Packet>;
/** Bytes of a session, some of them changed; what cannot be written as a packet is left out. */
const session = fc
  .tuple(
    first,
    fc.array(later, { maxLength: 6 }),
    fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 1 }),
  )
  .map(([opening, packets, changes]) => {
    const bytes = Buffer.concat(
      [opening, ...packets].map((packet) => {
        try {
          return generate(packet);
        } catch {
          return Buffer.alloc(0);
        }
      }),
    );
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

describe('embedded broker and malformed packets', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  afterEach(endAll);

  it(`serves on after ${SESSIONS} mutated sessions (seed ${seed})`, async () => {
    const broker = await startBroker();
    const sessions = fc.sample(session, { numRuns: SESSIONS, seed });
    const before = process.memoryUsage().rss;
    for (let i = 0; i < sessions.length; i += AT_ONCE)
      await Promise.all(
        sessions.slice(i, i + AT_ONCE).map(async (bytes) => {
          const socket = connect({ port: broker.port, host: '127.0.0.1' });
          socket.on('error', () => {});
          const gone = new Promise((resolve) => socket.once('close', resolve));
          socket.resume();
          socket.write(Buffer.concat([bytes, generate({ cmd: 'disconnect' })]));
          // A changed length can make the broker wait for more: that session is ended from here.
          const impatience = setTimeout(() => socket.destroy(), 100);
          await gone;
          clearTimeout(impatience);
        }),
      );
    const survivor = await client(broker.port);
    const inbox = await listen(survivor, 'OLP/device/alive');
    await survivor.publishAsync('OLP/device/alive', 'yes', { qos: 1 });
    while ((await inbox.next()) !== 'OLP/device/alive yes');
    assert.equal(broker.stats().clients, 1);
    assert.ok(broker.stats().received > SESSIONS / 100, 'most sessions got nowhere');
    assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
  });
});
