/** Writes `nodes/examples/`: each plant with the shared config nodes it needs, for Import > Examples anywhere. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { standalone } from './adopt.ts';
import { flowText, SERVICES } from './compose.ts';
import { readFlowFiles } from './flow-files.ts';
import { program } from './refusal.ts';

await program(() => {
  const root = join(import.meta.dirname, '..');
  const examples = join(root, 'nodes', 'examples');
  const files = readFlowFiles(join(root, 'flows'));
  rmSync(examples, { recursive: true, force: true });
  mkdirSync(examples, { recursive: true });
  for (const { name } of files)
    if (name !== SERVICES) writeFileSync(join(examples, `${name}.json`), flowText(standalone(name, files)));
});
