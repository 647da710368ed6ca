import { randomUUID } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type Send } from '../lib/node.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { deadlineOf } from './due.ts';
import { read } from './incoming.ts';
import { isSaved, keep, restore } from './kept.ts';
import { isUnderWay } from './lifecycle.ts';
import { step, type Input } from './machine.ts';
import { announce, lightFor, outputs, presence, tell, type Outgoing } from './messages.ts';

/** What is left of a state's time, and what was asked for, is right to this much after a power cut. */
const KEEP_EVERY_MS = 1000;

export default function (RED: NodeAPI): void {
  const runtime = randomUUID();
  defineNode(RED, 'bioreactor-lifecycle', (node, def) => {
    const settings = parse(def);
    const { core } = settings;
    const clock = clockOf(RED, settings.clock);
    const wall = wallClock(RED);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    const now = (): number => Math.floor(clock.now());
    let { memory, outageMs } = restore(slot.look(), core, now(), wall.now(), runtime);
    let begun = false;

    const kept = () => keep(memory, now(), wall.now(), runtime);
    const save = (): void => {
      slot.save(kept());
      keepWake.at(isUnderWay(memory.state) ? wall.now() + KEEP_EVERY_MS : undefined);
    };
    const keepWake = wakeOn(wall, guarded(node, save));

    const sendAlone: Send = (messages) => node.send(messages);
    const outbox: (() => void)[] = [];
    let isSending = false;
    /** In their order, also where one of them makes somebody answer before the next one is sent. */
    const deliver = (messages: readonly Outgoing[], send: Send, _msgid?: string): void => {
      const id = _msgid === undefined ? {} : { _msgid };
      for (const { output, msg } of messages)
        // A copy: nobody on the wire may change what the reactor remembers.
        outbox.push(() =>
          send(outputs.map((name) => (name === output ? structuredClone({ ...msg, ...id }) : null))),
        );
      if (isSending) return;
      isSending = true;
      try {
        for (let next = outbox.shift(); next; next = outbox.shift()) next();
      } finally {
        isSending = false;
      }
    };

    const run = (input: Input, send: Send = sendAlone, _msgid?: string): void => {
      const { memory: next, happenings } = step(core, memory, input, now());
      const isStep = next.seq !== memory.seq;
      memory = next;
      // Before anybody hears of it: what was told is never taken back by a power cut.
      if (isStep) save();
      wake.at(deadlineOf(core, memory, now()));
      light.show(lightFor(memory, now()));
      deliver(
        happenings.flatMap((happening) => tell(settings, happening, now())),
        send,
        _msgid,
      );
    };
    const wake = wakeOn(
      clock,
      guarded(node, () => run({ kind: 'tick' })),
    );

    /** After every start, also one of other nodes only: those have to hear it again. */
    const begin = (): void => {
      save();
      deliver(announce(settings, memory, now(), !begun), sendAlone);
      begun = true;
      run({ kind: 'started', outageMs });
      outageMs = undefined;
    };
    light.show(lightFor(memory, now()));
    onStarted(RED, node, begin, { again: true });

    onInput(node, (msg, send) => {
      if (msg.topic === 'announce') return deliver(presence(settings, memory), send, msg._msgid);
      const { input, complaint } = read(core.quantities, msg, now(), wall.now());
      if (!begun) begin();
      run(input, send, msg._msgid);
      if (complaint !== undefined) throw new Error(complaint);
    });
    onClose(node, (removed) => {
      wake.stop();
      keepWake.stop();
      if (!removed) slot.save(kept());
    });
  });
}
