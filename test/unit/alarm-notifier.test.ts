import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AlarmAction, AlarmEvent, AlarmState, Priority } from '../../nodes/lib/alarms.ts';
import { addresses, smtpServer, webhookAt } from '../../nodes/alarm-notifier/addresses.ts';
import { parse } from '../../nodes/alarm-notifier/config.ts';
import { createGate, isSavedGate, type Gate, type Notice } from '../../nodes/alarm-notifier/gate.ts';
import { enqueue, failed, MOST_WAITING, nextOf, type Queue } from '../../nodes/alarm-notifier/queue.ts';
import { bodyOf, subjectOf } from '../../nodes/alarm-notifier/text.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const stateAfter: Readonly<Record<AlarmAction, AlarmState>> = {
  raised: 'unacknowledged',
  cleared: 'returned',
  acknowledged: 'acknowledged',
  shelved: 'unacknowledged',
  unshelved: 'unacknowledged',
};
const eventOf = (
  name: string,
  action: AlarmAction,
  at: number,
  change: Partial<AlarmEvent> = {},
): AlarmEvent => ({
  id: `tank/${name}:high`,
  series: `tank/${name}`,
  condition: 'high',
  state: stateAfter[action],
  previous: 'normal',
  priority: 'high',
  value: 27.3,
  limit: 27,
  unit: 'Cel',
  since: Date.UTC(2000, 0, 1, 9, 12),
  timeline: 'simulated',
  message: `Tank ${name} is hot`,
  at,
  action,
  ...(action === 'shelved' && { shelvedUntil: at + HOUR }),
  ...change,
});

/** A gate with a clock: events in, what was told out. */
const gated = ({ least = 'low', perHour = 10 }: { least?: Priority; perHour?: number } = {}) => {
  const cooldownMs = 10 * MINUTE;
  let now = 0;
  let gate: Gate = createGate({ least, cooldownMs, perHour }, 0);
  const told: Notice[] = [];
  const wait = (until: number): void => {
    for (let due = gate.dueAt(); due <= until; due = gate.dueAt()) {
      now = Math.max(now, due);
      told.push(...gate.tick(now));
    }
    now = until;
  };
  return {
    at(minutes: number, name: string, action: AlarmAction, change?: Partial<AlarmEvent>) {
      wait(minutes * MINUTE);
      told.push(...gate.accept(eventOf(name, action, now, change), now));
    },
    wait: (minutes: number) => wait(minutes * MINUTE),
    restart() {
      const saved: unknown = JSON.parse(JSON.stringify(gate.save()));
      assert.ok(isSavedGate(saved));
      gate = createGate({ least, cooldownMs, perHour }, now, saved);
    },
    size: () => JSON.stringify(gate.save()).length,
    lines: () => told.map(({ kind, text, at }) => `${at / MINUTE} ${kind} ${text}`),
    told,
  };
};

describe('alarm notifier: gate', () => {
  it('tells an alarm once and its recovery once', () => {
    const gate = gated();
    gate.at(0, 'a', 'raised');
    gate.at(1, 'a', 'acknowledged');
    gate.at(2, 'a', 'cleared', { message: 'Tank a is fine' });
    gate.at(3, 'a', 'cleared');
    gate.wait(100);
    assert.deepEqual(gate.lines(), ['0 raised Tank a is hot', '2 cleared Tank a is fine']);
  });
  it('is quiet during the cooldown, and tells at its end what is still active', () => {
    const gate = gated();
    gate.at(0, 'a', 'raised');
    for (let minute = 1; minute <= 8; minute += 2) {
      gate.at(minute, 'a', 'cleared', { message: 'fine' });
      gate.at(minute + 1, 'a', 'raised');
    }
    gate.wait(100);
    assert.deepEqual(gate.lines(), ['0 raised Tank a is hot', '1 cleared fine', '10 raised Tank a is hot']);
  });
  it('tells nothing at the end of a cooldown that somebody knows or that is over', () => {
    for (const end of ['cleared', 'acknowledged', 'shelved'] as const) {
      const gate = gated();
      gate.at(0, 'a', 'raised');
      gate.at(1, 'a', 'cleared');
      gate.at(2, 'a', 'raised');
      gate.at(3, 'a', end);
      gate.wait(100);
      assert.equal(gate.told.length, 2, end);
    }
  });
  it('collects what is too much and tells it as one summary when there is room', () => {
    const gate = gated();
    for (let tank = 0; tank < 24; tank++)
      gate.at(0, String(tank), 'raised', { priority: tank === 20 ? 'critical' : 'low' });
    assert.equal(gate.told.length, 10);
    gate.at(1, '11', 'cleared');
    gate.wait(6);
    const [summary, ...more] = gate.told.slice(10);
    assert.equal(summary?.text, '14 more alarms, 13 of them still active; the most urgent: Tank 20 is hot');
    assert.deepEqual(
      [summary?.kind, summary?.priority, summary?.at, more],
      ['summary', 'critical', 6 * MINUTE, []],
    );
    gate.at(60, 'late', 'raised');
    assert.equal(gate.told.at(-1)?.text, 'Tank late is hot');
  });
  it('tells an only one that had to wait as itself', () => {
    const gate = gated({ perHour: 1 });
    gate.at(0, 'a', 'raised');
    gate.at(1, 'b', 'raised');
    gate.wait(200);
    assert.deepEqual(gate.lines(), ['0 raised Tank a is hot', '60 raised Tank b is hot']);
  });
  it('leaves out what is less urgent, and what is shelved', () => {
    const gate = gated({ least: 'high' });
    gate.at(0, 'a', 'raised', { priority: 'medium' });
    gate.at(0, 'b', 'raised', { priority: 'critical', shelvedUntil: HOUR });
    assert.deepEqual(gate.told, []);
    gate.at(60, 'b', 'unshelved', { priority: 'critical' });
    assert.equal(gate.told.length, 1);
  });
  it('goes on after a restart where it was', () => {
    const gate = gated({ perHour: 2 });
    gate.at(0, 'a', 'raised');
    gate.at(0, 'b', 'raised');
    gate.at(0, 'c', 'raised');
    gate.restart();
    gate.at(1, 'a', 'cleared');
    gate.at(1, 'a', 'raised');
    gate.restart();
    gate.wait(300);
    assert.deepEqual(gate.lines(), [
      '0 raised Tank a is hot',
      '0 raised Tank b is hot',
      '1 cleared Tank a is hot',
      '31 summary 2 more alarms, 2 of them still active; the most urgent: Tank a is hot',
    ]);
  });
  it('a storm of 10 000 alarms becomes ten notices and few summaries, in bounded memory', () => {
    const gate = gated();
    for (let tank = 0; tank < 10_000; tank++) gate.at(tank / 1000, String(tank), 'raised');
    gate.wait(120);
    assert.ok(gate.told.length <= 12, String(gate.told.length));
    assert.equal(
      gate.told.reduce((sum, { count }) => sum + count, 0),
      10_000,
    );
    assert.ok(gate.told.every(({ events }) => events.length <= 20));
  });
  it('keeps the most urgent of a storm', () => {
    const gate = gated();
    for (let tank = 0; tank < 2000; tank++)
      gate.at(0, String(tank), 'raised', { priority: tank === 20 ? 'critical' : 'medium' });
    gate.wait(6);
    assert.equal(gate.told.at(-1)?.text, '1990 more alarms; the most urgent: Tank 20 is hot');
    assert.ok(gate.size() < 200_000, `${gate.size()} bytes to write down`);
  });
  it('never tells more than it may, never a recovery of what was not told, and loses no alarm that stays active', () => {
    const steps = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
        action: fc.constantFrom<AlarmAction>('raised', 'cleared', 'raised', 'cleared', 'acknowledged'),
        pause: fc.integer({ min: 0, max: 12 }),
        restart: fc.boolean(),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (input, perHour) => {
        const gate = gated({ perHour });
        const active = new Map<string, boolean>();
        let minute = 0;
        for (const { name, action, pause, restart } of input) {
          if (
            action === 'acknowledged'
              ? active.get(name) !== true
              : (active.get(name) ?? false) === (action === 'raised')
          )
            continue;
          minute += pause;
          gate.at(minute, name, action);
          if (restart) gate.restart();
          // An acknowledged alarm is known to somebody: nobody is owed a word of it.
          if (action === 'acknowledged') active.delete(name);
          else active.set(name, action === 'raised');
        }
        gate.wait(minute + 24 * 60);
        const open = new Set<string>();
        const last = new Map<string, boolean>();
        for (const { kind, events, at } of gate.told) {
          for (const { id } of events) {
            if (kind === 'cleared') assert.ok(open.delete(id), `${id} was cleared and had not been told`);
            if (kind === 'raised') open.add(id);
            if (kind === 'summary') open.delete(id);
            last.set(id, kind !== 'cleared');
          }
          const lately = gate.told.filter(
            (one) => one.kind !== 'cleared' && one.at > at - HOUR && one.at <= at,
          );
          assert.ok(lately.length <= 2 * perHour + 1, `${lately.length} within an hour`);
        }
        for (const [name, is] of active)
          if (is) assert.ok(last.get(`tank/${name}:high`), `${name} is active and nobody knows`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('alarm notifier: queue', () => {
  const notice = gatedNotice();
  it('tries three times and gives up, at once where it is refused for good', () => {
    let { queue } = enqueue([], 'x', notice, 0);
    const tries: (number | undefined)[] = [];
    for (let now: number | undefined = 0; now !== undefined;) {
      const item = nextOf(queue, now);
      assert.ok(item);
      const result = failed(queue, item, false, now);
      tries.push((now = result.retryAt));
      queue = result.queue;
    }
    assert.deepEqual(tries, [30_000, 150_000, undefined]);
    assert.deepEqual(queue, []);
    const { queue: other } = enqueue([], 'y', notice, 0);
    assert.deepEqual(other[0] && failed(other, other[0], true, 0), { queue: [], retryAt: undefined });
  });
  it('holds no more than it may, and one that waits for another try does not hold up the others', () => {
    let queue: Queue = [];
    const dropped: string[] = [];
    for (let index = 0; index < MOST_WAITING + 2; index++) {
      const result = enqueue(queue, String(index), notice, 0);
      queue = result.queue;
      dropped.push(...result.dropped.map(({ id }) => id));
    }
    assert.deepEqual([queue.length, dropped], [MOST_WAITING, ['0', '1']]);
    const [first] = queue;
    assert.ok(first);
    assert.equal(nextOf(failed(queue, first, false, 0).queue, 0)?.id, '3');
  });
});

function gatedNotice(): Notice {
  const gate = gated();
  gate.at(0, 'a', 'raised', { user: 'anna', value: null });
  const [notice] = gate.told;
  assert.ok(notice);
  return notice;
}

describe('alarm notifier: words', () => {
  it('a mail has all the facts', () =>
    assert.equal(
      bodyOf(gatedNotice()),
      [
        'Tank a is hot',
        '  Series:   tank/a',
        '  Alarm:    high',
        '  Priority: high',
        '  State:    active, not acknowledged',
        '  Value:    -',
        '  Limit:    27 °C',
        '  Since:    2000-01-01T09:12:00.000Z (simulated time)',
        '  Told:     1970-01-01T00:00:00.000Z',
        '  By:       anna',
        '',
      ].join('\n'),
    ));
  it('a subject is one line, whatever a series is called', () => {
    const notice = { ...gatedNotice(), subject: `Alarm\r\nBcc: all@example.org ${'x'.repeat(500)}` };
    assert.ok(!/[\r\n]/.test(subjectOf(notice)) && subjectOf(notice).length === 200);
  });
});

describe('alarm notifier: configuration', () => {
  it('is off without variables', () => {
    for (const value of ['', '${SMTP_URL}'])
      assert.deepEqual(
        [
          parse({ smtpUrl: value, webhookUrl: value }).mail,
          parse({ smtpUrl: value, webhookUrl: value }).webhook,
        ],
        [undefined, undefined],
      );
  });
  const servers: [string, object][] = [
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, requireTls: false, user: '' }],
    [
      'smtps://me:p%40ss@mail.example',
      { port: 465, secure: true, requireTls: false, user: 'me', password: 'p@ss' },
    ],
    ['smtp://me:pass@mail.example:25', { port: 25, secure: false, requireTls: true }],
    ['smtp://me:pass@127.0.0.1:25', { requireTls: false }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525 }],
  ];
  for (const [url, server] of servers)
    it(`reads ${url}`, () => assert.partialDeepStrictEqual(smtpServer(url, 'smtpUrl'), server));
  it('mails by default from who signs in, or from the first recipient', () => {
    const def = {
      smtpUrl: 'smtps://plant%40example.org:pass@mail.example',
      mailTo: 'a@b.c, d@e.f',
      mailFrom: '',
    };
    assert.equal(parse(def).mail?.from, 'plant@example.org');
    assert.equal(parse({ ...def, smtpUrl: 'smtp://mail.example' }).mail?.from, 'a@b.c');
    assert.deepEqual(parse(def).mail?.to, ['a@b.c', 'd@e.f']);
  });
  it('takes the password out of the address of a webhook', () => {
    const { url, authorization, origin } = webhookAt('https://me:se%C3%A9@hook.example/a?b', 'webhookUrl');
    assert.deepEqual([url, origin], ['https://hook.example/a?b', 'https://hook.example']);
    assert.equal(Buffer.from(authorization?.slice(6) ?? '', 'base64').toString(), 'me:seé');
  });
  const refused: [() => unknown, string][] = [
    [
      () => smtpServer('http://me:secret@x', 'smtpUrl'),
      'smtpUrl: must look like smtp://user:password@host:587 or smtps://…, got "http://…@x"',
    ],
    // A scheme that was forgotten, or typed wrong, is no reason to log a password.
    ...(['me:secret@x', 'smtp:me:secret@x', 'smtp//me:secret@x'] as const).map(
      (text): [() => unknown, string] => [
        () => smtpServer(text, 'smtpUrl'),
        'smtpUrl: must look like smtp://user:password@host:587 or smtps://…, got "…@x"',
      ],
    ),
    [
      () => smtpServer('smtp://me:100%@x', 'smtpUrl'),
      'smtpUrl: must look like smtp://user:password@host:587 or smtps://…, got "smtp://…@x"',
    ],
    [
      () => webhookAt('https://me:100%@x/token', 'webhookUrl'),
      'webhookUrl: must be an http or https URL, got "https://x…"',
    ],
    [
      () => smtpServer('smtp://me:secret@x:25/?logger=true', 'smtpUrl'),
      'smtpUrl: must end with the host and the port, got "smtp://…@x:25/?logger=true"',
    ],
    [
      () => addresses('a@b.c, nobody', 'mailTo'),
      'mailTo: must be e-mail addresses such as anna@example.org, got "nobody"',
    ],
    [
      () => addresses('a@b.c\r\nBcc:d@e.f', 'mailTo'),
      'mailTo: must be e-mail addresses such as anna@example.org, got "a@b.c\\r\\nBcc:d@e.f"',
    ],
    [
      () => webhookAt('ftp://me:secret@x/token?key=1', 'webhookUrl'),
      'webhookUrl: must be an http or https URL, got "ftp://x…"',
    ],
    [
      () => parse({ smtpUrl: 'smtp://x', mailTo: '' }),
      'mailTo: must be e-mail addresses when smtpUrl is set, got ""',
    ],
    [
      () => parse({ smtpUrl: 'smtp://x', mailTo: 'a@b.c', mailFrom: 'a@b.c,d@e.f' }),
      'mailFrom: must be one e-mail address, got 2',
    ],
    [() => parse({ perHour: 0 }), 'perHour: must be a whole number of at least 1 and at most 1000, got 0'],
  ];
  for (const [read, message] of refused) it(message, () => assert.throws(read, { message }));
});
