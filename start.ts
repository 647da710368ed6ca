/** `npm start`: runs the plant with the settings of the environment and the flows of `flows/`. */
import { join } from 'node:path';
import { program } from './runtime/refusal.ts';
import { run } from './runtime/run.ts';

await program(() => run({ variables: { ...process.env }, flowsDir: join(import.meta.dirname, 'flows') }));
