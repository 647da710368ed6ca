import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type Message, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { isRecord } from '../lib/signal.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { accept, begin, disconnect, silence, silentAt, type Result } from './readings.ts';

const textOf = (payload: unknown): string => {
  // One character per byte, whatever the bytes are: what is no digit is junk anyway.
  if (payload instanceof Uint8Array) return Buffer.from(payload).toString('latin1');
  if (typeof payload === 'string') return payload;
  throw new Error(`payload: must be text or bytes, got ${shown(payload)}`);
};

/** The connection a message came by, as the core TCP nodes tell it. */
const sessionOf = ({ _session: session }: Message): string | undefined =>
  isRecord(session) && typeof session['id'] === 'string' ? session['id'] : undefined;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'adc-input', (node, def) => {
    const { core, clock: id, outputTopic, staleMs } = parse(def);
    const clock = clockOf(RED, id);
    // Bytes come in wall time, at whatever speed the plant runs.
    const wall = wallClock(RED);
    const light = statusOf(node);
    let memory = begin();
    let topic = outputTopic;
    let staleAt = wall.now() + staleMs;

    const plan = (): void => wake.at(Math.min(silentAt(core, memory) ?? Infinity, staleAt));
    const signal = (payload: number | null) => ({
      topic,
      payload,
      timestamp: clock.now(),
      quality: payload === null ? 'bad' : 'good',
      source: 'measured',
      unit: '1',
    });
    const lost = (send: Send, text: string): void => {
      staleAt = Infinity;
      light.show({ kind: 'lost', text });
      send([signal(null), null]);
    };
    const tell = ({ memory: next, count, dropped }: Result, send: Send): void => {
      memory = next;
      if (count !== undefined) staleAt = wall.now() + staleMs;
      plan();
      for (const drop of dropped) send([null, { topic, payload: drop }]);
      const [first] = dropped;
      if (count !== undefined) {
        light.show({ kind: 'nominal', value: count });
        send([signal(count), null]);
      } else if (first) light.show({ kind: 'limited', text: first.reason });
    };
    const alone: Send = (messages) => node.send(messages);
    const wake = wakeOn(
      wall,
      guarded(node, () => {
        tell(silence(core, memory, wall.now()), alone);
        if (wall.now() < staleAt) return;
        lost(alone, 'no data');
        plan();
      }),
    );
    light.show({ kind: 'waiting', text: 'no data' });
    plan();

    onInput(node, (msg, send) => {
      if (msg.topic === 'disconnected') {
        tell(disconnect(core, memory), send);
        lost(send, 'disconnected');
        plan();
        return;
      }
      const text = textOf(msg.payload);
      if (outputTopic === '') topic = msg.topic ?? '';
      tell(accept(core, memory, sessionOf(msg), text, wall.now()), send);
    });
    onClose(node, () => wake.stop());
  });
}
