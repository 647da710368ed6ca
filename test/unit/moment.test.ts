import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseMoment, rangeBetween } from '../../nodes/history-query/moment.ts';

const NOW = Date.UTC(2026, 10, 20, 10, 30);
const DAY = 86_400_000;
const iso = ({ from, to }: { from: number; to: number }): string[] =>
  [from, to].map((ms) => new Date(ms).toISOString().replace(/:00\.000Z$/, ''));
const range = (from: unknown, to?: unknown, tz = 0): string[] =>
  iso(rangeBetween(parseMoment(from, 'from'), to === undefined ? undefined : parseMoment(to, 'to'), NOW, tz));

describe('history-query: times', () => {
  // What was measured right now is in a range that ends now, so that one ends a millisecond later.
  const JUST_NOW = '2026-11-20T10:30:00.001Z';
  const cases: readonly [from: unknown, to: unknown, tz: number, ...wanted: [string, string]][] = [
    ['-24h', undefined, 0, '2026-11-19T10:30', JUST_NOW],
    ['-30d', 'now', 0, '2026-10-21T10:30', JUST_NOW],
    ['now-1h', 'now-30m', 0, '2026-11-20T09:30', '2026-11-20T10:00'],
    ['-1.5h', '-1h', 0, '2026-11-20T09:00', '2026-11-20T09:30'],
    ['-2w', '-90s', 0, '2026-11-06T10:30', '2026-11-20T10:28:30.000Z'],
    [' -1h ', 'now', 0, '2026-11-20T09:30', JUST_NOW],
    ['day', undefined, 0, '2026-11-20T00:00', '2026-11-21T00:00'],
    ['day-1', undefined, 0, '2026-11-19T00:00', '2026-11-20T00:00'],
    ['day-1', 'day', 0, '2026-11-19T00:00', '2026-11-21T00:00'],
    ['day-7', 'day-1', 0, '2026-11-13T00:00', '2026-11-20T00:00'],
    ['day', 'now', 0, '2026-11-20T00:00', JUST_NOW],
    ['day', undefined, 60, '2026-11-19T23:00', '2026-11-20T23:00'],
    ['day', undefined, 840, '2026-11-20T10:00', '2026-11-21T10:00'],
    ['day', undefined, -660, '2026-11-19T11:00', '2026-11-20T11:00'],
    ['2026-11-18', undefined, 0, '2026-11-18T00:00', '2026-11-19T00:00'],
    ['2026-11-18', '2026-11-19', 0, '2026-11-18T00:00', '2026-11-20T00:00'],
    ['2026-11-18', undefined, 120, '2026-11-17T22:00', '2026-11-18T22:00'],
    ['2024-02-29', undefined, 0, '2024-02-29T00:00', '2024-03-01T00:00'],
    ['2026-11-18T07:15', '2026-11-18T08:00:30', 0, '2026-11-18T07:15', '2026-11-18T08:00:30.000Z'],
    ['2026-11-18T07:15', '2026-11-18 08:15', 60, '2026-11-18T06:15', '2026-11-18T07:15'],
    ['2026-11-18T07:15Z', '2026-11-18T08:15z', 60, '2026-11-18T07:15', '2026-11-18T08:15'],
    ['2026-11-18T07:15+02:00', '2026-11-18T07:15-0130', 60, '2026-11-18T05:15', '2026-11-18T08:45'],
    ['2026-11-18T07:15 02:00', 'now', 0, '2026-11-18T05:15', JUST_NOW],
    [
      '2026-11-18T07:15:01.25Z',
      '2026-11-18T07:15:01.2567899Z',
      0,
      '2026-11-18T07:15:01.250Z',
      '2026-11-18T07:15:01.256Z',
    ],
    [0, 1000, 0, '1970-01-01T00:00', '1970-01-01T00:00:01.000Z'],
    ['0', String(NOW), 0, '1970-01-01T00:00', '2026-11-20T10:30'],
    [new Date(0), NOW, 0, '1970-01-01T00:00', '2026-11-20T10:30'],
    [-60_000, 0, 0, '1969-12-31T23:59', '1970-01-01T00:00'],
    ['-999999999w', 'now', 0, '1900-01-01T00:00', JUST_NOW],
    ['-1h', '-1h', 0, '2026-11-20T09:30', '2026-11-20T09:30'],
    ['2030-01-01T00:00Z', undefined, 0, '2030-01-01T00:00', '2030-01-01T00:00'],
  ];
  for (const [from, to, tz, ...wanted] of cases)
    it(`${String(from)} to ${String(to)}${tz === 0 ? '' : ` at ${tz} min`}`, () =>
      assert.deepEqual(range(from, to, tz), wanted));

  const none: readonly unknown[] = [
    '',
    'yesterday',
    '24h',
    '+24h',
    '-24',
    '-24x',
    '--1h',
    '-h',
    '-1h30m',
    '- 1h',
    '-1e3h',
    'now+1h',
    'nowish',
    'day+1',
    'day-',
    'day-1.5',
    'days',
    '2026-02-29',
    '2026-02-30T10:00',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '0099-01-01',
    '1899-12-31',
    '2026-11-20T24:00',
    '2026-11-20T10:60',
    '2026-11-20T10',
    '2026-11-20T10:00+25:00',
    '2026-11-20T10:00Europe/Berlin',
    '2026-11-20T10:00Z; DROP TABLE samples',
    '99999999999999999',
    '1.5',
    1.5,
    NaN,
    Infinity,
    1e300,
    true,
    null,
    {},
    [],
    new Date(NaN),
    'Fri, 20 Nov 2026 10:00:00 GMT',
  ];
  for (const raw of none)
    it(`refuses ${JSON.stringify(raw)} (${typeof raw})`, () =>
      assert.throws(() => parseMoment(raw, 'from'), /^Error: from: must be a time such as .+, got ./));

  it('refuses a range that ends before it begins, in words', () =>
    assert.throws(() => range('now', '-1h'), {
      message: 'from: must not be after to (2026-11-20T09:30:00.000Z), got 2026-11-20T10:30:00.000Z',
    }));

  it('any text is a moment or refused by name, and gives a range of whole ms', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.stringMatching(/^(now)?-\d{1,12}[smhdw]$/),
          fc.stringMatching(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(Z|[+-]\d\d:\d\d)?)?$/),
          fc.stringMatching(/^day(-\d{1,9})?$/),
        ),
        fc.integer({ min: -840, max: 840 }),
        (text, tz) => {
          let moment;
          try {
            moment = parseMoment(text, 'from');
          } catch (cause) {
            assert.match(String(cause), /^Error: from: must be a time/);
            return;
          }
          const { from, to } = rangeBetween(moment, undefined, NOW, tz);
          assert.ok(Number.isInteger(from) && Number.isInteger(to) && from <= to);
          assert.ok(Number.isFinite(new Date(from).getTime()) && Number.isFinite(new Date(to).getTime()));
        },
      ),
    ));

  it('what an ISO time says is what it means, in any zone', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-02'), max: new Date('9998-01-01'), noInvalidDate: true }),
        fc.integer({ min: -840, max: 840 }),
        (date, east) => {
          const zone = `${east < 0 ? '-' : '+'}${String(Math.trunc(Math.abs(east) / 60)).padStart(2, '0')}:${String(Math.abs(east) % 60).padStart(2, '0')}`;
          const local = new Date(date.getTime() + east * 60_000).toISOString().replace('Z', '');
          assert.deepEqual(parseMoment(local + zone, 'from'), { kind: 'at', ms: date.getTime() });
          const { from } = rangeBetween(parseMoment(local, 'from'), undefined, NOW, east);
          assert.equal(from, date.getTime());
        },
      ),
    ));

  it('days follow each other without a gap, and now is in today', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: -DAY * 20_000, max: DAY * 40_000 }),
        fc.integer({ min: -840, max: 840 }),
        fc.nat(400),
        (now, tz, ago) => {
          const day = (offset: number) =>
            rangeBetween(parseMoment(`day-${offset}`, 'from'), undefined, now, tz);
          assert.equal(day(ago).from, day(ago + 1).to);
          assert.equal(day(ago).to - day(ago).from, DAY);
          assert.ok(day(0).from <= now && now < day(0).to);
        },
      ),
    ));
});
