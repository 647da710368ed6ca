/** Writes `nodes/examples/`: the services, and each plant with the config nodes it needs, for Import > Examples anywhere. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { standalone } from './adopt.ts';
import { flowText } from './compose.ts';
import { readFlowFiles } from './flow-files.ts';
import { program } from './refusal.ts';

await program(() => {
  const root = join(import.meta.dirname, '..');
  const examples = join(root, 'nodes', 'examples');
  const files = readFlowFiles(join(root, 'flows'));
  rmSync(examples, { recursive: true, force: true });
  mkdirSync(examples, { recursive: true });
  for (const { name } of files)
    writeFileSync(join(examples, `${name}.json`), flowText(standalone(name, files)));
});
