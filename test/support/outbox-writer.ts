/** Puts three messages into the outbox of a folder, and says `ack` after each. */
import { writeSync } from 'node:fs';
import { stateDatabase } from '../../nodes/lib/state.ts';
import { openWaiting } from '../../nodes/mqtt-outbox/waiting.ts';

const [, , folder = ''] = process.argv;
const waiting = openWaiting(stateDatabase(folder), 'tab/outbox', { messages: 10, bytes: 1e6 });
for (const payload of ['1', '2', '3']) {
  waiting.add({ topic: 'measure', payload, qos: 1, retain: false }, () => {});
  writeSync(1, `ack ${payload}\n`);
}
