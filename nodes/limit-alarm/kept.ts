import { conditions, isActive } from '../lib/alarms.ts';
import type { AlarmState } from '../lib/alarms.ts';
import { isRecord } from '../lib/signal.ts';
import type { Timeline } from '../lib/store.ts';
import { quiet, type Alarm } from './alarm.ts';
import { withLimits, type LimitAlarmSettings, type Limits } from './config.ts';
import { newUnit, type Unit } from './unit.ts';

/** An alarm as it outlives a restart: all but a delay that was running. */
type SavedAlarm = Omit<Alarm, 'turning' | 'shelvedUntil'> & { readonly shelvedUntil: number | null };
interface SavedUnit {
  readonly series: string;
  readonly timeline: Timeline;
  readonly measuredIn: string;
  readonly value: number | null;
  readonly setpoint: number | null;
  readonly limits: Limits;
  readonly alarms: Readonly<Record<string, SavedAlarm>>;
}
export interface Saved {
  /** the limits of the form at that time: new ones there win over those by message */
  readonly form: string;
  readonly limits: Limits;
  readonly setpoint: number | null;
  readonly units: readonly SavedUnit[];
}
/** What a node remembers. */
export interface Memory {
  /** by message, for every series */
  readonly limits: Limits;
  /** by message, for every series without one of its own */
  readonly setpoint: number | undefined;
  readonly units: ReadonlyMap<string, Unit>;
}

const states: readonly AlarmState[] = ['normal', 'unacknowledged', 'acknowledged', 'returned'];
const isState = (value: unknown): boolean => states.some((state) => state === value);
const isNumberOrNull = (value: unknown): boolean => value === null || Number.isFinite(value);
const isLimits = (value: unknown): boolean =>
  isRecord(value) &&
  Object.entries(value).every(
    ([name, limit]) => conditions.some((condition) => condition === name) && isNumberOrNull(limit),
  );
const isSavedAlarm = (value: unknown): boolean =>
  isRecord(value) &&
  isState(value['state']) &&
  isState(value['told']) &&
  Number.isFinite(value['since']) &&
  isNumberOrNull(value['shelvedUntil']) &&
  typeof value['announced'] === 'boolean' &&
  typeof value['user'] === 'string';
const isSavedUnit = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['series'] === 'string' &&
  (value['timeline'] === 'real' || value['timeline'] === 'simulated') &&
  typeof value['measuredIn'] === 'string' &&
  isNumberOrNull(value['value']) &&
  isNumberOrNull(value['setpoint']) &&
  isLimits(value['limits']) &&
  isRecord(value['alarms']) &&
  Object.values(value['alarms']).every(isSavedAlarm);

export const isSaved = (state: unknown): state is Saved =>
  isRecord(state) &&
  typeof state['form'] === 'string' &&
  isLimits(state['limits']) &&
  isNumberOrNull(state['setpoint']) &&
  Array.isArray(state['units']) &&
  state['units'].every(isSavedUnit);

const formOf = ({ rules }: LimitAlarmSettings): string =>
  JSON.stringify(rules.map(({ limit }) => limit ?? null));

export const keep = (settings: LimitAlarmSettings, { limits, setpoint: common, units }: Memory): Saved => ({
  form: formOf(settings),
  limits,
  setpoint: common ?? null,
  units: [...units.values()].map(
    ({ series, timeline, measuredIn, value, setpoint, limits: own, alarms }) => ({
      series,
      timeline,
      measuredIn,
      value: value ?? null,
      setpoint: setpoint ?? null,
      limits: own,
      alarms: Object.fromEntries(
        Object.entries(alarms).map(
          ([condition, { state, since, shelvedUntil = null, told, announced, user }]) => [
            condition,
            { state, since, shelvedUntil, told, announced, user },
          ],
        ),
      ),
    }),
  ),
});

const restoredUnit = (saved: SavedUnit, settings: LimitAlarmSettings, limits: Limits, now: number): Unit => {
  const { series, timeline, measuredIn, value, setpoint } = saved;
  const rules = withLimits(withLimits(settings.rules, limits), saved.limits);
  const alarms = Object.entries(saved.alarms).map(([condition, { shelvedUntil, ...rest }]) => [
    condition,
    { ...quiet, ...rest, shelvedUntil: shelvedUntil ?? undefined },
  ]);
  // What was stale has been silent since then: a restart is no sign of life.
  const { stale } = saved.alarms;
  const goodAt = stale && isActive(stale.state) ? Math.min(now, stale.since) : now;
  return {
    ...newUnit(series, timeline, rules, goodAt),
    measuredIn,
    value: value ?? undefined,
    setpoint: setpoint ?? undefined,
    limits: saved.limits,
    alarms: Object.fromEntries(alarms) as Unit['alarms'],
  };
};

/** What a node begins with: alarms as they were; of what was not stale, silence is counted from now. */
export const restore = (
  settings: LimitAlarmSettings,
  saved: Saved | undefined,
  timeline: Timeline,
  now: number,
): Memory => {
  const sameForm = saved?.form === formOf(settings);
  const limits = sameForm ? saved.limits : {};
  const units = new Map<string, Unit>();
  for (const one of saved?.units ?? []) {
    const unit = restoredUnit(sameForm ? one : { ...one, limits: {} }, settings, limits, now);
    units.set(one.series, isWatched(settings, one.series) ? unit : unwatched(unit));
  }
  for (const topic of settings.topics) {
    const series = seriesOf(topic, settings.quantity);
    if (!units.has(series))
      units.set(series, newUnit(series, timeline, withLimits(settings.rules, limits), now));
  }
  return { limits, setpoint: saved?.setpoint ?? undefined, units };
};

export const seriesOf = (topic: string, quantity: string): string =>
  quantity === '' ? topic : `${topic}/${quantity}`;

/** Whether the form still asks for a series. */
export const isWatched = ({ topics, quantity }: LimitAlarmSettings, series: string): boolean =>
  topics.length > 0
    ? topics.some((topic) => seriesOf(topic, quantity) === series)
    : quantity === '' || series.endsWith(`/${quantity}`);

/** A series with nothing to watch for: what is active there clears. */
export const unwatched = (unit: Unit): Unit => ({
  ...unit,
  rules: unit.rules.map((rule) => ({ ...rule, limit: undefined })),
});
