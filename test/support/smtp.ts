import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

/** A mail as a server has got it. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** headers and body, as on the wire */
  readonly text: string;
  readonly user: string;
  readonly tls: boolean;
}
export interface MailServer {
  readonly mails: Mail[];
  /** the next mail, or the oldest that has not been taken */
  next(): Promise<Mail>;
  close(): Promise<void>;
}
export interface MailServerOptions {
  readonly port: number;
  /** `name:password` that may sign in; without it anybody may send */
  readonly login?: string;
  /** addresses that are refused for good */
  readonly refused?: readonly string[];
  /** an answer to every mail instead of taking it */
  readonly busy?: string;
}

/** A mail with its quoted-printable undone. */
export const plain = (text: string): string => {
  const joined = text.replaceAll(/=\r\n/g, '');
  const bytes = joined.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n');
};

/** A real SMTP server on loopback. */
export const startMailServer = async ({
  port,
  login,
  refused = [],
  busy,
}: MailServerOptions): Promise<MailServer> => {
  const mails: Mail[] = [];
  const waiting: ((mail: Mail) => void)[] = [];
  const answer = (words: string, responseCode: number): Error =>
    Object.assign(new Error(words), { responseCode });
  const server = new SMTPServer({
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS', ...(login === undefined ? ['AUTH'] : [])],
    onAuth({ username, password }, _session, done) {
      if (`${username}:${password}` === login) done(null, { user: username });
      else done(answer('wrong password', 535));
    },
    onRcptTo({ address }, _session, done) {
      done(refused.includes(address) ? answer(`no such user ${address}`, 550) : undefined);
    },
    onData(stream, { envelope, user, secure }, done) {
      let text = '';
      stream.setEncoding('utf8');
      stream.on('data', (part: string) => (text += part));
      stream.on('end', () => {
        if (busy !== undefined) {
          done(answer(busy, 451));
          return;
        }
        const mail: Mail = {
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          text,
          user: String(user ?? ''),
          tls: secure,
        };
        done();
        const taker = waiting.shift();
        if (taker) taker(mail);
        else mails.push(mail);
      });
    },
  });
  server.on('error', () => {}); // a client that goes away; the tests look at what arrived
  const http = server.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return {
    mails,
    next: () => {
      const mail = mails.shift();
      return mail ? Promise.resolve(mail) : new Promise((resolve) => waiting.push(resolve));
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
