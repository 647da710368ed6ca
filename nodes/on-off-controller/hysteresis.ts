/**
 * On-off control with hysteresis: on at one edge of a band, off at the other, in between as it was. Times are ms of
 * process time. Whatever is missing, bad or stale means off, at once; a minimum on-time never keeps it on then.
 */
export type Action = 'heating' | 'cooling';
export type Mode = 'auto' | 'manual' | 'off';
/** The edges at which the output switches. */
export interface Band {
  readonly low: number;
  readonly high: number;
}
export interface Settings {
  /** heating raises the measurement (a lamp and an aerator do so too), cooling lowers it */
  readonly action: Action;
  readonly minOnMs: number;
  readonly minOffMs: number;
  /** a measurement older than this is stale; 0: never */
  readonly staleMs: number;
}
export interface Memory {
  readonly mode: Mode;
  /** the mode is off from then on, unless it is asked for again; Infinity: it lasts */
  readonly modeUntil: number;
  readonly band: Band;
  /** the state asked for in manual mode */
  readonly manual: boolean;
  readonly on: boolean;
  /** when `on` changed last */
  readonly since: number;
  /** the last usable measurement; undefined where the last one was bad, or none has come */
  readonly value: number | undefined;
  readonly measuredAt: number | undefined;
  /** another source is in charge of the actuator: `on` is what is in force there, not our decision */
  readonly tracking: boolean;
}
export type Reason =
  | 'no measurement'
  | 'bad measurement'
  | 'stale measurement'
  | 'below the band'
  | 'above the band'
  | 'within the band'
  | 'minimum on-time'
  | 'minimum off-time'
  | 'manual'
  | 'not renewed'
  | 'off';
export interface Decision {
  readonly on: boolean;
  readonly reason: Reason;
  /** when to decide again, measurement or not */
  readonly deadline: number | undefined;
}

/** Off since the start: what the actuator did before is not known, so a minimum off-time counts from here. */
export const begin = (band: Band, mode: Mode, now: number): Memory => ({
  mode,
  modeUntil: Infinity,
  band,
  manual: false,
  on: false,
  since: now,
  value: undefined,
  measuredAt: undefined,
  tracking: false,
});

/** The band `width` wide around a setpoint. */
export const bandAround = (setpoint: number, width: number): Band => ({
  low: setpoint - width / 2,
  high: setpoint + width / 2,
});

/** Switching edges inside a target range, a share of its width (0 to 0.5) away from its limits. */
export const bandWithin = (min: number, max: number, margin: number): Band => ({
  low: min + (max - min) * margin,
  high: max - (max - min) * margin,
});

/** What hysteresis asks for, ahead of minimum times. */
const wish = ({ action }: Settings, { band, on }: Memory, value: number): { on: boolean; reason: Reason } => {
  const heating = action === 'heating';
  if (value >= band.high && (heating || value > band.low)) return { on: !heating, reason: 'above the band' };
  if (value <= band.low) return { on: heating, reason: 'below the band' };
  return { on, reason: 'within the band' };
};

/** What the output has to be now. */
export const decide = (settings: Settings, memory: Memory, now: number): Decision => {
  const { mode, modeUntil, on, since, value, measuredAt, manual } = memory;
  const off = (reason: Reason): Decision => ({ on: false, reason, deadline: undefined });
  const staleAt =
    settings.staleMs > 0 && measuredAt !== undefined ? measuredAt + settings.staleMs : undefined;
  if (mode === 'off') return off('off');
  if (now >= modeUntil) return off('not renewed');
  if (mode === 'manual' && !manual) return off('manual');
  if (mode === 'auto') {
    if (measuredAt === undefined) return off('no measurement');
    if (value === undefined) return off('bad measurement');
    if (staleAt !== undefined && now >= staleAt) return off('stale measurement');
  }
  const asked =
    mode === 'auto' && value !== undefined
      ? wish(settings, memory, value)
      : { on: true, reason: 'manual' as const };
  const end = Math.min(modeUntil, (mode === 'auto' ? staleAt : undefined) ?? Infinity);
  const deadline = end === Infinity ? undefined : end;
  if (asked.on === on) return { ...asked, deadline };
  const until = since + (on ? settings.minOnMs : settings.minOffMs);
  if (now >= until) return { ...asked, deadline };
  return {
    on,
    reason: on ? 'minimum on-time' : 'minimum off-time',
    deadline: Math.min(until, deadline ?? Infinity),
  };
};

/** The memory after a decision was carried out. While another source is in charge, nothing was. */
export const settle = (memory: Memory, { on }: Decision, now: number): Memory =>
  memory.tracking || memory.on === on ? memory : { ...memory, on, since: now };

/** The memory with a measurement; undefined: it was bad. */
export const measured = (memory: Memory, value: number | undefined, now: number): Memory => ({
  ...memory,
  value,
  measuredAt: now,
});

/** The memory while another source has the actuator in this state, or (undefined) after it was handed to us. */
export const tracked = (memory: Memory, inForce: boolean | undefined, now: number): Memory => {
  if (inForce === undefined) return { ...memory, tracking: false };
  return { ...memory, tracking: true, on: inForce, since: inForce === memory.on ? memory.since : now };
};

/**
 * The memory after the actuator was handed to us, in this state. It may be the one we have just asked for ourselves: a
 * source that was silent is in charge again by speaking, and what it said then is its state.
 */
export const handedOver = (memory: Memory, inForce: boolean | undefined, now: number): Memory =>
  memory.tracking ? { ...tracked(memory, inForce, now), tracking: false } : memory;

/** The memory in another mode. Manual begins with the state in force, so that taking over switches nothing. */
export const inMode = (memory: Memory, mode: Mode, modeUntil = Infinity): Memory => ({
  ...memory,
  mode,
  modeUntil,
  manual: mode === memory.mode ? memory.manual : mode === 'manual' && memory.on,
});

/** Whether a command has only asked for what is in force already, perhaps for longer: no news to anybody. */
export const isOnlyRenewed = (before: Memory, after: Memory, now: number): boolean =>
  after === before ||
  (before.modeUntil > now &&
    before.modeUntil < after.modeUntil &&
    after.mode === before.mode &&
    after.manual === before.manual &&
    after.band === before.band);
