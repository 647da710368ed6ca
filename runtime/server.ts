import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { Guard } from './guard.ts';

/** Dashboard's sockets take their requests before any middleware, so the gate looks at them itself. */
const isPageSocket = ({ url = '' }: IncomingMessage): boolean => /\/socket\.io(\/|\?|$)/.test(url);

export interface Gate {
  /** listens */
  readonly front: Server;
  /** for Node-RED: never listens, gets what the gate lets through */
  readonly inner: Server;
}

/** A server whose gate sees every request and every upgrade first. */
export const createGate = (
  refusal: Guard['refusal'],
  app: RequestListener,
  tls: ServerOptions | undefined,
): Gate => {
  // A plant that is busy for longer than a connection is kept would reset it under a request that has just come.
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 };
  const inner = createServer(app);
  // Node-RED's own limit warning would show up with a handful of websocket nodes.
  inner.setMaxListeners(0);
  const front = tls ? createSecureServer({ ...limits, ...tls }) : createServer(limits);
  front.maxConnections = 200;
  front.on('request', (request, response) => {
    const status = isPageSocket(request) ? refusal(request, true) : undefined;
    if (status === undefined) inner.emit('request', request, response);
    else response.writeHead(status).end();
  });
  front.on('upgrade', (request, socket, head) => {
    const status = refusal(request, isPageSocket(request));
    if (status === undefined) return void inner.emit('upgrade', request, socket, head);
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  return { front, inner };
};
