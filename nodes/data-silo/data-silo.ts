import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type NewMessage, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { asCommand } from '../lib/signal.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { arrivalOf } from './incoming.ts';
import { isSaved, keep, restore } from './kept.ts';
import { lightFor } from './report.ts';
import { accept, snapshot } from './silo.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'data-silo', (node, def) => {
    const settings = parse(def);
    const { core, outputTopic } = settings;
    const periodMs = settings.periodSeconds * 1000;
    const clock = clockOf(RED, settings.clock);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    const memory = restore(slot.load(), clock.now());
    let stale = 0;

    const showCount = (): void => light.show(lightFor(memory.size, stale));
    const tell = (msg: NewMessage, send: Send): void => {
      const now = clock.now();
      const { clients, count, quality, source, ...rest } = snapshot(core, memory, now);
      ({ stale } = rest);
      Object.assign(asCommand(msg), {
        topic: outputTopic,
        payload: clients,
        timestamp: now,
        quality,
        silo: { id: outputTopic, time: now, count, stale },
        ...(source === undefined ? {} : { source }),
      });
      showCount();
      send(msg);
    };

    let due = clock.now() + periodMs;
    const plan = (): void => wake.at(periodMs > 0 ? due : undefined);
    const wake = wakeOn(
      clock,
      guarded(node, () => {
        due = Math.max(due, clock.now() - periodMs) + periodMs;
        plan();
        tell({}, (messages) => node.send(messages));
      }),
    );
    plan();
    showCount();
    onClose(node, () => wake.stop());

    onInput(node, (msg, send) => {
      if (msg.topic === 'snapshot') return tell(msg, send);
      if (msg.topic === 'forget') {
        const { payload } = msg;
        if (typeof payload !== 'string' || !memory.delete(payload))
          throw new Error(`payload: must be the id of a client of this silo, got ${shown(payload)}`);
        slot.save(keep(memory));
        return showCount();
      }
      const now = clock.now();
      const { clients, complaints } = arrivalOf(settings, msg, now);
      const errors = [...complaints];
      const told = memory.size;
      for (const [client, readings] of clients)
        try {
          accept(core, memory, client, readings, now);
        } catch (cause) {
          errors.push(cause instanceof Error ? cause.message : String(cause));
        }
      slot.saveSoon(() => keep(memory));
      if (memory.size !== told) showCount();
      // What can be used is used; the rest is named, and not a page of it.
      if (errors.length > 0)
        throw new Error(
          errors.slice(0, 3).join('; ') + (errors.length > 3 ? `; and ${errors.length - 3} more` : ''),
        );
    });
  });
}
