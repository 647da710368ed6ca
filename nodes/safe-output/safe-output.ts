import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type NewMessage, type Send } from '../lib/node.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { isRecord } from '../lib/signal.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { groupOf, type Member } from './exclusion.ts';
import { step } from './guard.ts';
import { begin, fresh, type Input, type Kept } from './memory.ts';
import { lightFor, read, reportOf } from './messages.ts';

const isKept = (state: unknown): state is Kept =>
  isRecord(state) &&
  typeof state['tripped'] === 'string' &&
  typeof state['enabled'] === 'boolean' &&
  typeof state['exhausted'] === 'boolean' &&
  Array.isArray(state['edges']) &&
  state['edges'].every(Number.isFinite);

export default function (RED: NodeAPI): void {
  defineNode(RED, 'safe-output', (node, def) => {
    const settings = parse(def);
    const { core, outputTopic, validForMs: validFor } = settings;
    const clock = clockOf(RED, settings.clock);
    const wall = core.wallLeaseMs < Infinity ? wallClock(RED) : undefined;
    const slot = stateOf(RED, node, 1, isKept);
    const light = statusOf(node);
    const group = groupOf(RED.events, settings.exclusionGroup);
    const now = () => ({ process: clock.now(), wall: wall?.now() ?? 0 });
    let memory = begin(slot.load() ?? fresh, now());
    let topic = outputTopic;

    const sendAlone: Send = (messages) => node.send(messages);
    const run = (input: Input, send: Send = sendAlone, _msgid?: string): void => {
      const before = memory.kept;
      const result = step(core, memory, input, now(), group?.isTakenFrom(node.id) ?? false);
      memory = result.memory;
      if (memory.kept !== before) keep(before);
      if (memory.on) group?.take(node.id);
      wake.at(result.deadline);
      wallWake?.at(result.wallDeadline);
      if (result.report) light.show(lightFor(memory));
      const timestamp = clock.now();
      const output: NewMessage | null = result.send
        ? { topic, payload: memory.applied, validFor, timestamp }
        : null;
      if (output && _msgid !== undefined) output._msgid = _msgid;
      const report =
        result.report && memory.startedAt !== undefined ? reportOf(memory, topic, timestamp) : null;
      if (output || report) send([output, report]);
      // Only now: another member of the group may go on during this call.
      if (!memory.on && memory.startedAt !== undefined) group?.release(node.id);
    };
    /** A latch is written at once; the times of switching matter less. */
    const keep = (before: Kept): void => {
      const { tripped, enabled, exhausted } = memory.kept;
      if (tripped !== before.tripped || enabled !== before.enabled || exhausted !== before.exhausted)
        slot.save(memory.kept);
      else slot.saveSoon(() => memory.kept);
    };
    const tick = guarded(node, () => run({ kind: 'tick' }));
    const wake = wakeOn(clock, tick);
    const wallWake = wall && wakeOn(wall, tick);
    const member: Member = { id: node.id, released: guarded(node, () => run({ kind: 'released' })) };
    group?.join(member);
    light.show(lightFor(memory));

    // After every start, also one of other nodes only: an edge that was redeployed alone has to hear us again.
    const start = (): void => {
      group?.settle();
      run({ kind: 'start' });
    };
    onStarted(RED, node, start, { again: true });

    onInput(node, (msg, send) => {
      const asked = read(settings, msg);
      if (!asked) {
        send([null, reportOf(memory, topic, clock.now(), `retained ${msg.topic ?? 'message'}`)]);
        return;
      }
      if (outputTopic === '' && asked.input.kind === 'command') topic = msg.topic ?? '';
      run(asked.input, send, msg._msgid);
      if (asked.complaint !== undefined) throw new Error(asked.complaint);
    });
    onClose(node, (removed) => {
      wake.stop();
      wallWake?.stop();
      group?.leave(member, removed);
    });
  });
}
