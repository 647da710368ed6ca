import { createTransport } from 'nodemailer';
import type { MailSettings } from './config.ts';
import type { Item } from './queue.ts';
import { bodyOf, subjectOf } from './text.ts';
import { DeliveryError, type Deliver } from './delivery.ts';

const TIME_OUT_MS = 10_000;

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Sends a notice as plain text. An answer of the server that begins with 5 will not change by asking again. */
export const mailer = ({ server, to, from }: MailSettings): Deliver => {
  const { host, port, secure, requireTls, user, password } = server;
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: requireTls,
    ...(user === '' ? {} : { auth: { user, pass: password } }),
    connectionTimeout: TIME_OUT_MS,
    greetingTimeout: TIME_OUT_MS,
    socketTimeout: TIME_OUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return async ({ id, notice }: Item, signal: AbortSignal) => {
    try {
      const { rejected } = await transport.sendMail({
        from,
        to: [...to],
        subject: subjectOf(notice),
        text: bodyOf(notice),
        date: new Date(notice.at),
        messageId: `<${id}@pilot-plant>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...(notice.priority === 'critical' ? { priority: 'high' as const } : {}),
        signal,
      });
      return rejected.length > 0 ? `refused: ${rejected.map(String).join(', ')}` : undefined;
    } catch (cause) {
      const code: unknown = Object(cause).responseCode;
      const reason = password === '' ? reasonOf(cause) : reasonOf(cause).replaceAll(password, '…');
      throw new DeliveryError(`${host}:${port}: ${reason}`, typeof code === 'number' && code >= 500);
    }
  };
};
