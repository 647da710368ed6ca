/** `start.ts` with other flows: node start-with-flows.ts <folder>. */
import { program } from '../../runtime/refusal.ts';
import { run } from '../../runtime/run.ts';

await program(() => run({ variables: { ...process.env }, flowsDir: process.argv[2] ?? '' }));
