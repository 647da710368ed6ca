import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, type NewMessage } from '../lib/node.ts';
import { statusOf } from '../lib/status.ts';
import { parse } from './config.ts';
import { listen } from './listener.ts';

const RETRY_MS = 5000;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'tcp-listener', (node, def) => {
    const { port, host, outputTopic: topic, idleSeconds } = parse(def);
    const light = statusOf(node);
    if (port === undefined) return light.show({ kind: 'idle', text: 'no port' });

    let troubled = false;
    /** Like the core's tcp in, so that what follows can tell one connection from the next. */
    const say = (session: number, msg: NewMessage): void =>
      node.send(Object.assign(msg, { _session: { type: 'tcp', id: String(session) } }));
    const waiting = (): void => light.show({ kind: 'waiting', text: `waits on ${port}` });
    const stop = listen(
      { host, port, idleMs: idleSeconds * 1000, retryMs: RETRY_MS },
      {
        listening() {
          troubled = false;
          waiting();
        },
        failed: guarded(node, (cause: NodeJS.ErrnoException) => {
          light.show({ kind: 'lost', text: `cannot have ${port}` });
          if (troubled) return;
          troubled = true;
          const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
          throw new Error(`port: cannot listen on ${host} port ${port}: ${why}`, { cause });
        }),
        connected: (_session, ip) => light.show({ kind: 'nominal', text: ip }),
        data: guarded(node, (session: number, ip: string, payload: Buffer) =>
          say(session, { topic, payload, ip }),
        ),
        gone: guarded(node, (session: number) => {
          waiting();
          say(session, { topic: 'disconnected', payload: null });
        }),
      },
    );
    onClose(node, stop);
  });
}
