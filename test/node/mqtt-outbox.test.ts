import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NodeAPI } from 'node-red';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import mqttOutbox from '../../nodes/mqtt-outbox/mqtt-outbox.ts';
import { needs } from '../support/mosquitto.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';
import { assertSynced, events, traceOf, traceWriter } from '../support/trace.ts';

const outbox = (change: object = {}): FlowNode => ({
  id: 'outbox',
  type: 'mqtt-outbox',
  profile: 'mqtt',
  inFlight: '3',
  ackSeconds: '30',
  wires: [['out'], ['facts']],
  ...change,
});
const probes: FlowNode[] = ['out', 'facts'].map((id) => ({ id, type: 'probe', wires: [] }));

describe('mqtt-outbox', () => {
  let flow: NodeFlow;
  let api: NodeAPI;
  const adapter = (RED: NodeAPI): void => {
    api = RED;
    mqttOutbox(RED);
  };
  const elapse = (ms: number): void => wallClock(api).advance(ms);
  let data: ReturnType<typeof temporaryFolder>;
  const start = async (change: object = {}, userDir = data.folder): Promise<void> => {
    flow = await runNodes([adapter], [outbox(change), ...probes], { userDir });
  };
  const link = (fill: 'green' | 'red'): void =>
    flow.receive('outbox', { status: { fill, shape: 'dot', source: { id: 'out', type: 'mqtt out' } } });
  const put = (...payloads: unknown[]): void => {
    for (const payload of payloads) flow.receive('outbox', { topic: 'a/b', payload });
  };
  const sent = (): Sent[] => flow.take('out');
  const payloads = (messages: readonly Sent[]): unknown[] => messages.map(({ payload }) => payload);
  const deliver = (messages: readonly Sent[]): void => {
    for (const msg of messages) flow.receive('outbox', { ...msg });
  };
  beforeEach(() => (data = temporaryFolder()));
  afterEach(async () => {
    await flow.close();
    data.remove();
  });

  it('passes on at once while the link is up', async () => {
    await start();
    link('green');
    flow.receive('outbox', { topic: 'a/b', payload: { c: 1 }, retain: true, qos: 0 });
    const [msg] = sent();
    const { topic, payload, qos, retain } = msg ?? {};
    assert.deepEqual(
      { topic, payload, qos, retain },
      { topic: 'a/b', payload: '{"c":1}', qos: 0, retain: true },
    );
  });

  it('keeps the order while the link is down, and sends so many at once', async () => {
    await start();
    link('red');
    put(1, 2, 3, 4, 5);
    assert.deepEqual(sent(), []);
    link('green');
    const first = sent();
    assert.deepEqual(payloads(first), ['1', '2', '3']);
    deliver(first);
    assert.deepEqual(payloads(sent()), ['4', '5']);
  });

  it('sends again after a lost link what was not delivered', async () => {
    await start();
    link('green');
    put(1, 2, 3);
    deliver(sent().slice(0, 1));
    link('red');
    link('green');
    assert.deepEqual(payloads(sent()), ['2', '3']);
  });

  it('sends again what nobody has acknowledged', async () => {
    await start();
    link('green');
    put(1, 2);
    sent();
    elapse(29_999);
    assert.deepEqual(sent(), []);
    elapse(1);
    assert.deepEqual(payloads(sent()), ['1', '2']);
  });

  it('keeps to a rate', async () => {
    await start({ perSecond: '2' });
    link('green');
    put(1, 2, 3);
    assert.deepEqual(payloads(sent()), ['1']);
    elapse(1000);
    assert.deepEqual(payloads(sent()), ['2', '3']);
  });

  it('has everything after a restart that was not delivered, bytes as bytes', async () => {
    await start();
    link('red');
    put('te\0xt', Buffer.from([0, 255, 10]), { d: true });
    await flow.close();
    await start();
    link('green');
    const [text, bytes, object] = payloads(sent());
    assert.equal(text, 'te\0xt');
    assert.deepEqual([...(bytes as Uint8Array)], [0, 255, 10]);
    assert.equal(object, '{"d":true}');
  });

  it('gives up the oldest where there is no room, and counts them', async () => {
    await start({ maxMessages: '3' });
    link('red');
    put(1, 2, 3, 4, 5);
    link('green');
    assert.deepEqual(payloads(sent()), ['3', '4', '5']);
    await flow.close();
    await start({ maxMessages: '3' });
    link('red');
    put(6);
    elapse(1000);
    assert.deepEqual(payloads(flow.take('facts')), [{ connected: false, waiting: 3, sent: 0, dropped: 3 }]);
  });

  it('counts what it has given up also when it is killed right then', async () => {
    await start({ maxMessages: '3' });
    link('red');
    put(1, 2, 3, 4, 5);
    const asKilled = join(data.folder, 'copy');
    for (const file of ['state.sqlite', 'state.sqlite-wal'])
      cpSync(join(data.folder, file), join(asKilled, file));
    await flow.close();
    await start({ maxMessages: '3' }, asKilled);
    link('red');
    elapse(1000);
    assert.deepEqual(payloads(flow.take('facts')), [{ connected: false, waiting: 3, sent: 0, dropped: 2 }]);
  });

  it('gives no number twice, also after a restart with nothing that waits', async () => {
    await start();
    link('green');
    put(1);
    const early = sent();
    deliver(early);
    await flow.close();
    await start();
    link('green');
    put(2);
    sent();
    deliver(early); // told a second time, it is not taken for the delivery of another one
    link('red');
    link('green');
    assert.deepEqual(payloads(sent()), ['2']);
  });

  it('takes over what waits in a file of the first version, with numbers that nobody has had', async () => {
    const before = new DatabaseSync(join(data.folder, 'state.sqlite'));
    before.exec(`
      CREATE TABLE outbox (
        path TEXT NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, text INTEGER NOT NULL,
        qos INTEGER NOT NULL, retain INTEGER NOT NULL, PRIMARY KEY (path, seq)
      ) WITHOUT ROWID;
      INSERT INTO outbox VALUES ('tab/another', 7, 'c', 'theirs', 1, 1, 0), ('tab/outbox', 8, 'a', 'second', 1, 0, 1),
        ('tab/outbox', 7, 'a', 'first', 1, 1, 0);
    `);
    before.close();
    const taken = async (): Promise<unknown[]> => {
      await start();
      link('green');
      return sent().map(({ payload, qos, retain, outbox: place }) => [payload, qos, retain, place]);
    };
    const expected = [
      ['first', 1, false, { node: 'outbox', seq: 10 }],
      ['second', 0, true, { node: 'outbox', seq: 11 }],
    ];
    assert.deepEqual(await taken(), expected);
    await flow.close();
    assert.deepEqual(await taken(), expected, 'once');
  });

  it('gives up the oldest where they are too large', async () => {
    await start({ maxMb: '1' });
    link('red');
    put('a'.repeat(400_000), 'b'.repeat(400_000), 'c'.repeat(400_000));
    link('green');
    assert.deepEqual(
      payloads(sent()).map((text) => String(text).charAt(0)),
      ['b', 'c'],
    );
  });

  it('is an error for who sends what the broker does not take, and the others go on', async () => {
    await start({ profile: 'aws-iot-core' });
    link('green');
    flow.receive('outbox', { topic: '/1/2/3/4/5/6/7/8', payload: 1 });
    put(2);
    assert.deepEqual(flow.errors(), ['topic: must have at most 7 slashes, got 8: "/1/2/3/4/5/6/7/8"']);
    assert.deepEqual(payloads(sent()), ['2']);
  });

  it('takes a variable that is not set for any broker', async () => {
    await start({ profile: '${CLOUD_PROFILE_THAT_IS_NOT_SET}' });
    assert.deepEqual(flow.reported('outbox'), []);
  });
  it('refuses a broker it does not know', async () => {
    await start({ profile: 'azure' });
    assert.deepEqual(flow.reported('outbox'), ['profile: must be one of mqtt, aws-iot-core, got "azure"']);
  });

  it('forgets a delivery of another outbox', async () => {
    await start();
    link('green');
    put(1);
    const [msg] = sent();
    deliver([{ ...msg, outbox: { node: 'another', seq: 1 } }]);
    link('red');
    link('green');
    // It is no delivery of ours, so it is a message like any other.
    assert.deepEqual(payloads(sent()), ['1', '1', '1']);
  });

  it('shows what waits', async () => {
    await start();
    link('red');
    put(1, 2);
    // The last of a burst is shown at the close, if no second has passed.
    await flow.node('outbox').close(false);
    assert.equal(flow.statuses('outbox').at(-1), '2 wait');
  });
});

describe('mqtt-outbox: power cut', () => {
  const { folder, remove } = temporaryFolder();
  before(function () {
    needs(this, 'strace');
  });
  after(remove);

  it('has on the disk what it has accepted', async () => {
    const log = join(folder, 'trace');
    await traceWriter('outbox-writer.ts', folder, log);
    assertSynced(events(traceOf(log), /state\.sqlite-wal/));
  });
});
