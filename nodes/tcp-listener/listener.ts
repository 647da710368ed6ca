import { createServer, type Socket } from 'node:net';

/** What happens on the port. A session is one connection; its number counts from 1. */
export interface Told {
  readonly listening: (port: number) => void;
  /** the port cannot be had, or was lost; it is tried again */
  readonly failed: (cause: Error) => void;
  readonly connected: (session: number, address: string) => void;
  readonly data: (session: number, address: string, chunk: Buffer) => void;
  readonly gone: (session: number) => void;
}
export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** a client that says nothing for so long is gone; 0: never */
  readonly idleMs: number;
  /** how long to wait before a port that cannot be had is tried again */
  readonly retryMs: number;
}

/**
 * Listens for one device at a time. The newest connection wins: a board that has started anew must not wait until its
 * old connection, which is half open, has timed out. Returns how to stop; nothing is told after that.
 */
export const listen = ({ host, port, idleMs, retryMs }: ListenerOptions, told: Told): (() => void) => {
  let current: Socket | undefined;
  let sessions = 0;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const server = createServer((socket) => {
    const session = ++sessions;
    const address = socket.remoteAddress ?? '';
    const before = current;
    current = socket;
    before?.destroy();
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', () => socket.destroy()); // its close follows and tells
    socket.on('data', (chunk) => {
      if (!stopped && current === socket) told.data(session, address, chunk);
    });
    socket.on('close', () => {
      if (current !== socket) return; // another one has taken its place, and that was told
      current = undefined;
      if (!stopped) told.gone(session);
    });
    told.connected(session, address);
  });
  const open = (): void => {
    server.listen(port, host);
  };
  server.on('listening', () => told.listening(port));
  server.on('error', (cause) => {
    if (stopped) return;
    told.failed(cause);
    server.close();
    clearTimeout(retry);
    retry = setTimeout(open, retryMs);
  });
  open();

  return () => {
    stopped = true;
    clearTimeout(retry);
    server.close();
    current?.destroy();
  };
};
