import assert from 'node:assert/strict';
import {
  createAlarms,
  healthOf,
  type AlarmCommand,
  type AlarmEntry,
  type AlarmSource,
} from '../../nodes/lib/alarms.ts';

const entry = (id: string, change: Partial<AlarmEntry> = {}): AlarmEntry => ({
  id: `${id}:stale`,
  series: id,
  condition: 'stale',
  state: 'unacknowledged',
  priority: 'high',
  value: 61,
  limit: 60,
  unit: 's',
  since: 0,
  timeline: 'real',
  message: id,
  ...change,
});
const sourceOf = (entries: readonly AlarmEntry[], obeyed: string[] = []): AlarmSource => ({
  entries: () => entries,
  limits: () => [],
  has: (id) => entries.some((one) => one.id === id),
  obey: (id, { kind, user }: AlarmCommand) => void obeyed.push(`${kind} ${id} ${user}`),
});

describe('alarms of a runtime', () => {
  it('lists the most urgent first: priority, then what is to be done, then the newest, shelved last', () => {
    const alarms = createAlarms();
    alarms.add(
      sourceOf([
        entry('shelved', { priority: 'critical', shelvedUntil: 5 }),
        entry('returned', { state: 'returned' }),
        entry('low', { priority: 'low' }),
        entry('old'),
      ]),
    );
    alarms.add(
      sourceOf([
        entry('new', { since: 9 }),
        entry('critical', { priority: 'critical', state: 'acknowledged' }),
      ]),
    );
    assert.deepEqual(
      alarms.entries().map(({ series }) => series),
      ['critical', 'new', 'old', 'returned', 'low', 'shelved'],
    );
  });
  it('hands a command to who has the alarm, to both where two have it, and refuses an unknown one', () => {
    const alarms = createAlarms();
    const [first, second]: [string[], string[]] = [[], []];
    alarms.add(sourceOf([entry('a'), entry('b')], first));
    const leave = alarms.add(sourceOf([entry('a')], second));
    const command: AlarmCommand = { kind: 'acknowledge', user: 'anna' };
    alarms.command('a:stale', command);
    assert.deepEqual([first, second], [['acknowledge a:stale anna'], ['acknowledge a:stale anna']]);
    leave();
    alarms.command('a:stale', command);
    assert.deepEqual([first.length, second.length], [2, 1]);
    assert.throws(() => alarms.command('c:stale', command), { message: 'id: there is no alarm "c:stale"' });
  });
  it('tells listeners of changes until they leave', () => {
    const alarms = createAlarms();
    let changes = 0;
    const leave = alarms.listen({ changed: () => changes++ });
    alarms.add(sourceOf([]))();
    alarms.tell([]);
    leave();
    alarms.tell([]);
    assert.equal(changes, 3);
  });
  it('is in trouble where a critical signal says nothing any more, and only there', () => {
    const entries = [
      entry('blind', { priority: 'critical' }),
      entry('lies', { priority: 'critical', condition: 'bad-quality', state: 'acknowledged' }),
      entry('again', { priority: 'critical', state: 'returned' }),
      entry('minor'),
      entry('hot', { priority: 'critical', condition: 'high' }),
    ];
    assert.deepEqual(healthOf(entries), {
      troubles: ['blind is stale', 'lies has bad quality'],
      facts: { unacknowledged: 3, acknowledged: 1, returned: 1, shelved: 0 },
    });
  });
});
