import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { homeFor, needsPrograms, programIn, runServer, type DatabaseServer } from './database-server.ts';
import { freePort } from './server.ts';

const folders = ['/usr/lib/postgresql/*/bin', '/usr/local/bin', '/usr/bin'];
const programs = { initdb: programIn('initdb', ...folders), postgres: programIn('postgres', ...folders) };

/** Skips the suite where PostgreSQL is missing, unless REQUIRE_SYSTEM makes that a failure. */
export const needsPostgres = (suite: Mocha.Context): void => needsPrograms(suite, programs);

const PASSWORD = 'p@ss/word';

/** A real PostgreSQL that takes connections. */
export const startPostgres = async (): Promise<DatabaseServer> => {
  const port = await freePort();
  const home = homeFor('postgres');
  const data = join(home.folder, 'data');
  const passwordFile = join(home.folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const init = ['-D', data, '-U', 'plant', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'];
  execFileSync(programs.initdb ?? '', [...init, '-E', 'UTF8', '--locale=C'], {
    cwd: home.folder,
    stdio: 'ignore',
    ...home.as,
  });
  let databases = 0;
  return runServer({
    port,
    home,
    program: programs.postgres ?? '',
    args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', home.folder],
    ready: /database system is ready to accept connections/,
    async freshUrl() {
      const name = `plant${++databases}`;
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'plant',
        password: PASSWORD,
        database: 'postgres',
      });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return `postgres://plant:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
  });
};
