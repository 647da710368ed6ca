import { decoded, withoutPassword } from '../lib/address.ts';

/** Where notices go, read from text that may hold a password or a token: no error shows more than what stands around it. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else it is asked for as soon as the server offers it */
  readonly secure: boolean;
  /** nothing is sent without TLS */
  readonly requireTls: boolean;
  readonly user: string;
  readonly password: string;
}
export interface Webhook {
  readonly url: string;
  /** what may be shown: no path, which often is a secret */
  readonly origin: string;
  /** of `user:password@`, as a header */
  readonly authorization: string | undefined;
}

/** A blank text, or a reference to a variable that nobody has set: the channel is off. */
export const isOff = (text: string): boolean => text === '' || /^\$\{[^}]*\}$/.test(text);

const safely = (text: string): string => JSON.stringify(withoutPassword(text).slice(0, 60));
/** The path of a webhook is often a secret. */
const bare = (text: string): string =>
  safely(text.replace(/^([a-z]+:\/\/)?([^/]*@)?([^/?#]*)[^]*$/i, '$1$3…'));
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** `smtp://user:password@host:587` or `smtps://…:465`; a password goes over a network with TLS only. */
export const smtpServer = (text: string, name: string): SmtpServer => {
  const url = URL.parse(text);
  const secure = url?.protocol === 'smtps:';
  const [user, password] = [decoded(url?.username ?? ''), decoded(url?.password ?? '')];
  if (
    !url ||
    (!secure && url.protocol !== 'smtp:') ||
    url.hostname === '' ||
    user === undefined ||
    password === undefined
  )
    throw new Error(
      `${name}: must look like smtp://user:password@host:587 or smtps://…, got ${safely(text)}`,
    );
  if (url.search !== '' || url.hash !== '' || url.pathname.length > 1)
    throw new Error(`${name}: must end with the host and the port, got ${safely(text)}`);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: !secure && user !== '' && !LOOPBACK.test(url.hostname),
    user,
    password,
  };
};

const ADDRESS = /^[^\s@<>,;:"\\]+@[^\s@<>,;:"\\]+$/;
/** E-mail addresses with commas between them. */
export const addresses = (text: string, name: string): string[] => {
  const all = text.split(',').map((address) => address.trim());
  const wrong = all.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined)
    throw new Error(
      `${name}: must be e-mail addresses such as anna@example.org, got ${JSON.stringify(wrong.slice(0, 60))}`,
    );
  return all;
};

/** An http or https address. */
export const webhookAt = (text: string, name: string): Webhook => {
  const url = URL.parse(text);
  const [user, password] = [decoded(url?.username ?? ''), decoded(url?.password ?? '')];
  if (!url || !/^https?:$/.test(url.protocol) || user === undefined || password === undefined)
    throw new Error(`${name}: must be an http or https URL, got ${bare(text)}`);
  const { origin } = url;
  const pair = `${user}:${password}`;
  url.username = '';
  url.password = '';
  return {
    url: url.href,
    origin,
    authorization:
      pair === ':' ? undefined : `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(pair)))}`,
  };
};
