/** `npm run restore FILE`: puts a backup in the place of the plant, and keeps the old one in a dated folder. */
import { rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from './environment.ts';
import { lockFolder } from './lock.ts';
import { program, Refusal } from './refusal.ts';
import { commitRestore, finishRestore, restorePlaces, unpack } from './unpack.ts';

await program(async () => {
  process.umask(0o077);
  const { dataDir } = readEnvironment(process.env);
  const [name] = process.argv.slice(2);
  if (name === undefined) throw new Refusal('FILE: must name a backup, as in npm run restore FILE');
  const file = resolve(name);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new Refusal(`${file}: is no file`);
  const lock = lockFolder(dataDir);
  const earlier = finishRestore(dataDir);
  if (earlier !== undefined)
    console.log(`An earlier restore had not ended; it has now. The plant before it is in ${earlier}.`);
  const { folder, files } = restorePlaces(dataDir);
  let manifest;
  try {
    manifest = await unpack(file, files);
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
  commitRestore(dataDir);
  const keep = finishRestore(dataDir);
  lock.release();
  console.log(`The plant of ${manifest.created} is in ${dataDir}.`);
  if (keep !== undefined) console.log(`What was there before is in ${keep}.`);
  if (manifest.history.startsWith('in '))
    console.log(`The history is ${manifest.history} and not part of the backup: restore it there.`);
});
