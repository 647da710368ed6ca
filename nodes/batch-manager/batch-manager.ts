import type { NodeAPI } from 'node-red';
import { databaseOf } from '../lib/database.ts';
import { defineNode, guarded, onClose, onInput, type Message, type Send } from '../lib/node.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { onStarted } from '../lib/started.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import type { Outcome } from './answers.ts';
import { newBatchId, shelvesOf } from './batch.ts';
import { parse } from './config.ts';
import { createManager } from './manager.ts';

/** Messages of one node that are on their way: a flow that asks faster than it is answered has to be told. */
const MAX_WAITING = 1000;
/** After this time a database that was away is asked again for reservations that nobody has answered. */
const RETRY_MS = 5000;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'batch-manager', (node, def) => {
    const { database, prefix, acceptSeconds } = parse(def);
    const { records, history } = databaseOf(RED, database);
    const wall = wallClock(RED);
    const light = statusOf(node);
    const manager = createManager({
      records,
      history,
      shelves: shelvesOf(prefix),
      acceptMs: acceptSeconds * 1000,
      now: () => wall.now(),
      newId: () => newBatchId((bytes) => crypto.getRandomValues(bytes)),
      later: () => later(),
    });
    let waiting = 0;
    let closed = false;
    let giveUp = (): void => {};
    /** What devices say waits here, one message at a time. */
    const later = (): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const cancel = wall.after(RETRY_MS, resolve);
      giveUp = () => {
        cancel();
        reject(new Error('batch-manager: closed while it waited for the database'));
      };
      if (closed) giveUp();
      else light.show({ kind: 'lost', text: `database, ${waiting} wait` });
      return promise;
    };
    let due = Infinity;

    /** Reactors and journal first: who has the answer may go on at once. */
    const tell = (outcome: Outcome, send: Send, msg?: Message): void => {
      if (closed) return;
      const { answer, publish = [], journal = [] } = outcome;
      lookAt(outcome.due);
      for (const publication of publish) send([null, { ...publication, qos: 1, retain: false }, null]);
      for (const payload of journal) send([null, null, { topic: `${prefix}/journal`, payload }]);
      if (msg && answer) send([Object.assign(msg, answer), null, null]);
    };
    const lookAt = (time = Infinity): void => {
      due = Math.min(due, time);
      wake.at(due);
    };
    let isAway = false;
    const look = async (): Promise<void> => {
      due = Infinity;
      try {
        tell(await manager.sweep(), (messages) => node.send(messages));
        isAway = false;
      } catch (cause) {
        if (closed) return;
        lookAt(wall.now() + RETRY_MS);
        light.show({ kind: 'lost', text: 'database' });
        if (!isAway) node.error(cause instanceof Error ? cause : new Error(String(cause)), {});
        isAway = true;
      }
    };
    const wake = wakeOn(
      wall,
      guarded(node, () => void look()),
    );
    light.show({ kind: 'idle', text: 'ready' });
    onStarted(RED, node, () => void look());
    onClose(node, () => {
      closed = true;
      wake.stop();
      giveUp();
    });

    onInput(node, async (msg, send) => {
      if (waiting >= MAX_WAITING)
        throw new Error(`batch-manager: ${MAX_WAITING} messages are waiting for their turn already`);
      waiting++;
      const operation = String(msg.topic);
      try {
        const outcome = await manager.perform(msg);
        const code = outcome.answer?.statusCode ?? 200;
        light.show(
          code < 400
            ? { kind: 'nominal', text: operation }
            : { kind: 'limited', text: `${code} ${operation}` },
        );
        tell(outcome, send, msg);
      } catch (cause) {
        light.show({ kind: 'lost', text: `failed: ${operation}` });
        throw cause;
      } finally {
        waiting--;
      }
    });
  });
}
