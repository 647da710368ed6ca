/**
 * `start.ts` with other flows: node start-with-flows.ts <folder>. SIGUSR2 stops the flows of the running plant, which
 * nobody can from outside.
 */
import RED from 'node-red';
import { program } from '../../runtime/refusal.ts';
import { run } from '../../runtime/run.ts';

process.on('SIGUSR2', () => {
  const nodes = RED.nodes as unknown as { stopFlows(): Promise<void> };
  nodes.stopFlows().catch((cause: unknown) => console.error(cause));
});
await program(() => run({ variables: { ...process.env }, flowsDir: process.argv[2] ?? '' }));
