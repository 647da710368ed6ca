/** `npm run reset`: puts the user's flows aside, so that the next start makes them anew from the shipped ones. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readEnvironment } from './environment.ts';
import { flowPaths } from './flow-files.ts';
import { lockFolder } from './lock.ts';
import { program } from './refusal.ts';

await program(() => {
  const { dataDir } = readEnvironment(process.env);
  const lock = lockFolder(dataDir);
  const old = Object.values(flowPaths(dataDir)).filter((path) => existsSync(path));
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const copy = join(dataDir, `flows-${stamp}`);
  if (old.length > 0) mkdirSync(copy, { mode: 0o700 });
  for (const path of old) renameSync(path, join(copy, basename(path)));
  console.log(old.length > 0 ? `The flows are kept in ${copy}.` : `There are no flows in ${dataDir}.`);
  console.log('The next npm start makes fresh ones.');
  lock.release();
});
