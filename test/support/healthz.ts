import { setTimeout as delay } from 'node:timers/promises';

export interface HealthAnswer {
  readonly status: number;
  readonly troubles: readonly string[];
}

/** What `GET /healthz` says, without a login. */
export const askHealth = async (url: string): Promise<HealthAnswer> => {
  const response = await fetch(`${url}/healthz`);
  const { status, troubles } = (await response.json()) as { status: string; troubles: string[] };
  if ((response.status === 200) !== (status === 'ok')) throw new Error(`${response.status} with ${status}`);
  return { status: response.status, troubles };
};

/** Asks until the answer fits, and gives back how long that took, ms; rejects when it does not in time. */
export const untilHealth = async (
  url: string,
  fits: (answer: HealthAnswer) => boolean,
  patienceMs = 5000,
): Promise<number> => {
  const from = performance.now();
  for (;;) {
    const answer = await askHealth(url);
    const took = performance.now() - from;
    if (fits(answer)) return took;
    if (took > patienceMs) throw new Error(`no such health in ${patienceMs} ms: ${JSON.stringify(answer)}`);
    await delay(100);
  }
};

export const inTrouble =
  (words: RegExp) =>
  ({ status, troubles }: HealthAnswer): boolean =>
    status === 503 && troubles.some((trouble) => words.test(trouble));
export const isWell = ({ status }: HealthAnswer): boolean => status === 200;
