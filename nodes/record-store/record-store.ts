import type { NodeAPI } from 'node-red';
import { databaseOf } from '../lib/database.ts';
import { defineNode, onClose, onInput } from '../lib/node.ts';
import { statusOf } from '../lib/status.ts';
import { askOf } from './asked.ts';
import { checkFor, Unfit } from './body-schema.ts';
import { parse } from './config.ts';
import { perform } from './perform.ts';

/** Messages of one node that wait for their turn: a flow that asks faster than it is answered has to be told. */
const MAX_WAITING = 1000;
/** What a store has used of a message and the next one must not use again. */
const USED = ['operation', 'where', 'sort', 'limit', 'offset', 'document', 'documents', 'total'];

export default function (RED: NodeAPI): void {
  defineNode(RED, 'record-store', (node, def) => {
    const settings = parse(def);
    const check = checkFor(settings.schema);
    const { records } = databaseOf(RED, settings.database);
    const light = statusOf(node);
    let waiting = 0;
    let closed = false;
    /** One after the other: of two messages for one document the later one wins. */
    let turn: Promise<unknown> = Promise.resolve();
    light.show({ kind: 'idle', text: 'ready' });
    onClose(node, () => {
      closed = true;
    });

    onInput(node, async (msg, send) => {
      const ask = askOf(settings, msg);
      if (waiting >= MAX_WAITING)
        throw new Error(`record-store: ${MAX_WAITING} messages are waiting for their turn already`);
      waiting++;
      const mine = turn.then(() => perform(records, settings, check, ask));
      turn = mine.catch(() => {}); // told below, by the message it belongs to
      try {
        const answer = await mine;
        light.show(answer ? { kind: 'nominal', text: ask.do } : { kind: 'limited', text: `${ask.do}: none` });
        if (closed) return;
        if (!answer) return send([null, msg]);
        for (const name of USED) delete msg[name];
        send([Object.assign(msg, answer), null]);
      } catch (cause) {
        // A database puts its name before what our own check says.
        const own = cause instanceof Error && cause.cause instanceof Unfit ? cause.cause : cause;
        if (!(own instanceof Unfit)) light.show({ kind: 'lost', text: `${ask.do}: failed` });
        throw own;
      } finally {
        waiting--;
      }
    });
  });
}
