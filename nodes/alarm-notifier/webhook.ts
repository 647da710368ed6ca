import type { Webhook } from './addresses.ts';
import { DeliveryError, type Deliver } from './delivery.ts';
import { bodyForWebhook } from './text.ts';

const TIME_OUT_MS = 10_000;
/** Answers of a server that may be another one later. */
const passing = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** The words of what went wrong, without the address: its path may be a secret. */
const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return `no answer within ${TIME_OUT_MS / 1000} s`;
  const inner: unknown = Object(cause.cause).code;
  return typeof inner === 'string' ? inner : cause.name;
};

/** Posts a notice as JSON. A redirect is not followed: it could lead anywhere. */
export const poster =
  ({ url, origin, authorization }: Webhook): Deliver =>
  async ({ id, notice }, signal) => {
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'pilot-plant',
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
        body: bodyForWebhook(notice, id),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIME_OUT_MS)]),
      });
      await response.body?.cancel();
    } catch (cause) {
      throw new DeliveryError(`${origin}: ${reasonOf(cause)}`, false);
    }
    if (response.ok) return undefined;
    const words =
      response.status >= 300 && response.status < 400 ? 'a redirect, which is not followed' : 'refused';
    throw new DeliveryError(`${origin}: ${response.status}, ${words}`, !passing(response.status));
  };
