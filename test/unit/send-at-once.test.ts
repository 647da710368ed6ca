import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { sendAtOnce } from '../../runtime/send-at-once.ts';

describe('connections of this process', () => {
  it('are told to send small packets at once', async () => {
    const told: unknown[] = [];
    const watch = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      const setNoDelay = socket.setNoDelay.bind(socket);
      socket.setNoDelay = (value) => {
        told.push(value);
        return setNoDelay(value);
      };
    };
    subscribe('net.client.socket', watch);
    sendAtOnce();
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket.resume(), 'close');
      assert.deepEqual(told, [true]);
    } finally {
      unsubscribe('net.client.socket', watch);
      server.close();
    }
  });
});
