import { createHmac, randomBytes } from 'node:crypto';
import type { Limiter } from '../lib/rate-limit.ts';
import type { VerifyPassword } from './passwords.ts';

export type Outcome = 'right' | 'wrong' | 'limited';
export type Try = (
  address: string,
  name: string,
  password: Buffer,
  hash: string | undefined,
) => Promise<Outcome>;

/**
 * Checks passwords at most so often for an address and a user: a device with a wrong password shuts out itself, not
 * the other users behind its address. Names that nobody has count as one. A crowd that comes at once with the same
 * password is one try.
 */
export const limitTries = (verify: VerifyPassword, limiter: Limiter): Try => {
  const secret = randomBytes(32);
  const pending = new Map<string, Promise<Outcome>>();
  const attempt = async (
    address: string,
    user: string,
    password: Buffer,
    hash: string | undefined,
  ): Promise<Outcome> => {
    if (!limiter.attempt(address, user)) return 'limited';
    if (!(await verify(password, hash))) return 'wrong';
    limiter.refund(address, user);
    return 'right';
  };
  return (address, name, password, hash) => {
    const user = hash === undefined ? '' : name;
    const digest = createHmac('sha256', secret).update(password).digest('base64');
    const key = JSON.stringify([address, user, digest]);
    const known = pending.get(key);
    if (known) return known;
    const outcome = attempt(address, user, password, hash).finally(() => pending.delete(key));
    pending.set(key, outcome);
    return outcome;
  };
};
