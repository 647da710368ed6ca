import { cell } from '../lib/csv-cell.ts';
import { shown } from '../lib/number.ts';
import type { Scalar } from '../lib/signal.ts';
import { alarmsOf, runOf } from './alarms.ts';
import { answered, type Outcome } from './answers.ts';
import { visibleBatch } from './batches.ts';
import type { Premises, StoredBatch } from './batch.ts';
import { journalOf } from './journal.ts';
import { limitsOf, type Limit } from './measured.ts';
import type { Request } from './requests.ts';
import { inWords } from './words.ts';

/** All that is known of a batch. */
export interface Report {
  readonly batch: StoredBatch;
  readonly journal: readonly Readonly<Record<string, unknown>>[];
  readonly alarms: readonly Readonly<Record<string, unknown>>[];
  readonly limits: readonly Limit[];
  /** when it was brewed, process time, ms; null: not yet */
  readonly from: number | null;
  readonly to: number | null;
}

const collect = async (premises: Premises, request: Request): Promise<Report> => {
  const batch = await visibleBatch(premises, request);
  const run = runOf(batch);
  return {
    batch,
    journal: await journalOf(premises, batch.Id),
    alarms: run ? await alarmsOf(premises, run) : [],
    limits: await limitsOf(premises, batch),
    from: run?.from ?? null,
    to: run?.to ?? null,
  };
};

export const report = async (premises: Premises, request: Request): Promise<Outcome> => {
  const found = await collect(premises, request);
  return answered({ ...found, words: inWords(found, request.caller.user, premises.now()) });
};

type Row = readonly [
  section: string,
  time: number | null,
  name: string,
  value: Scalar,
  unit: string,
  limit: string,
];
const LINE = '\r\n';
const timeCell = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());
const scalarOf = (value: unknown): Scalar =>
  value === null || ['number', 'boolean', 'string'].includes(typeof value)
    ? (value as Scalar)
    : value === undefined
      ? null
      : shown(value);
const timeOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const fact = (name: string, value: Scalar, unit = ''): Row => ['batch', null, name, value, unit, ''];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** To three decimals: no sensor here tells more. */
const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toFixed(3)));

const limitRows = (limit: Limit): Row[] =>
  (['Lowest', 'Highest', 'Mean', 'Count', 'Outside'] as const).map((what) => [
    'limit',
    null,
    `${limit.Sensor} ${what}`,
    rounded(limit[what]),
    what === 'Count' || what === 'Outside' ? '' : limit.Unit,
    limit.min === null ? 'not watched' : `${limit.min} to ${limit.max}`,
  ]);
const journalRow = (entry: Report['journal'][number]): Row => [
  'journal',
  timeOf(entry['at']),
  `${textOf(entry['from'])} to ${textOf(entry['to'])}${entry['refused'] === true ? ' (refused)' : ''}`,
  [textOf(entry['signal']), textOf(entry['user']), textOf(entry['reason'])]
    .filter((text) => text !== '')
    .join(', '),
  '',
  '',
];
const alarmRow = (event: Report['alarms'][number]): Row => [
  'alarm',
  timeOf(event['since']),
  `${textOf(event['series'])} ${textOf(event['condition'])} ${textOf(event['action'])}`.trim(),
  scalarOf(event['value']),
  textOf(event['unit']),
  String(scalarOf(event['limit']) ?? ''),
];

/** A report as CSV (RFC 4180), a row per fact. */
export const reportCsv = ({ batch, journal, alarms, limits, from, to }: Report): string => {
  const { Recipe, Bioreactor } = batch;
  const { Water, Hops, Yeast, Syrup } = Recipe.Ingredients;
  const rows: Row[] = [
    fact('Id', batch.Id),
    fact('Status', batch.Status),
    fact('Reason', batch.Reason ?? ''),
    fact('Owner', batch.Email),
    fact('Bioreactor', Bioreactor.Id),
    fact('Facility', Bioreactor.FacilityName),
    ['batch', batch.Timestamp * 1000, 'Made', null, '', ''],
    ['batch', from, 'Brewed from', null, '', ''],
    ['batch', to, 'Brewed to', null, '', ''],
    ['recipe', Recipe.Timestamp * 1000, 'Name', Recipe.Name, '', ''],
    ['recipe', null, 'Duration', Recipe.DurationSeconds, 's', ''],
    ['recipe', null, 'Water', Water, 'L', ''],
    ...Object.entries({ Hops, Yeast, Syrup }).flatMap(([kind, list]) =>
      list.map(({ name, amount }): Row => ['recipe', null, `${kind} ${name}`, amount, 'g', '']),
    ),
    ...limits.flatMap(limitRows),
    ...journal.map(journalRow),
    ...alarms.map(alarmRow),
  ];
  const lines = rows.map(([section, time, name, value, unit, limit]) =>
    [section, timeCell(time), cell(name), cell(value), cell(unit), cell(limit)].join(','),
  );
  return ['section,time,name,value,unit,limit', ...lines, ''].join(LINE);
};

export const csv = async (premises: Premises, request: Request): Promise<Outcome> => {
  const payload = reportCsv(await collect(premises, request));
  const headers = {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="batch-${request.id}.csv"`,
  };
  return { answer: { statusCode: 200, payload, headers } };
};
