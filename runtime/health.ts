/** For the health check of a container: exit 0 while the plant runs. */
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { inUrl, reachable, readEnvironment } from './environment.ts';

const { host, port, tls } = readEnvironment(process.env);
const address = `${inUrl(reachable(host))}:${port}/healthz`;
const answered = ({ statusCode }: { readonly statusCode?: number | undefined }): never =>
  process.exit(statusCode === 200 ? 0 : 1);
// The certificate is for others: this asks whether the program runs, on the same machine.
const request = tls
  ? getSecurely(`https://${address}`, { rejectUnauthorized: false, timeout: 4000 }, answered)
  : get(`http://${address}`, { timeout: 4000 }, answered);
request.on('timeout', () => request.destroy());
request.on('error', () => process.exit(1));
