import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import alarmNotifier from '../../nodes/alarm-notifier/alarm-notifier.ts';
import type { DeliveryReport } from '../../nodes/alarm-notifier/channel.ts';
import type { AlarmEvent } from '../../nodes/lib/alarms.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { runNodes, temporaryFolder, type NodeFlow } from '../support/node-flow.ts';
import { freePort } from '../support/server.ts';
import { plain, startMailServer, type MailServer, type MailServerOptions } from '../support/smtp.ts';

const MINUTE = 60_000;
const alarm = (tank: number | string, change: Partial<AlarmEvent> = {}): AlarmEvent => ({
  id: `fish-tank/${tank}/temperature:high`,
  series: `fish-tank/${tank}/temperature`,
  condition: 'high',
  state: 'unacknowledged',
  previous: 'normal',
  priority: 'critical',
  value: 27.3,
  limit: 27,
  unit: 'Cel',
  since: Date.UTC(2000, 0, 1, 9, 12),
  timeline: 'simulated',
  message: `Fish tank ${tank} temperature is 27.3 °C, above the high limit of 27 °C since 09:12`,
  at: Date.UTC(2026, 0, 1),
  action: 'raised',
  ...change,
});

describe('alarm-notifier', () => {
  let flow: NodeFlow;
  let api: NodeAPI;
  let data: ReturnType<typeof temporaryFolder>;
  let mail: MailServer | undefined;
  let port: number;
  const closing: (() => Promise<unknown>)[] = [];

  const serve = async (options: Omit<MailServerOptions, 'port'> = {}): Promise<MailServer> =>
    (mail = await startMailServer({ port, ...options }));
  const mailTo = (change: object = {}) => ({
    smtpUrl: `smtp://127.0.0.1:${port}`,
    mailTo: 'anna@example.org',
    mailFrom: 'plant@example.org',
    ...change,
  });
  const start = async (change: object = {}): Promise<void> => {
    const adapter = (RED: NodeAPI): void => alarmNotifier((api = RED));
    const nodes = [
      {
        id: 'n1',
        type: 'alarm-notifier',
        smtpUrl: '',
        webhookUrl: '',
        wires: [['notices'], ['deliveries']],
        ...change,
      },
      { id: 'notices', type: 'probe', wires: [] },
      { id: 'deliveries', type: 'probe', wires: [] },
    ];
    flow = await runNodes([adapter], nodes, { userDir: data.folder });
  };
  const raise = (event: AlarmEvent): void => flow.receive('n1', { topic: 'x/alarm', payload: event });
  const advance = (ms: number): void => wallClock(api).advance(ms);
  const delivery = async (): Promise<DeliveryReport> =>
    (await flow.next('deliveries'))['payload'] as DeliveryReport;
  const notices = (): unknown[] => flow.take('notices').map(({ payload }) => payload);

  beforeEach(async () => {
    data = temporaryFolder();
    port = await freePort();
    mail = undefined;
  });
  afterEach(async () => {
    await flow.close();
    await mail?.close();
    for (const close of closing.splice(0)) await close();
    data.remove();
  });

  it('gives the page a notice, and nothing more without addresses', async () => {
    await start({ smtpUrl: '${SMTP_URL}', webhookUrl: '${ALARM_WEBHOOK}' });
    raise(alarm(1, { priority: 'low' }));
    raise(alarm(1, { priority: 'low', action: 'cleared', state: 'returned', message: 'Fine again' }));
    const [first, second] = flow.take('notices');
    const { topic, payload, kind, priority } = first ?? {};
    assert.deepEqual(
      { topic, payload, kind, priority },
      { topic: 'notice', payload: alarm(1).message, kind: 'raised', priority: 'low' },
    );
    assert.equal(second?.['payload'], 'Recovered: Fine again');
    assert.deepEqual(flow.take('deliveries'), []);
    assert.deepEqual(flow.statuses('n1'), ['page']);
    flow.receive('n1', { payload: { hot: true } });
    flow.receive('n1', { payload: null });
    assert.deepEqual(flow.errors(), [
      'payload: must be an alarm event, got {"hot":true}',
      'payload: must be an alarm event, got null',
    ]);
  });

  it('sends a mail with all the facts, signed in, as plain text', async () => {
    const server = await serve({ login: 'plant:s3cr3t@pass' });
    await start(
      mailTo({
        smtpUrl: `smtp://plant:s3cr3t%40pass@127.0.0.1:${port}`,
        mailTo: 'anna@example.org, eva@example.org',
      }),
    );
    raise(alarm(1));
    const { from, to, text, user } = await server.next();
    assert.deepEqual(
      { from, to, user },
      { from: 'plant@example.org', to: ['anna@example.org', 'eva@example.org'], user: 'plant' },
    );
    assert.match(text, /^Content-Type: text\/plain; charset=utf-8\r$/m);
    assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(text, /^Message-ID: <\d+-mail-0@pilot-plant>\r$/m);
    for (const fact of [
      alarm(1).message,
      'Series:   fish-tank/1/temperature',
      'Limit:    27 °C',
      'Since:    2000-01-01T09:12:00.000Z (simulated time)',
    ])
      assert.ok(plain(text).includes(fact), `${fact} is not in ${plain(text)}`);
    const { state, tries } = await delivery();
    assert.deepEqual({ state, tries }, { state: 'sent', tries: 1 });
  });

  it('leaves mail to what is urgent enough', async () => {
    const server = await serve();
    await start(mailTo({ mailPriority: 'critical' }));
    raise(alarm(1, { priority: 'high' }));
    raise(alarm(2));
    assert.deepEqual((await delivery()).subject, `Alarm (critical): ${alarm(2).message}`);
    assert.equal(server.mails.length, 1);
    assert.equal(notices().length, 2);
  });

  it('waits for a server that is away, and then sends once', async () => {
    await start(mailTo());
    raise(alarm(1));
    const first = await delivery();
    assert.equal(first.state, 'retry');
    assert.match(first.reason ?? '', /^127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    advance(29_999);
    const server = await serve();
    advance(1);
    assert.deepEqual([(await delivery()).state, server.mails.length], ['sent', 1]);
    advance(60 * MINUTE);
    assert.deepEqual([flow.take('deliveries').length, server.mails.length], [0, 1]);
    assert.deepEqual(flow.errors(), []);
  });

  it('gives up after three tries with an error, and is well again with the next mail', async () => {
    await serve({ busy: 'come again later' });
    await start(mailTo());
    raise(alarm(1));
    assert.equal((await delivery()).state, 'retry');
    advance(30_000);
    assert.equal((await delivery()).state, 'retry');
    advance(120_000);
    const { state, tries } = await delivery();
    assert.deepEqual({ state, tries }, { state: 'failed', tries: 3 });
    const [error] = flow.errors();
    assert.match(error ?? '', /^mail: 127\.0\.0\.1:\d+: .*451 come again later \(Alarm/);
    await mail?.close();
    await serve();
    raise(alarm(2));
    assert.equal((await delivery()).state, 'sent');
  });

  it('does not ask again where it is refused for good, and tells who got no mail', async () => {
    await serve({ refused: ['nobody@example.org'] });
    await start(mailTo({ mailTo: 'nobody@example.org' }));
    raise(alarm(1));
    assert.equal((await delivery()).state, 'failed');
    assert.match(flow.errors()[0] ?? '', /550 no such user nobody@example\.org/);
    await flow.close();
    await start(mailTo({ mailTo: 'nobody@example.org, anna@example.org' }));
    raise(alarm(2));
    const { state, reason } = await delivery();
    assert.deepEqual({ state, reason }, { state: 'sent', reason: 'refused: nobody@example.org' });
    assert.match(flow.errors()[0] ?? '', /^mail: refused: nobody@example\.org/);
  });

  it('shows no password, whatever goes wrong', async () => {
    await serve({ login: 'plant:right' });
    await start(mailTo({ smtpUrl: `smtp://plant:wr0ngSecret@127.0.0.1:${port}` }));
    raise(alarm(1));
    const told = await delivery();
    assert.equal(told.state, 'failed');
    assert.match(told.reason ?? '', /535/);
    assert.ok(
      !JSON.stringify([told, flow.errors(), flow.reported('n1'), flow.statuses('n1')]).includes(
        'wr0ngSecret',
      ),
    );
    await flow.close();
    await start(mailTo({ smtpUrl: 'http://plant:wr0ngSecret@x' }));
    assert.deepEqual(flow.reported('n1'), [
      'smtpUrl: must look like smtp://user:password@host:587 or smtps://…, got "http://…@x"',
    ]);
  });

  it('sends what was waiting after a restart', async () => {
    await start(mailTo());
    raise(alarm(1));
    assert.equal((await delivery()).state, 'retry');
    await flow.close();
    const server = await serve();
    await start(mailTo());
    raise(alarm(1));
    advance(30_000);
    assert.match((await server.next()).text, /Message-ID: <\d+-mail-0@pilot-plant>/);
    assert.equal((await delivery()).tries, 2);
    advance(60 * MINUTE);
    raise(alarm(1, { action: 'cleared', state: 'returned', message: 'Fine again' }));
    assert.equal((await delivery()).subject, 'Recovered: Fine again');
    assert.match((await server.next()).text, /Subject: Recovered: Fine again/);
  });

  it('a storm of 10 000 alarms is eleven mails within six minutes', async () => {
    const server = await serve();
    await start(mailTo());
    for (let tank = 0; tank < 10_000; tank++) raise(alarm(tank));
    assert.equal(notices().length, 10);
    for (let count = 0; count < 10; count++) assert.equal((await delivery()).state, 'sent');
    advance(6 * MINUTE);
    assert.match(notices()[0] as string, /^9990 more alarms; the most urgent: /);
    assert.equal((await delivery()).subject, '9990 more alarms');
    assert.equal(server.mails.length, 11);
    const last = plain(server.mails.at(-1)?.text ?? '').trimEnd();
    assert.ok(last.endsWith('and 9970 more: see the alarms page'), last);
    advance(60 * MINUTE);
    assert.deepEqual(flow.take('deliveries'), []);
  }).timeout(60_000);

  /** A web server that answers with what `answer` does. */
  const web = async (
    answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  ): Promise<string> => {
    const server: Server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => answer(request, body, response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('posts JSON to a webhook, which may ask for a password', async () => {
    const got: {
      method?: string | undefined;
      type?: string | undefined;
      login?: string | undefined;
      body: unknown;
    }[] = [];
    const host = await web(({ method, headers }, body, response) => {
      got.push({
        method,
        type: headers['content-type'],
        login: headers.authorization,
        body: JSON.parse(body),
      });
      response.writeHead(204).end();
    });
    await start({ webhookUrl: `http://me:pass@${host}/hook/token?x=1` });
    raise(alarm(1));
    const { channel, state } = await delivery();
    assert.deepEqual({ channel, state }, { channel: 'webhook', state: 'sent' });
    const [{ body, ...rest } = { body: undefined }] = got;
    assert.deepEqual(rest, { method: 'POST', type: 'application/json', login: `Basic ${btoa('me:pass')}` });
    assert.partialDeepStrictEqual(body, {
      kind: 'raised',
      priority: 'critical',
      text: alarm(1).message,
      count: 1,
      events: [alarm(1)],
    });
    assert.match(String(Object(body).id), /^\d+-webhook-0$/);
  });

  it('tries a webhook that is busy again, with the same id', async () => {
    const ids: unknown[] = [];
    const host = await web((_request, body, response) => {
      ids.push(Object(JSON.parse(body)).id);
      response.writeHead(ids.length === 1 ? 503 : 200).end('ok');
    });
    await start({ webhookUrl: `http://${host}/` });
    raise(alarm(1));
    const { state, reason } = await delivery();
    assert.deepEqual({ state, reason }, { state: 'retry', reason: `http://${host}: 503, refused` });
    advance(30_000);
    assert.equal((await delivery()).state, 'sent');
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  const refusals: [number, string][] = [
    [302, '302, a redirect, which is not followed'],
    [404, '404, refused'],
  ];
  for (const [status, words] of refusals)
    it(`takes a ${status} of a webhook for a no, and shows no path`, async () => {
      let asked = 0;
      const other = await web((_request, _body, response) => {
        asked++;
        response.end();
      });
      const host = await web((_request, _body, response) => {
        response.writeHead(status, { Location: `http://${other}/` }).end();
      });
      await start({ webhookUrl: `http://${host}/hook/secret-token` });
      raise(alarm(1));
      const told = await delivery();
      assert.deepEqual([told.state, told.reason], ['failed', `http://${host}: ${words}`]);
      assert.deepEqual(flow.errors(), [
        `webhook: http://${host}: ${words} (Alarm (critical): ${alarm(1).message})`,
      ]);
      assert.equal(asked, 0);
    });

  it('a test goes everywhere, past every limit', async () => {
    const server = await serve();
    const host = await web((_request, _body, response) => void response.end());
    await start({ ...mailTo({ mailPriority: 'critical' }), webhookUrl: `http://${host}/`, perHour: 1 });
    for (let count = 0; count < 2; count++) flow.receive('n1', { topic: 'test' });
    const sent = [await delivery(), await delivery(), await delivery(), await delivery()];
    assert.deepEqual(sent.map(({ channel, state }) => `${channel} ${state}`).toSorted(), [
      'mail sent',
      'mail sent',
      'webhook sent',
      'webhook sent',
    ]);
    assert.equal(server.mails.length, 2);
    assert.equal(notices().length, 2);
  });

  it('a stop waits for a mail on its way, so that it is not sent twice', async () => {
    const server = await serve();
    await start(mailTo());
    raise(alarm(1));
    await flow.close();
    await start(mailTo());
    advance(60 * MINUTE);
    assert.equal(server.mails.length, 1);
  });
});
