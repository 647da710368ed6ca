import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key as files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}
/** An authority in a folder of its own, made by `openssl`. */
export interface Authority extends Pair {
  /** for one common name; `days` counts from now, less than 0: it is over */
  issue(name: string, options?: { readonly extensions?: string; readonly days?: number }): Pair;
  revoke(pair: Pair): void;
  /** Writes the list of what is revoked by now, and gives its file. */
  list(): string;
}

const CLIENT = 'extendedKeyUsage=clientAuth';
/** For a broker on this machine. */
export const SERVER = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth';

const DAY_MS = 86_400_000;
/** `YYMMDDHHMMSSZ`, as `openssl ca` takes it. */
const dated = (days: number): string =>
  `${new Date(Date.now() + days * DAY_MS).toISOString().slice(2, 19).replaceAll(/\D/g, '')}Z`;
const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', [...args], { stdio: 'pipe' });
};
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export const createAuthority = (folder: string, name: string): Authority => {
  mkdirSync(folder);
  const file = (stem: string): string => join(folder, stem);
  const own = { cert: file('ca.pem'), key: file('ca.key') };
  const config = file('ca.cnf');
  const lines = [
    '[ca]',
    'default_ca = own',
    '[own]',
    `database = ${file('index.txt')}`,
    `new_certs_dir = ${folder}`,
    `certificate = ${own.cert}`,
    `private_key = ${own.key}`,
    'default_md = sha256',
    'default_crl_days = 1',
    'rand_serial = yes',
    'unique_subject = no',
    'policy = any',
    '[any]',
    'commonName = supplied',
  ];
  writeFileSync(config, lines.join('\n'));
  writeFileSync(file('index.txt'), '');
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    own.key,
    '-out',
    own.cert,
  );
  const ca = (...args: readonly string[]): void => openssl('ca', '-batch', '-config', config, ...args);
  let made = 0;
  return {
    ...own,
    issue(common, { extensions = CLIENT, days = 1 } = {}) {
      const stem = file(`${common}-${made++}`);
      const pair = { cert: `${stem}.pem`, key: `${stem}.key` };
      writeFileSync(`${stem}.ext`, extensions);
      openssl('req', ...newKey, '-subj', `/CN=${common}`, '-keyout', pair.key, '-out', `${stem}.csr`);
      const times = ['-startdate', dated(-2), '-enddate', dated(days)];
      // A broker started by root reads it as a user of its own.
      chmodSync(pair.key, 0o644);
      ca('-notext', '-in', `${stem}.csr`, '-out', pair.cert, '-extfile', `${stem}.ext`, ...times);
      return pair;
    },
    revoke: ({ cert }) => ca('-revoke', cert),
    list() {
      ca('-gencrl', '-out', file('crl.pem'));
      return file('crl.pem');
    },
  };
};
