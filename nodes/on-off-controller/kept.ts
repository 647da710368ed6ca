import { isRecord } from '../lib/signal.ts';
import type { OnOffSettings } from './config.ts';
import type { Memory, Mode } from './hysteresis.ts';

/** What commands have changed, as it outlives a restart. The output does not: it begins off. */
export interface Saved {
  readonly mode: Mode;
  readonly low: number;
  readonly high: number;
  /** the form's own mode and edges at that time: new ones there win */
  readonly form: string;
}

const formOf = ({ mode, edges: { low, high } }: OnOffSettings): string => JSON.stringify([mode, low, high]);

export const isSaved = (state: unknown): state is Saved =>
  isRecord(state) &&
  (state['mode'] === 'auto' || state['mode'] === 'manual' || state['mode'] === 'off') &&
  Number.isFinite(state['low']) &&
  Number.isFinite(state['high']) &&
  typeof state['form'] === 'string';

/** A mode that somebody has to ask for again and again is not taken up again by itself. */
export const keep = (settings: OnOffSettings, { mode, modeUntil, band }: Memory): Saved => ({
  mode: modeUntil === Infinity ? mode : 'off',
  ...band,
  form: formOf(settings),
});

/** The memory a node begins with; the manual value is not restored, so a manual output begins off. */
export const restore = (settings: OnOffSettings, memory: Memory, saved: Saved | undefined): Memory =>
  saved?.form === formOf(settings)
    ? { ...memory, mode: saved.mode, band: { low: saved.low, high: saved.high } }
    : memory;
