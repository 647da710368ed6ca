import type { Condition, Document } from '../lib/store.ts';
import type { Premises, StoredBatch } from './batch.ts';

/** Where the flow of the services keeps what happens to alarms. */
const JOURNAL = 'alarm-journal';
const MAX = 10_000;

/** The time in which a batch was brewed, process time, ms; `to` is out. */
export interface Run {
  readonly unit: string;
  readonly from: number;
  /** null: it is still brewed */
  readonly to: number | null;
}
/** Undefined: it has not been started, as far as the journal says. */
export const runOf = ({ Unit, From, Until }: StoredBatch): Run | undefined =>
  Unit === undefined || From === undefined ? undefined : { unit: Unit, from: From, to: Until ?? null };

const inRun = ({ from, to }: Run): Condition[] => [
  { field: 'since', is: '>=', value: from },
  ...(to === null ? [] : [{ field: 'since', is: '<' as const, value: to }]),
];

/** What happened to the alarms of a reactor while it brewed, oldest first. */
export const alarmsOf = async ({ records }: Premises, run: Run): Promise<readonly Document['body'][]> => {
  const { documents } = await records.list(JOURNAL, {
    // All names that begin with the unit and a slash: 0 is the character after it.
    where: [
      { field: 'series', is: '>=', value: `${run.unit}/` },
      { field: 'series', is: '<', value: `${run.unit}0` },
      ...inRun(run),
    ],
    sort: [{ field: 'since' }, { field: '$created' }],
    limit: MAX,
  });
  return documents.map(({ body }) => body);
};

/** How many alarms were raised in each batch, by one look into the journal. */
export const alarmCounts = async (
  { records }: Premises,
  batches: readonly StoredBatch[],
): Promise<ReadonlyMap<string, number>> => {
  const runs = batches.flatMap((batch) => {
    const run = runOf(batch);
    return run ? [{ id: batch.Id, ...run }] : [];
  });
  const counts = new Map<string, number>();
  if (runs.length === 0) return counts;
  const from = Math.min(...runs.map((run) => run.from));
  const { documents } = await records.list(JOURNAL, {
    where: [
      { field: 'action', is: '=', value: 'raised' },
      { field: 'since', is: '>=', value: from },
    ],
    sort: [{ field: 'since', descending: true }],
    limit: MAX,
  });
  for (const { body } of documents) {
    const { series, since } = body;
    if (typeof series !== 'string' || typeof since !== 'number') continue;
    for (const { id, unit, from: begin, to } of runs)
      if (series.startsWith(`${unit}/`) && since >= begin && since < (to ?? Infinity))
        counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
};
