import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import { accountPage, loginPage, PAGE_POLICY } from './login-page.ts';
import { hostAllowed, isSafeMethod, sameOrigin } from './origin.ts';
import type { Session } from './sessions.ts';

export type Next = (error?: unknown) => void;
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** As much of a socket of the dashboard as the guard needs. */
export interface PageSocket {
  readonly request: IncomingMessage;
  readonly conn: { once(event: 'close', listener: () => void): unknown };
  readonly data: { user?: { readonly name: string; readonly role: string } };
  disconnect(close: boolean): unknown;
}

export interface Guard {
  /** In front of the editor and its API. */
  readonly admin: Middleware;
  /** In front of pages and HTTP nodes; also serves the login page. */
  readonly pages: Middleware;
  /** In front of what an administrator alone may have; stands behind `pages`. */
  readonly administrators: Middleware;
  /** In front of the dashboard's sockets, in place of its own cross-origin check. */
  readonly socket: (socket: PageSocket, next: Next) => void;
  /** In front of websocket nodes: what arrives there may be a command, so a viewer has no access. */
  readonly websocket: (info: { readonly req: IncomingMessage }) => boolean;
  /** The status with which an upgrade or a socket's request is turned away; undefined where it may pass. */
  readonly refusal: (request: IncomingMessage, needsSession: boolean) => number | undefined;
}

const MAX_BODY_BYTES = 1_048_576;
const MAX_FORM_BYTES = 4096;
const HOME = '/dashboard';

const reasons: Readonly<Record<number, string>> = {
  401: 'Please sign in at /login.',
  403: 'Not allowed.',
  411: 'A body needs a Content-Length.',
  413: 'The body is too long.',
  421: 'This server does not go by that name.',
  429: 'Too many failed logins. Please wait.',
};

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(reasons[status]);
};
const redirect = (response: ServerResponse, status: 302 | 303, location: string): void => {
  response.writeHead(status, { Location: location, 'Cache-Control': 'no-store' }).end();
};
const showPage = (response: ServerResponse, status: number, html: string): void => {
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': PAGE_POLICY,
    })
    .end(html);
};

/** A path on this server, else the start page: a login must not lead to a foreign page. */
export const safeNext = (next: string | null): string => {
  const base = 'http://here.invalid';
  const url = next?.startsWith('/') ? URL.parse(next, base) : null;
  return url?.origin === base && !url.pathname.startsWith('//') && !/^\/log(in|out)$/.test(url.pathname)
    ? `${url.pathname}${url.search}`
    : HOME;
};

const readForm = async (request: IncomingMessage): Promise<URLSearchParams | undefined> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_FORM_BYTES) return undefined;
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString());
};

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? '';
const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/';
const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');

const bodyRefusal = ({ headers }: IncomingMessage): number | undefined => {
  if (headers['transfer-encoding'] !== undefined) return 411;
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES ? 413 : undefined;
};

/** One guard for every way in, over one `access`. */
export const createGuard = (
  access: Access,
  { allowedHosts, tls }: { readonly allowedHosts: readonly string[]; readonly tls: boolean },
): Guard => {
  const { sessions, limiter, check, sessionOf, cookie } = access;

  const secure = (response: ServerResponse): void => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('X-Frame-Options', 'SAMEORIGIN');
    response.setHeader('Content-Security-Policy', "frame-ancestors 'self'");
    // Not no-referrer: with it a browser says `Origin: null` when the login form is sent.
    response.setHeader('Referrer-Policy', 'same-origin');
    if (tls) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  };
  const foreign = ({ headers }: IncomingMessage, changes: boolean): number | undefined => {
    if (!hostAllowed(headers.host, allowedHosts)) return 421;
    return changes && !sameOrigin(headers) ? 403 : undefined;
  };

  const logIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = await readForm(request);
    if (!form) return refuse(response, 413);
    const address = addressOf(request);
    const next = safeNext(form.get('next'));
    if (!limiter.attempt(address)) {
      response.setHeader('Retry-After', limiter.waitSeconds(address));
      return showPage(response, 429, loginPage(next, 'Too many failed logins. Please wait ten minutes.'));
    }
    const user = await check(form.get('name')?.trim() ?? '', form.get('password') ?? '');
    if (!user) return showPage(response, 401, loginPage(next, 'User or password is wrong.'));
    limiter.refund(address);
    response.setHeader('Set-Cookie', cookie(sessions.open(user)));
    redirect(response, 303, next);
  };

  const account = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const session = sessionOf(request);
    if (request.method === 'POST') logIn(request, response).catch(next);
    else if (session) showPage(response, 200, accountPage(session.user, session.role));
    else
      showPage(
        response,
        200,
        loginPage(safeNext(new URLSearchParams(request.url?.split('?')[1]).get('next'))),
      );
  };
  const logOut = (session: Session | undefined, response: ServerResponse): void => {
    if (session) sessions.close(session);
    response.setHeader('Set-Cookie', cookie(undefined));
    redirect(response, 303, '/login');
  };

  return {
    admin(request, response, next) {
      secure(response);
      const status = foreign(request, !isSafeMethod(request.method));
      if (status !== undefined) return refuse(response, status);
      if (request.method === 'POST' && pathOf(request) === '/auth/token') {
        const address = addressOf(request);
        if (!limiter.attempt(address)) {
          response.setHeader('Retry-After', limiter.waitSeconds(address));
          return refuse(response, 429);
        }
        response.once('finish', () => {
          if (response.statusCode === 200) limiter.refund(address);
        });
      }
      next();
    },
    pages(request, response, next) {
      secure(response);
      const changes = !isSafeMethod(request.method);
      const status = foreign(request, changes) ?? (changes ? bodyRefusal(request) : undefined);
      if (status !== undefined) return refuse(response, status);
      const path = pathOf(request);
      const session = sessionOf(request);
      if (path === '/login') return account(request, response, next);
      if (path === '/logout')
        return request.method === 'POST' ? logOut(session, response) : redirect(response, 302, '/login');
      if (!session)
        return wantsPage(request)
          ? redirect(response, 302, `/login?next=${encodeURIComponent(request.url ?? HOME)}`)
          : refuse(response, 401);
      if (changes && session.role === 'viewer') return refuse(response, 403);
      // Who asks, for what answers further on.
      Object.assign(request, { user: { name: session.user, role: session.role } });
      next();
    },
    administrators(request, response, next) {
      // A page elsewhere must not make a browser begin something costly.
      const status = foreign(request, true) ?? (sessionOf(request)?.role === 'admin' ? undefined : 403);
      if (status !== undefined) return refuse(response, status);
      next();
    },
    socket(socket, next) {
      const session = foreign(socket.request, true) === undefined ? sessionOf(socket.request) : undefined;
      if (!session) return next(new Error('unauthorized'));
      socket.data.user = { name: session.user, role: session.role };
      const cancel = sessions.onEnd(session, () => socket.disconnect(true));
      socket.conn.once('close', cancel);
      next();
    },
    websocket({ req }) {
      const role = foreign(req, true) === undefined ? sessionOf(req)?.role : undefined;
      return role !== undefined && role !== 'viewer';
    },
    refusal: (request, needsSession) =>
      foreign(request, true) ?? (needsSession && !sessionOf(request) ? 401 : undefined),
  };
};
