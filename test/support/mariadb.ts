import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { homeFor, needsPrograms, programIn, runServer, type DatabaseServer } from './database-server.ts';
import { freePort } from './server.ts';

const folders = ['/usr/sbin', '/usr/bin', '/usr/local/bin'];
const programs = {
  'mariadb-install-db': programIn('mariadb-install-db', ...folders),
  mariadbd: programIn('mariadbd', ...folders),
};

/** Skips the suite where MariaDB is missing, unless REQUIRE_SYSTEM makes that a failure. */
export const needsMariadb = (suite: Mocha.Context): void => needsPrograms(suite, programs);

const PASSWORD = 'p@ss/word';

/** A real MariaDB that takes connections. */
export const startMariadb = async (): Promise<DatabaseServer> => {
  const port = await freePort();
  const home = homeFor('mysql');
  const data = join(home.folder, 'data');
  execFileSync(
    programs['mariadb-install-db'] ?? '',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { cwd: home.folder, stdio: 'ignore', ...home.as },
  );
  const socket = join(home.folder, 'socket');
  let databases = 0;
  return runServer({
    port,
    home,
    program: programs.mariadbd ?? '',
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
    ],
    ready: /ready for connections/,
    async freshUrl() {
      const name = `plant${++databases}`;
      const root = await createConnection({ socketPath: socket, user: 'root' });
      await root.query(`create database ${name}`);
      await root.query(`grant all on ${name}.* to plant@'127.0.0.1' identified by '${PASSWORD}'`);
      await root.end();
      return `mysql://plant:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
  });
};
