import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** `scrypt$<N>$<r>$<p>$<salt>$<key>`, the last two in base64. */
const SHAPE = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;
const MAX_MEMORY = 128 * 1024 * 1024;

const derive = (password: string | Buffer, salt: Buffer, bytes: number, cost: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, { ...cost, maxmem: MAX_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

const written = (salt: Buffer, key: Buffer): string =>
  `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${key.toString('base64')}`;

/** The hash of a password for the credentials file. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16);
  return written(salt, await derive(password, salt, KEY_BYTES, COST));
};

export const isPasswordHash = (text: string): boolean => SHAPE.test(text);

export type VerifyPassword = (password: Buffer, hash: string | undefined) => Promise<boolean>;

/**
 * Checks passwords. Without a hash (nobody has that name) it works just as long and says no. A hash that was met
 * once is remembered by a keyed digest of its password, so that a crowd of clients that reconnects at once is let in
 * without deriving every key again; the password itself is not kept.
 */
export const passwordVerifier = (): VerifyPassword => {
  const secret = randomBytes(32);
  const nobody = written(randomBytes(16), randomBytes(KEY_BYTES));
  const met = new Map<string, Buffer>();
  return async (password, hash) => {
    const digest = createHmac('sha256', secret).update(password).digest();
    const known = hash === undefined ? undefined : met.get(hash);
    if (known && timingSafeEqual(known, digest)) return true;
    const [, N, r, p, salt = '', key = ''] = SHAPE.exec(hash ?? nobody) ?? [];
    const expected = Buffer.from(key, 'base64');
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    const derived = await derive(password, Buffer.from(salt, 'base64'), expected.length, cost);
    const right = hash !== undefined && timingSafeEqual(derived, expected);
    if (right) met.set(hash, digest);
    return right;
  };
};
