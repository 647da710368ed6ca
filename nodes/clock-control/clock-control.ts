import type { NodeAPI } from 'node-red';
import type { ClockState } from '../lib/clock.ts';
import { defineNode, guarded, onClose, onInput } from '../lib/node.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { statusOf } from '../lib/status.ts';
import { parse } from './config.ts';
import { described, obey } from './commands.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'clock-control', (node, def) => {
    const { clock: id, tickSeconds } = parse(def);
    const clock = clockOf(RED, id);
    const light = statusOf(node);
    const stateMessage = (state: ClockState) => ({
      topic: 'clock',
      payload: described(state),
      timestamp: state.now,
    });
    const show = (state: ClockState): void => {
      if (state.paused) light.show({ kind: 'waiting', text: 'paused' });
      else if (state.lagging) light.show({ kind: 'limited', text: `${state.speed}x lagging` });
      else light.show({ kind: state.mode === 'real' ? 'nominal' : 'simulated', text: `${state.speed}x` });
    };
    show(clock.state());
    const forget = clock.onChange(
      guarded(node, (state) => {
        show(state);
        node.send([stateMessage(state), null]);
      }),
    );
    const stopTicking = clock.every(
      tickSeconds * 1000,
      guarded(node, () => {
        const now = clock.now();
        node.send([null, { topic: 'tick', payload: now, timestamp: now }]);
      }),
    );
    onInput(node, (msg, send) => {
      obey(clock, msg.topic, msg.payload);
      if (msg.topic === 'state') send([{ ...msg, ...stateMessage(clock.state()) }, null]);
    });
    onClose(node, () => {
      forget();
      stopTicking();
    });
  });
}
