import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * Every TCP connection this process opens from now on sends small packets at once. Node-RED's MQTT client leaves
 * Nagle's algorithm on, which waits for the other side's delayed acknowledgement: 20 to 30 ms per message at QoS 1.
 */
export const sendAtOnce = (): void =>
  subscribe('net.client.socket', (message) => {
    (message as { readonly socket: Socket }).socket.setNoDelay(true);
  });
