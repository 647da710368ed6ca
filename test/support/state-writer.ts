/**
 * A process that saves the numbers from 1 in the state file of the folder it is given, and says each one on a line
 * once it is saved, until it is killed.
 */
import { EventEmitter } from 'node:events';
import { writeSync } from 'node:fs';
import type { Node, NodeAPI } from 'node-red';
import { stateOf } from '../../nodes/lib/state.ts';

const RED = { settings: { userDir: process.argv[2] }, events: {} } as object as NodeAPI;
const node = Object.assign(new EventEmitter(), { id: 'keeper', _path: 'tab/keeper' }) as object as Node;
const slot = stateOf(RED, node, 1, (state): state is number => typeof state === 'number');
for (let count = 1; ; count++) {
  slot.save(count);
  writeSync(1, `${count}\n`);
}
