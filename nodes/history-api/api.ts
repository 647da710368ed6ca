import type { NextFunction, Request, Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmLimit } from '../lib/alarms.ts';
import type { Database } from '../lib/store.ts';
import { listed, newestOr, stretches, TooMuch } from '../history-query/answers.ts';
import { tableOf } from '../history-query/csv.ts';
import { NoRange, rangeBetween } from '../history-query/moment.ts';
import { fileName, jsonList } from './download.ts';
import { fits, journalPage } from './journal.ts';
import {
  alarmParameters,
  historyParameters,
  limitsParameters,
  readParameters,
  Refused,
  seriesParameters,
} from './parameters.ts';
import { createTurnstile, type Turnstile } from './turnstile.ts';

export interface ApiOptions {
  /** The database of an id, the first one where it is blank; throws a refusal where there is none. */
  readonly database: (id: string) => Database;
  readonly limits: () => readonly AlarmLimit[];
  /** wall time, ms */
  readonly now: () => number;
  readonly warn: (text: string) => void;
  /** the script of the charts, as it was built */
  readonly chartFile: string;
  readonly queries?: { readonly perClient: number; readonly overall: number };
  readonly downloads?: { readonly perClient: number; readonly overall: number };
}
export type Handler = (request: Request, response: Response, next: NextFunction) => void;

/** A browser has six connections; twice that is two of them. */
const QUERIES = { perClient: 12, overall: 32 };
/** A download can take minutes, and each one holds a page of every series. */
const DOWNLOADS = { perClient: 2, overall: 6 };
/** Nothing was taken for so long: whoever asked is gone. */
const STALLED_MS = 60_000;

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));
const clientOf = ({ headers, socket }: Request): string => headers.cookie ?? socket.remoteAddress ?? '';
const searchOf = ({ url }: Request): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
/** Whoever asked has gone away meanwhile; that is nobody's error. */
const isGone = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE', 'ERR_STREAM_DESTROYED'].includes(
    String(cause.code),
  );

/** Lets others have their turn after each part: a socket that takes all at once never makes anybody wait. */
async function* inTurns(parts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const part of parts) {
    yield part;
    await nextTurn();
  }
}

/** Sends parts as the client takes them, and stops making them when it goes away. */
const stream = async (
  request: Request,
  response: Response,
  type: string,
  parts: Iterable<string> | AsyncIterable<string>,
): Promise<void> => {
  response.status(200).type(type);
  if (request.method === 'HEAD') return void response.end();
  response.setTimeout(STALLED_MS, () => void response.destroy());
  try {
    await pipeline(Readable.from(inTurns(parts)), response);
  } catch (cause) {
    if (!isGone(cause)) throw cause;
  }
};

/** What GET and HEAD of the addresses behind `/api` answer; everything else goes on to who comes next. */
export const createApi = ({
  database,
  limits,
  now,
  warn,
  chartFile,
  queries = QUERIES,
  downloads = DOWNLOADS,
}: ApiOptions): Handler => {
  const forQueries = createTurnstile(queries);
  const forDownloads = createTurnstile(downloads);

  const series = async (request: Request, response: Response): Promise<void> => {
    const asked = readParameters(seriesParameters, searchOf(request));
    const wanted = asked.series.length > 0 ? asked.series : ['#'];
    const { history } = database(asked.database);
    const found = await listed(history, { ...asked, series: wanted });
    await stream(request, response, 'json', jsonList('series', found));
  };
  const askedHistory = (request: Request) => {
    const asked = readParameters(historyParameters, searchOf(request));
    if (asked.series.length === 0)
      throw new Refused(400, 'series: must name at least one series, got nothing');
    return { asked, history: database(asked.database).history };
  };
  const history = async (request: Request, response: Response): Promise<void> => {
    const { asked, history: from } = askedHistory(request);
    const found = await stretches(from, asked, newestOr(now()));
    await stream(request, response, 'json', jsonList('series', found));
  };
  const csv = async (request: Request, response: Response): Promise<void> => {
    const { asked, history: from } = askedHistory(request);
    const reduced = Boolean(new URLSearchParams(searchOf(request)).get('points'));
    const table = await tableOf(from, asked, newestOr(now()), { reduced });
    // Once the first lines are there, it is known that the database answers.
    const { value: first = '' } = (await table.chunks.next()) as IteratorResult<string, undefined>;
    response.attachment(fileName(table));
    await stream(
      request,
      response,
      'text/csv; charset=utf-8',
      (async function* () {
        yield first;
        yield* table.chunks;
      })(),
    );
  };
  const alarms = async (request: Request, response: Response): Promise<void> => {
    const { from, to, tz, ...asked } = readParameters(alarmParameters, searchOf(request));
    const range = rangeBetween(from, to, now(), tz);
    response.json(await journalPage(database(asked.database).records, { ...asked, ...range }));
  };
  const alarmLimits = async (request: Request, response: Response): Promise<void> => {
    const asked = readParameters(limitsParameters, searchOf(request));
    const found = limits().filter(
      (limit) =>
        fits(asked.series, limit.series) && (asked.timeline === 'any' || asked.timeline === limit.timeline),
    );
    response.json({ limits: found });
  };
  const chart = async (_request: Request, response: Response): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // It stays the same until the next start with another version, and then a browser asks whether it did.
    response.setHeader('Cache-Control', 'private, no-cache');
    response.sendFile(chartFile, { cacheControl: false }, (cause) => {
      if (!cause || response.headersSent || response.destroyed) resolve();
      else reject(new Refused(404, 'history-chart.js: is not built'));
    });
    return promise;
  };

  const routes: Readonly<
    Record<
      string,
      {
        readonly answer: (request: Request, response: Response) => Promise<void>;
        readonly turnstile: Turnstile | undefined;
      }
    >
  > = {
    '/series': { answer: series, turnstile: forQueries },
    '/history': { answer: history, turnstile: forQueries },
    '/history.csv': { answer: csv, turnstile: forDownloads },
    '/alarms': { answer: alarms, turnstile: forQueries },
    '/alarms/limits': { answer: alarmLimits, turnstile: undefined },
    '/history-chart.js': { answer: chart, turnstile: undefined },
  };

  /** What went wrong, as an answer. Of the database only that it does not answer: the rest is for the log. */
  const refuse = (request: Request, response: Response, cause: unknown): void => {
    const known =
      cause instanceof Refused
        ? cause
        : cause instanceof NoRange
          ? new Refused(400, cause.message)
          : cause instanceof TooMuch
            ? new Refused(413, cause.message)
            : undefined;
    if (!known) warn(`history-api: ${request.path}: ${asError(cause).message}`);
    // Half of an answer is none: whoever reads it must see that it is broken off.
    if (response.headersSent) return void response.destroy();
    const { status, message } = known ?? new Refused(503, 'database: does not answer');
    response.removeHeader('Content-Disposition');
    response.setHeader('Cache-Control', 'no-store');
    if (status === 429 || status === 503) response.setHeader('Retry-After', '2');
    response.status(status).json({ error: message });
  };

  return (request, response, next) => {
    const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
    if (!route) return next();
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(request, response, new Refused(405, `method: must be GET, got ${request.method}`));
    }
    const { answer, turnstile } = route;
    const leave = turnstile ? turnstile.enter(clientOf(request)) : () => undefined;
    if (!leave) return refuse(request, response, new Refused(429, 'too many queries at the same time'));
    answer(request, response)
      .catch((cause: unknown) => refuse(request, response, cause))
      .finally(leave)
      .catch((cause: unknown) => warn(`history-api: ${asError(cause).message}`));
  };
};
