import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type NewMessage, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { isRecord } from '../lib/signal.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import {
  begin,
  command,
  OFF,
  repeatAt,
  select,
  silentAt,
  sourceOf,
  tick,
  type Result,
  type Value,
} from './selection.ts';

interface Saved {
  readonly selected: string;
}
const isSaved = (state: unknown): state is Saved => isRecord(state) && typeof state['selected'] === 'string';

/** The value of a command; one of bad quality or without a value is off, and stays so when it is repeated. */
const valueIn = ({ payload, quality }: Readonly<Record<string, unknown>>): Value => {
  if (payload === null) return false;
  if (typeof payload !== 'boolean' && !(typeof payload === 'number' && Number.isFinite(payload)))
    throw new Error(`payload: must be true, false or a finite number, got ${shown(payload)}`);
  return quality === 'bad' ? false : payload;
};

export default function (RED: NodeAPI): void {
  defineNode(RED, 'command-selector', (node, def) => {
    const { core, clock: id, outputTopic } = parse(def);
    const clock = clockOf(RED, id);
    const wall = wallClock(RED);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    const now = () => ({ process: clock.now(), wall: wall.now() });
    const topics = new Set(core.sources.map(({ topic }) => topic));
    const known = (topic: string | undefined): boolean =>
      topic === OFF || (topic !== undefined && topics.has(topic));
    const saved = slot.load()?.selected;
    let memory = begin(
      core,
      known(saved) && saved !== undefined ? saved : sourceOf(core, core.initial, 'initial'),
      now(),
    );

    const show = (): void => {
      const [source = OFF] = memory.owner.split('/');
      const { owner, selected, value } = memory;
      if (owner !== selected) light.show({ kind: 'lost', text: `${selected.split('/')[0]} silent` });
      else if (owner === OFF) light.show({ kind: 'idle', text: OFF });
      else light.show({ kind: memory.spoken ? 'nominal' : 'waiting', value, text: source });
    };
    const tracking = (): NewMessage => ({
      topic: 'tracking',
      payload: memory.value,
      owner: memory.owner,
      selected: memory.selected,
      output: outputTopic,
      timestamp: clock.now(),
    });
    /** A retained message is a replay, never a command. */
    const ignored = (source: string): NewMessage => ({
      topic: 'ignored',
      payload: { source, output: outputTopic, reason: 'retained' },
      timestamp: clock.now(),
    });
    /** Sends what a step has brought: the command in force, who owns it, and the hand-over. */
    const carryOut = (result: Result, send: Send, msg: NewMessage, user?: unknown): void => {
      const before = memory;
      memory = result.memory;
      const { owner, value } = memory;
      const timestamp = clock.now();
      const silence = silentAt(core, memory);
      processWake.at(Math.min(repeatAt(core, memory), silence.time === 'process' ? silence.at : Infinity));
      wallWake.at(silence.time === 'wall' ? silence.at : Infinity);
      const news = owner !== before.owner || value !== before.value || memory.selected !== before.selected;
      show();
      if (!result.send && !news) return;
      const log = result.handOver && {
        topic: 'hand-over',
        payload: { ...result.handOver, output: outputTopic, user: user ?? null },
        timestamp,
      };
      const out = result.send ? Object.assign(msg, { topic: outputTopic, payload: value, owner }) : null;
      if (out) out['timestamp'] ??= timestamp;
      send([out, news ? tracking() : null, log ?? null]);
    };
    const onTick = guarded(node, () =>
      carryOut(tick(core, memory, now()), (messages) => node.send(messages), {}),
    );
    const processWake = wakeOn(clock, onTick);
    const wallWake = wakeOn(wall, onTick);
    show();
    let running = false;
    const onStart = (): void => {
      // From now on a source is waited for.
      if (!running) memory = begin(core, memory.selected, now());
      running = true;
      onTick();
      // The controllers learn who is in charge, also those that were deployed alone.
      node.send([null, tracking(), null]);
    };
    onStarted(RED, node, onStart, { again: true });
    onClose(node, () => {
      processWake.stop();
      wallWake.stop();
    });

    onInput(node, (msg, send) => {
      const { topic } = msg;
      if (topic === 'select' || topic === 'reset') {
        const wanted = sourceOf(core, topic === 'reset' ? core.initial : msg.payload);
        const result = select(core, memory, wanted, now());
        slot.save({ selected: wanted });
        carryOut(result, send, { _msgid: msg._msgid }, msg['user']);
      } else if (topic !== undefined && topics.has(topic)) {
        if (msg['retain'] === true) {
          send([null, null, ignored(topic)]);
          return;
        }
        carryOut(command(core, memory, topic, valueIn(msg), now()), send, msg);
      } else {
        throw new Error(
          `topic: must be one of ${[...topics, 'select', 'reset'].join(', ')}, got ${shown(topic)}`,
        );
      }
    });
  });
}
