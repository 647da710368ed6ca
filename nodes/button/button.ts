import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type NewMessage, type Send } from '../lib/node.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { begin, step, type Event, type Input } from './gestures.ts';
import { inputOf } from './input.ts';
import { carriersOf, lightFor, messageOf } from './report.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'button', (node, def) => {
    const settings = parse(def);
    const topic = settings.outputTopic || 'button';
    const clock = clockOf(RED, settings.clock);
    const light = statusOf(node);
    let memory = begin;

    /** Brings the button up to now, and gives what has happened. */
    const go = (input?: Input): readonly Event[] => {
      const { memory: after, events, deadline } = step(settings, memory, input, clock.now());
      memory = after;
      wake.at(deadline);
      light.show(lightFor(memory.pressed));
      return events;
    };
    /** Gestures go to output 1, states to output 2, each in a message that `carrier` gives. */
    const tell = (
      events: readonly Event[],
      send: Send,
      carrier: (event: Event) => NewMessage = () => ({}),
    ): void => {
      for (const event of events) {
        const msg = Object.assign(carrier(event), messageOf(event, topic));
        send(event.kind === 'state' ? [null, msg] : [msg, null]);
      }
    };
    const wake = wakeOn(
      clock,
      guarded(node, () => tell(go(), (messages) => node.send(messages))),
    );
    light.show(lightFor(memory.pressed));
    onClose(node, () => wake.stop());

    onInput(node, (msg, send) => {
      const input = inputOf(msg.payload, settings.activeLow);
      // What was due before this message is not its doing.
      tell(go(), send);
      const events = go(input);
      tell(events, send, carriersOf(events, msg));
    });
  });
}
