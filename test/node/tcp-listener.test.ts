import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import tcpListener from '../../nodes/tcp-listener/tcp-listener.ts';
import { runNodes, type FlowNode, type NodeFlow } from '../support/node-flow.ts';
import { freePort } from '../support/server.ts';

const listener = (change: object): FlowNode => ({
  id: 'listener',
  type: 'tcp-listener',
  host: '127.0.0.1',
  outputTopic: 'bioreactor/1/temperature',
  idleSeconds: '30',
  wires: [['out']],
  ...change,
});
const probe: FlowNode = { id: 'out', type: 'probe', wires: [] };

describe('tcp-listener', () => {
  let flow: NodeFlow;
  let port: number;
  let sockets: Socket[];
  const device = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}); // some are cut off on purpose
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes([tcpListener], [listener({ port: String(port), ...change }), probe]);
  };
  const next = async (): Promise<unknown[]> => {
    const { topic, payload, _session } = await flow.next('out');
    return [
      topic,
      payload === null ? null : Buffer.from(payload as Uint8Array).toString(),
      (_session as { id: string }).id,
    ];
  };
  /** A device that is there: its first words have arrived. */
  const heard = async (words: string): Promise<Socket> => {
    const socket = await device();
    socket.write(words);
    await flow.next('out');
    return socket;
  };

  beforeEach(async () => {
    port = await freePort();
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await flow.close();
  });

  it('passes on what a device says, and that it has gone', async () => {
    await start();
    const socket = await device();
    socket.write('512\n');
    assert.deepEqual(await next(), ['bioreactor/1/temperature', '512\n', '1']);
    socket.end();
    assert.deepEqual(await next(), ['disconnected', null, '1']);
    (await device()).write('513');
    assert.deepEqual(await next(), ['bioreactor/1/temperature', '513', '2']);
  });

  it('serves the newest connection, and closes the one before without a word', async () => {
    await start();
    const first = await heard('1');
    const closed = once(first, 'close');
    (await device()).write('600\n');
    await closed;
    assert.deepEqual(await next(), ['bioreactor/1/temperature', '600\n', '2']);
    assert.deepEqual(flow.take('out'), []);
  });

  it('lets go of a device that says nothing', async () => {
    await start({ idleSeconds: '0.05' });
    const socket = await device();
    await once(socket, 'close');
    assert.deepEqual(await next(), ['disconnected', null, '1']);
  });

  it('survives a connection that is reset', async () => {
    await start();
    (await heard('1')).resetAndDestroy();
    assert.deepEqual(await next(), ['disconnected', null, '1']);
    (await device()).write('2');
    assert.deepEqual(await next(), ['bioreactor/1/temperature', '2', '2']);
  });

  it('listens on nothing without a port', async () => {
    await start({ port: '${SENSOR_PORT_THAT_IS_NOT_SET}' });
    assert.deepEqual(flow.statuses('listener'), ['no port']);
    const socket = connect(port, '127.0.0.1');
    const [cause] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(cause.code, 'ECONNREFUSED');
  });

  it('tells once that the port is taken', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await start();
    try {
      assert.deepEqual(await flow.next('errors').then(() => flow.reported('listener')), [
        `port: cannot listen on 127.0.0.1 port ${port}: the port is taken`,
      ]);
    } finally {
      other.close();
    }
  });

  for (const [field, value, sentence] of [
    ['port', '70000', 'port: must be a whole number of at least 1 and at most 65535, got "70000"'],
    ['host', ' ', 'host: must not be blank, got " "'],
    ['idleSeconds', '-1', 'idleSeconds: must be a number of at least 0 and at most 86400, got "-1"'],
  ] as const)
    it(`refuses ${field} ${JSON.stringify(value)}`, async () => {
      await start({ [field]: value });
      assert.deepEqual(flow.reported('listener'), [sentence]);
      assert.deepEqual(flow.statuses('listener'), ['configuration']);
    });

  it('frees the port when it closes, with a device on the line', async () => {
    await start();
    const socket = await heard('1');
    const closed = once(socket, 'close');
    await flow.close();
    await closed;
    await start();
    (await device()).write('2');
    assert.deepEqual(await next(), ['bioreactor/1/temperature', '2', '1']);
  });
});
