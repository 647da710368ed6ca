/**
 * Counts tries per address and, where one is given, per user behind it. A try is charged before its outcome is known,
 * so that many at once gain nothing.
 */
export interface Limiter {
  /** False when the address has used up its tries; else charges one. */
  attempt(address: string, user?: string): boolean;
  /** Gives the last try back: it was none to worry about. */
  refund(address: string, user?: string): void;
  /** Seconds until the address may try again. */
  waitSeconds(address: string, user?: string): number;
}

/** One person has a whole /64 of IPv6; an IPv4 address may come wrapped in one. */
const networkOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)).fill('0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
};

const keyOf = (address: string, user = ''): string => `${networkOf(address)} ${user}`;

/** At most `limit` failures per address within `windowMs`; remembers `size` addresses, the oldest are forgotten. */
export const createLimiter = (
  { limit, windowMs, size }: { readonly limit: number; readonly windowMs: number; readonly size: number },
  now: () => number,
): Limiter => {
  const table = new Map<string, number[]>();
  const recent = (key: string): number[] => (table.get(key) ?? []).filter((time) => now() - time < windowMs);
  return {
    attempt(address, user) {
      const key = keyOf(address, user);
      const times = recent(key);
      if (times.length >= limit) return false;
      table.delete(key);
      table.set(key, [...times, now()]);
      const [oldest] = table.keys();
      if (table.size > size && oldest !== undefined) table.delete(oldest);
      return true;
    },
    refund(address, user) {
      const key = keyOf(address, user);
      const times = recent(key).slice(0, -1);
      if (times.length > 0) table.set(key, times);
      else table.delete(key);
    },
    waitSeconds(address, user) {
      const times = recent(keyOf(address, user));
      const [first] = times;
      return times.length < limit || first === undefined ? 0 : Math.ceil((first + windowMs - now()) / 1000);
    },
  };
};
