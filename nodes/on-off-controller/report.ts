import type { NewMessage } from '../lib/node.ts';
import type { Kind, Status } from '../lib/status.ts';
import type { Decision, Memory, Reason } from './hysteresis.ts';

const kinds: Readonly<Partial<Record<Reason, Kind>>> = {
  'no measurement': 'waiting',
  'bad measurement': 'lost',
  'stale measurement': 'lost',
  'minimum on-time': 'limited',
  'minimum off-time': 'limited',
  manual: 'simulated',
  off: 'idle',
};

/** The status: measurement and output, or why the output is off. */
export const lightFor = ({ on, reason }: Decision, { value, mode }: Memory, unit?: string): Status => {
  const state = on ? 'on' : 'off';
  if (reason === 'not renewed') return { kind: 'lost', text: reason };
  if (mode !== 'auto')
    return { kind: kinds[reason] ?? 'idle', text: mode === 'off' ? 'off' : `manual ${state}` };
  if (value === undefined || reason === 'stale measurement')
    return { kind: kinds[reason] ?? 'lost', text: reason };
  return { kind: kinds[reason] ?? 'nominal', value, unit, text: state };
};

/** The message on the second output. */
export const detailsOf = (
  { on, reason }: Decision,
  { mode, band, since, tracking }: Memory,
  topic: string,
  now: number,
): NewMessage => ({
  topic: `${topic}/details`,
  payload: { on, reason, mode, low: band.low, high: band.high, tracking, since },
  timestamp: now,
});
