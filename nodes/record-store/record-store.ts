import type { NodeAPI } from 'node-red';
import { checkFor, Unfit } from '../lib/body-schema.ts';
import { databaseOf } from '../lib/database.ts';
import { defineNode, guarded, onInput, type Message, type Send } from '../lib/node.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import type { Document } from '../lib/store.ts';
import { isAway, words } from '../lib/retry.ts';
import { askOf, type Ask } from './asked.ts';
import { parse } from './config.ts';
import { createKept, isKeptList, type Kept } from './kept.ts';
import { answered, perform, type Answer } from './perform.ts';

/** Messages of one node that wait for their turn: a flow that asks faster than it is answered has to be told. */
const MAX_WAITING = 1000;
/** How long a stop waits for the documents on their way. */
const PATIENCE_MS = 3000;
/** What a store has used of a message and the next one must not use again. */
const USED = ['operation', 'where', 'sort', 'limit', 'offset', 'document', 'documents', 'total'];

export default function (RED: NodeAPI): void {
  defineNode(RED, 'record-store', (node, def) => {
    const settings = parse(def);
    const check = checkFor(settings.schema);
    const { records } = databaseOf(RED, settings.database);
    const light = statusOf(node);
    const wall = wallClock(RED);
    const slot = stateOf(RED, node, 1, isKeptList);
    const { operation, collection, keep, away } = settings;
    let waiting = 0;
    let closed = false;
    /** One after the other: of two messages for one document the later one wins. */
    let turn: Promise<unknown> = Promise.resolve();
    const sendAnswer = (msg: Message, send: Send, answer: Answer): void => {
      if (closed) return;
      if (!answer) return send([null, msg]);
      for (const name of USED) delete msg[name];
      send([Object.assign(msg, answer), null]);
    };

    let waited = 0;
    const kept = createKept(slot.load() ?? [], {
      put: ({ collection: shelf, id, body }) => records.put(shelf, id, body, keep > 0 ? keep : undefined),
      isAway,
      save: (all) => slot.save(all),
      saveSoon: (all) => slot.saveSoon(all),
      after: (ms, fire) => wall.after(ms, guarded(node, fire)),
      chance: Math.random,
      waiting(count) {
        if (count > 0) light.show({ kind: 'limited', text: `${count} wait` });
        else if (waited > 0) light.show({ kind: 'nominal', text: 'put' });
        waited = count;
      },
      refused({ id, body }, cause) {
        const error = new Error(`record-store: ${id} has waited and is refused: ${words(cause)}`, { cause });
        node.error(error, { id, payload: body });
      },
    });
    if (waited === 0) light.show({ kind: 'idle', text: 'ready' });
    /** Complete once it is safe; the answer follows when the document is stored. */
    const keepDocument = async (ask: Ask & { do: 'put' }, msg: Message, send: Send): Promise<void> => {
      check(ask.body, 'payload');
      const document: Kept = { collection, id: ask.id || crypto.randomUUID(), body: ask.body };
      const answer = guarded(node, (stored: Document) => {
        if (waited === 0) light.show({ kind: 'nominal', text: ask.do });
        sendAnswer(msg, send, answered(stored));
      });
      try {
        await kept.add(document, answer);
      } catch (cause) {
        light.show({ kind: 'lost', text: `${ask.do}: failed` });
        throw cause;
      }
    };

    onInput(node, async (msg, send) => {
      const ask = askOf(settings, msg);
      if (ask.do === 'put' && operation === 'put' && away === 'keep') return keepDocument(ask, msg, send);
      if (waiting >= MAX_WAITING)
        throw new Error(`record-store: ${MAX_WAITING} messages are waiting for their turn already`);
      waiting++;
      const mine = turn.then(() => perform(records, settings, check, ask));
      turn = mine.catch(() => {}); // told below, by the message it belongs to
      try {
        const answer = await mine;
        light.show(answer ? { kind: 'nominal', text: ask.do } : { kind: 'limited', text: `${ask.do}: none` });
        sendAnswer(msg, send, answer);
      } catch (cause) {
        // A database puts its name before what our own check says.
        const own = cause instanceof Error && cause.cause instanceof Unfit ? cause.cause : cause;
        if (!(own instanceof Unfit)) light.show({ kind: 'lost', text: `${ask.do}: failed` });
        throw own;
      } finally {
        waiting--;
      }
    });

    node.on('close', (removed: boolean, done: () => void) => {
      closed = true;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const patience = setTimeout(() => {
        kept.end();
        end();
      }, PATIENCE_MS);
      const stored = kept.close(removed).then((left) => {
        if (removed && left > 0)
          node.warn(`record-store: ${left} documents that waited are gone with the node`);
      });
      void Promise.race([Promise.all([stored, turn]), ended]).finally(() => {
        clearTimeout(patience);
        done();
      });
    });
  });
}
