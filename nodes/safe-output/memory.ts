import { idle, type Cycle } from './proportion.ts';

export type Value = boolean | number;
export interface Now {
  readonly process: number;
  readonly wall: number;
}
export interface Settings {
  readonly leaseMs: number;
  /** a lease in wall time besides; Infinity: none */
  readonly wallLeaseMs: number;
  /** Infinity: no limit */
  readonly maxOnMs: number;
  /** exceeding the on-time is a trip instead of a pause until the command has gone off */
  readonly maxOnTrips: boolean;
  readonly minOffMs: number;
  /** switchings on within any hour; Infinity: no limit */
  readonly maxPerHour: number;
  readonly holdOffMs: number;
  /** good samples in a row before anything goes on; 0: there is no permissive measurement */
  readonly goodSamples: number;
  readonly sampleStaleMs: number;
  readonly tripAbove: number;
  readonly tripBelow: number;
  /** break before make within an exclusion group */
  readonly gapMs: number;
  /** 0: values pass as they are */
  readonly cycleMs: number;
  readonly heartbeatMs: number;
}
export type Input =
  | { readonly kind: 'tick' }
  | { readonly kind: 'start' }
  | { readonly kind: 'command'; readonly value: Value | null; readonly leaseMs: number }
  | { readonly kind: 'sample'; readonly value: number | undefined; readonly good: boolean }
  | { readonly kind: 'trip'; readonly cause: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'enable'; readonly enabled: boolean }
  | { readonly kind: 'released' };
export type Reason =
  | 'command'
  | 'no command'
  | 'starting'
  | 'tripped'
  | 'disabled'
  | 'hold-off'
  | 'waiting for good samples'
  | 'stale measurement'
  | 'stale command'
  | 'bad command'
  | 'maximum on-time'
  | 'minimum off-time'
  | 'switching rate'
  | 'excluded';
/** What outlives a restart. */
export interface Kept {
  /** why it has tripped, blank where it has not */
  readonly tripped: string;
  readonly enabled: boolean;
  /** the on-time is used up until the command has gone off */
  readonly exhausted: boolean;
  /** when it switched on, as far as the switching rate needs it */
  readonly edges: readonly number[];
}
export interface Memory {
  readonly kept: Kept;
  /** of the flows; nothing is sent before */
  readonly startedAt: number | undefined;
  /** null: of bad quality; undefined: none yet, or none since a reset */
  readonly command: Value | null | undefined;
  readonly leaseUntil: number;
  readonly wallLeaseUntil: number;
  readonly goodSamples: number;
  readonly sampledAt: number | undefined;
  /** the last sample was beyond its trip limits */
  readonly beyond: boolean;
  readonly cycle: Cycle;
  readonly on: boolean;
  /** when `on` changed; before the first change the start */
  readonly switchedAt: number;
  readonly gapUntil: number;
  readonly applied: Value;
  readonly sentAt: number;
  readonly reason: Reason;
  /** when the reason or the state changed */
  readonly since: number;
}
export const fresh: Kept = { tripped: '', enabled: true, exhausted: false, edges: [] };

/** What the guard begins with; edges from a clock that stood later than now are worth nothing. */
export const begin = (kept: Kept, now: Now): Memory => ({
  kept: { ...kept, edges: kept.edges.filter((edge) => edge <= now.process) },
  startedAt: undefined,
  command: undefined,
  leaseUntil: 0,
  wallLeaseUntil: 0,
  goodSamples: 0,
  sampledAt: undefined,
  beyond: false,
  cycle: idle,
  on: false,
  switchedAt: now.process,
  gapUntil: now.process,
  applied: false,
  sentAt: -Infinity,
  reason: 'starting',
  since: now.process,
});

export const isOn = (value: Value): boolean => value === true || (typeof value === 'number' && value > 0);
/** The first cause stays. */
export const trip = (memory: Memory, cause: string): Memory =>
  memory.kept.tripped === '' ? { ...memory, kept: { ...memory.kept, tripped: cause } } : memory;

/** The memory with an input; throws where the input cannot be obeyed. */
export const take = (settings: Settings, memory: Memory, input: Input, now: Now): Memory => {
  const { kept, startedAt } = memory;
  switch (input.kind) {
    case 'tick':
      return memory;
    case 'start':
      return startedAt === undefined
        ? {
            ...memory,
            startedAt: now.process,
            switchedAt: now.process,
            gapUntil: now.process + settings.gapMs,
          }
        : memory;
    case 'command': {
      if (startedAt === undefined) return memory;
      const gone = input.value !== null && !isOn(input.value);
      return {
        ...memory,
        kept: gone && kept.exhausted ? { ...kept, exhausted: false } : kept,
        command: input.value,
        leaseUntil: now.process + Math.min(settings.leaseMs, input.leaseMs),
        wallLeaseUntil: now.wall + settings.wallLeaseMs,
      };
    }
    case 'sample': {
      const { value, good } = input;
      const known = value !== undefined && good;
      const beyond = known ? value > settings.tripAbove || value < settings.tripBelow : memory.beyond;
      const inTime =
        memory.sampledAt !== undefined && now.process < memory.sampledAt + settings.sampleStaleMs;
      const goodSamples = known ? (inTime ? memory.goodSamples : 0) + 1 : 0;
      const next = { ...memory, goodSamples, beyond, sampledAt: now.process };
      return known && beyond ? trip(next, `measurement ${value}`) : next;
    }
    case 'trip':
      return trip(memory, input.cause);
    case 'reset':
      if (memory.beyond) throw new Error('reset: the measurement is still beyond its limit');
      return { ...memory, command: undefined, kept: { ...kept, tripped: '', exhausted: false } };
    case 'enable':
      return { ...memory, kept: { ...kept, enabled: input.enabled } };
    case 'released':
      return { ...memory, gapUntil: now.process + settings.gapMs };
  }
};
