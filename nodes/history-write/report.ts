import type { DatabaseFacts } from '../lib/store.ts';
import type { Status } from '../lib/status.ts';

const short = (count: number): string =>
  count < 10_000
    ? String(count)
    : count < 1_000_000
      ? `${Math.floor(count / 1000)}k`
      : `${(count / 1_000_000).toFixed(1)}M`;

/** What a node that has stored so many samples shows. */
export const lightFor = (stored: number, { connected, outbox }: DatabaseFacts): Status =>
  connected && outbox.rows === 0
    ? { kind: 'nominal', text: `${short(stored)} stored` }
    : { kind: 'limited', text: `outbox ${short(outbox.rows)}` };
