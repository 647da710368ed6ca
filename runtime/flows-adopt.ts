/** `npm run flows:adopt`: takes the flows as they were edited and deployed back into `flows/`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adopt } from './adopt.ts';
import { flowText } from './compose.ts';
import { readEnvironment } from './environment.ts';
import { flowPaths, readFlow, readFlowFiles } from './flow-files.ts';
import { readJson } from './files.ts';
import { program, Refusal } from './refusal.ts';

await program(() => {
  const flowsDir = join(import.meta.dirname, '..', 'flows');
  const paths = flowPaths(readEnvironment(process.env).dataDir);
  // The files the flows were made of: a plant that was not among them is not to be emptied.
  const names = Object.keys(readJson(paths.origin) ?? {});
  if (names.length === 0) throw new Refusal(`${paths.origin}: is not there; start once with npm start`);
  const files = readFlowFiles(flowsDir).filter(({ name }) => names.includes(name));
  for (const { name, nodes } of adopt(readFlow(paths.flows), files)) {
    writeFileSync(join(flowsDir, `${name}.json`), flowText(nodes));
    console.log(`flows/${name}.json: ${nodes.length} nodes`);
  }
});
