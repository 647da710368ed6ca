import type { NodeAPI } from 'node-red';
import { defineNode, onInput, type Message } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { asCommand } from '../lib/signal.ts';
import { statusOf } from '../lib/status.ts';
import { parse } from './config.ts';
import { interpret } from './signal-map.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'signal-input', (node, def) => {
    const { clock: id, role, source, unmatched, rules } = parse(def);
    const clock = clockOf(RED, id);
    const light = statusOf(node);
    light.show({ kind: 'waiting', text: 'no data' });
    onInput(node, (msg, send) => {
      if (typeof msg.topic !== 'string') throw new Error(`topic: must be text, got ${shown(msg.topic)}`);
      const reading = interpret(rules, msg.topic, msg.payload);
      if (!reading) {
        if (unmatched === 'ignore') return;
        throw new Error(`topic: no rule for ${shown(msg.topic)}`);
      }
      const { errors, signals, timestamp = clock.now() } = reading;
      const complaint = errors.length > 0 ? new Error(errors.join('; ')) : undefined;
      // A command is obeyed whole or not at all; of a measurement the readable part is used.
      if (complaint && role === 'command') throw complaint;
      for (const signal of signals) {
        const out: Message = { ...asCommand({ ...msg }), topic: signal.topic, payload: signal.payload };
        if (role === 'measurement') {
          const { quality, unit, units, qualities } = signal;
          Object.assign(out, { timestamp, quality, source });
          if (unit !== undefined) out['unit'] = unit;
          if (units) Object.assign(out, { units, qualities });
        }
        send(out);
      }
      if (complaint) throw complaint;
      light.show({
        kind: role === 'measurement' && source === 'measured' ? 'nominal' : 'simulated',
        text: role,
      });
    });
  });
}
