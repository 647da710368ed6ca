import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** The name in a Host header, without port and brackets, in lower case; undefined where it is none. */
const hostName = (header: string | undefined): string | undefined => {
  const url = header === undefined || /[/\\@?#\s]/.test(header) ? null : URL.parse(`http://${header}`);
  return url?.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') || undefined;
};

/** Names that no stranger can register, so a foreign page cannot make a browser resolve them to this machine. */
const LOCAL_NAME = /^[^.]+$|\.(local|lan|internal|localhost|home\.arpa)$/;

/**
 * Whether a request was meant for this machine. An address, a bare name and a local name are; of public names only
 * the allowed ones, since a page elsewhere can let its own name point here (DNS rebinding).
 */
export const hostAllowed = (header: string | undefined, allowed: readonly string[]): boolean => {
  const name = hostName(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || LOCAL_NAME.test(name) || allowed.some((other) => other.toLowerCase() === name);
};

/**
 * Whether a request comes from a page of this server, or from no page at all. Browsers send `Origin` with every
 * cross-origin request that can change something, and with every websocket; programs send neither header.
 */
export const sameOrigin = (headers: IncomingHttpHeaders): boolean => {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const from = URL.parse(origin);
  const to = host === undefined ? null : URL.parse(`${from?.protocol ?? 'http:'}//${host}`);
  return from !== null && to !== null && from.host !== '' && from.host === to.host;
};

/** Requests that only look. */
export const isSafeMethod = (method: string | undefined): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
