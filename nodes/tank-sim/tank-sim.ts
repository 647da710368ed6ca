import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput } from '../lib/node.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { obey, readCommand } from './command.ts';
import { parse } from './config.ts';
import { plantRecord, sensorRecord } from './records.ts';
import { isTankState, resume, STATE_VERSION } from './saved.ts';
import { advance, initialState } from './tank.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'tank-sim', (node, def) => {
    const { clock: id, outputTopic, periodSeconds, tank } = parse(def);
    const light = statusOf(node);
    if (outputTopic === '') {
      light.show({ kind: 'idle', text: 'not in use' });
      onInput(node, () => undefined);
      return;
    }
    const clock = clockOf(RED, id);
    const slot = stateOf(RED, node, STATE_VERSION, isTankState);
    const saved = slot.load();
    const state = saved ? resume(tank, saved, clock.now()) : initialState(tank, clock.now());
    const current = () => state;

    const sample = (): void => {
      advance(tank, state, clock.now());
      const reading = sensorRecord(tank, state, outputTopic);
      // The reading goes last: a controller may answer it at once, and then a newer plant record must not be overtaken.
      node.send([null, plantRecord(tank, state, outputTopic)]);
      node.send([reading, null]);
      slot.saveSoon(current);
      light.show({ kind: 'simulated', value: state.temperature, unit: 'Cel' });
    };
    onStarted(RED, node, sample);
    const stop = clock.every(periodSeconds * 1000, guarded(node, sample));
    onInput(node, (msg) => {
      // A replay is no command.
      if (msg['retain'] === true) return;
      const command = readCommand(msg.topic, msg.payload);
      const changed = obey(tank, state, command, clock.now());
      if (!changed) return;
      if (command.kind === 'reset' || command.kind === 'set') sample();
      else node.send([null, plantRecord(tank, state, outputTopic)]);
      if (command.kind !== 'actuate') slot.save(state);
    });
    onClose(node, stop);
  });
}
