import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type Message, type NewMessage } from '../lib/node.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { isRecord } from '../lib/signal.ts';
import { stateDatabase, stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { limits, outgoing } from './limits.ts';
import { openWaiting } from './waiting.ts';
import { begin, delivered, handedOut, isOpen, linked, nextLook, overdue } from './window.ts';

const TELL_MS = 1000;
const isCount = (state: unknown): state is number => Number.isInteger(state) && Number(state) >= 0;
/** The number of a message of ours that `mqtt out` has delivered, as a Complete node gives it back. */
const deliveredOf = ({ outbox }: Message, id: string): number | undefined =>
  isRecord(outbox) && outbox['node'] === id && typeof outbox['seq'] === 'number' ? outbox['seq'] : undefined;

/** The colour an `mqtt out` shows, as a Status node tells it: its text depends on the language. */
const linkOf = ({ status }: Message): unknown =>
  isRecord(status) && isRecord(status['source']) && status['source']['type'] === 'mqtt out'
    ? status['fill']
    : undefined;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'mqtt-outbox', (node, def) => {
    const { profile, perSecond, inFlight, ackSeconds, maxMessages, maxMb } = parse(def);
    const allowed = limits[profile];
    const settings = { inFlight, ackMs: ackSeconds * 1000, perSecond: perSecond || allowed.perSecond };
    const wall = wallClock(RED);
    const light = statusOf(node);
    const slot = stateOf(RED, node, 1, isCount);
    const folder: unknown = Reflect.get(RED.settings, 'userDir');
    const waiting = openWaiting(
      stateDatabase(typeof folder === 'string' ? folder : undefined),
      String(Reflect.get(node, '_path') ?? node.id),
      { messages: maxMessages, bytes: maxMb * 1e6 },
    );
    let window = begin;
    let dropped = slot.load() ?? 0;
    let sent = 0;
    let sending = false;

    const show = (): void => {
      const text = waiting.count === 0 ? 'sent' : `${waiting.count} wait`;
      if (window.link === 'down')
        light.show({ kind: 'lost', text: waiting.count === 0 ? 'link lost' : text });
      else light.show({ kind: waiting.count === 0 ? 'nominal' : 'waiting', text });
    };
    let toldAt = -Infinity;
    let untold = false;
    const tell = guarded(node, () => {
      toldAt = wall.now();
      untold = false;
      const payload = { connected: window.link === 'up', waiting: waiting.count, sent, dropped };
      node.send([null, { topic: 'outbox', payload }]);
    });
    const teller = wakeOn(wall, tell);
    const changed = (): void => {
      show();
      if (untold) return;
      untold = true;
      teller.at(Math.max(wall.now(), toldAt + TELL_MS));
    };

    /** Sends what may be sent now. What that sets off (a message that is delivered at once) waits for its turn. */
    const send = (): void => {
      if (sending) return;
      sending = true;
      try {
        const now = wall.now();
        window = overdue(settings, window, now);
        while (isOpen(settings, window, now)) {
          const row = waiting.after(window.cursor);
          if (!row) break;
          window = handedOut(settings, window, row.seq, now);
          const msg: NewMessage = { ...row.message, outbox: { node: node.id, seq: row.seq } };
          node.send([msg, null]);
        }
        wake.at(nextLook(settings, window, now));
      } finally {
        sending = false;
      }
    };
    const wake = wakeOn(wall, guarded(node, send));

    const keep = (msg: Message): void => {
      dropped += waiting.add(outgoing(msg, allowed), (lost) => slot.save(dropped + lost));
    };
    show();
    if (waiting.count > 0) wake.at(wall.now() + TELL_MS);

    onInput(node, (msg) => {
      const seq = deliveredOf(msg, node.id);
      const fill = linkOf(msg);
      if (seq !== undefined) {
        window = delivered(window, seq);
        if (waiting.remove(seq)) sent++;
      } else if (fill !== undefined) window = linked(window, fill === 'green' ? 'up' : 'down');
      else keep(msg);
      send();
      changed();
    });
    onClose(node, (removed) => {
      wake.stop();
      teller.stop();
      if (removed) waiting.clear();
    });
  });
}
