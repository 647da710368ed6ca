import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { State } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import type { Entry } from '../../nodes/bioreactor-lifecycle/memory.ts';
import { signIn } from './operator.ts';

export interface Sensor {
  readonly value: number | null;
  readonly quality: string;
  readonly timestamp: number;
}
/** One reactor in `GET /api/bioreactor/live`; what is not known yet is absent. */
export interface Reactor {
  readonly id: string;
  readonly state?: {
    readonly state: State;
    readonly status: string | null;
    readonly batch: { readonly Id: string } | null;
  };
  readonly led: { readonly css: string };
  readonly heater: boolean;
  readonly cooler: boolean;
  readonly stirrer: boolean;
  readonly sensors: Readonly<Partial<Record<'temperature' | 'pressure' | 'ph', Sensor>>>;
}
export interface Live {
  readonly clock: { readonly speed: number };
  readonly reactors: readonly Reactor[];
  readonly problems: readonly { readonly text: string }[];
}
export interface Batch {
  readonly Id: string;
  readonly Status: string;
}
export interface Story {
  readonly batch: Batch;
  readonly journal: readonly Entry[];
}
export interface Series {
  readonly key: string;
  readonly timestamps: readonly number[];
  readonly values: readonly (number | null)[];
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
/** The HTTP API of the bioreactors, as one user. */
export interface Api {
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
  /** The body of a GET that is answered well. */
  get<T>(path: string): Promise<T>;
  reactor(id: string): Promise<Reactor>;
}

export const openApi = async (url: string, name: string, password = ''): Promise<Api> => {
  const headers = { ...(await signIn(url, name, password)), 'Content-Type': 'application/json' };
  const ask: Api['ask'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/bioreactor${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await ask('GET', path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body as T;
  };
  return {
    ask,
    get,
    reactor: async (id) => {
      const found = (await get<Live>('/live')).reactors.find((reactor) => reactor.id === id);
      assert.ok(found, id);
      return found;
    },
  };
};

/** Looks again and again until there is something to see; fails, saying what was there, when there is not in time. */
export const seen = async <T>(
  look: () => T | Promise<T>,
  fits: (value: T) => boolean,
  patienceMs = 40_000,
): Promise<T> => {
  const end = performance.now() + patienceMs;
  for (;;) {
    const value = await look();
    if (fits(value)) return value;
    if (performance.now() > end) assert.fail(`not seen in time; the last was ${JSON.stringify(value)}`);
    await delay(100);
  }
};
