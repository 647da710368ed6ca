import type { Report } from '../lib/health.ts';
import type { DatabaseFacts } from '../lib/store.ts';

const FULL_PERCENT = 80;
const AWAY_MS = 60_000;

/** How a database is, for the health board. */
export const reportOf = (name: string, facts: DatabaseFacts): Report => {
  const { kind, connected, bytes, commitMs, rows, waiting, outbox, awayMs = 0, trouble } = facts;
  const percent = outbox.maxBytes > 0 ? (100 * outbox.bytes) / outbox.maxBytes : 0;
  return {
    troubles: [
      ...(percent > FULL_PERCENT ? [`outbox ${Math.floor(percent)} % full`] : []),
      ...(awayMs > AWAY_MS ? [`database away for ${Math.floor(awayMs / 1000)} s`] : []),
    ],
    facts: {
      name,
      kind,
      connected,
      bytes: bytes ?? null,
      commitMs,
      rows,
      waiting,
      outboxRows: outbox.rows,
      outboxBytes: outbox.bytes,
      outboxMaxBytes: outbox.maxBytes,
      dropped: outbox.dropped,
      awayMs,
      trouble: trouble ?? null,
    },
  };
};
