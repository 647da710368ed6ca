import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { isRecord } from '../nodes/lib/signal.ts';

/** Node-RED's own format of a credentials file: AES-256-CTR, key = SHA-256 of the secret, IV in front as hex. */
const ALGORITHM = 'aes-256-ctr';
const IV_HEX = 32;
const keyOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export const encryptCredentials = (secret: string, credentials: object): { readonly $: string } => {
  const iv = randomBytes(16);
  const cipher = createCipheriv(ALGORITHM, keyOf(secret), iv);
  const body = cipher.update(JSON.stringify(credentials), 'utf8', 'base64') + cipher.final('base64');
  return { $: iv.toString('hex') + body };
};

/** Whether the secret opens a credentials file. The cipher has no seal, but a wrong key gives no JSON. */
export const opensCredentials = (secret: string, file: unknown): boolean => {
  const sealed = isRecord(file) ? file['$'] : undefined;
  if (typeof sealed !== 'string') return true;
  try {
    const decipher = createDecipheriv(ALGORITHM, keyOf(secret), Buffer.from(sealed.slice(0, IV_HEX), 'hex'));
    const text = decipher.update(sealed.slice(IV_HEX), 'base64', 'utf8') + decipher.final('utf8');
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
};
