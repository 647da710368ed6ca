/** Stores three documents in the SQLite file of a folder, and says `ack` after each. */
import { writeSync } from 'node:fs';
import { openBackend } from '../../nodes/plant-database/backend.ts';

const [, , folder = ''] = process.argv;
const backend = await openBackend('', { folder, synchronous: 'NORMAL' });
for (const id of ['1', '2', '3']) {
  await backend.records.put('alarm-journal', id, { text: `number ${id}` });
  writeSync(1, `ack ${id}\n`);
}
await backend.close();
