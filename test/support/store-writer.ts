/** Writes batches without end and prints the number of each that is committed; for tests that kill it. */
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { DAY, sample } from './store-oracle.ts';

const [, , url = '', rows = ''] = process.argv;
const store = await openBackend(url, { folder: '' });
for (let batch = 0; ; batch++) {
  await store.history.write(
    Array.from({ length: Number(rows) }, (_, row) =>
      sample({ timestamp: DAY + batch * 1000 + row, value: batch }),
    ),
  );
  process.stdout.write(`${batch}\n`);
}
