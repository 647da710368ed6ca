import type { Report } from '../lib/health.ts';
import type { BrokerStats } from './broker.ts';

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** How the broker is, for the health board; `failure` says why it does not listen. */
export const brokerReport = (stats: BrokerStats | undefined, failure: string | undefined): Report => {
  const down = stats && failure === undefined ? [] : [`down: ${failure ?? 'it is starting'}`];
  if (!stats) return { troubles: down, facts: {} };
  const { ingest, unwritten } = stats;
  const troubles = [...down];
  if (unwritten !== undefined) troubles.push(`what it has to keep cannot be written: ${unwritten}`);
  if (ingest?.failing !== undefined) troubles.push(`measurements cannot be stored: ${ingest.failing}`);
  return {
    troubles,
    facts: {
      clients: stats.clients,
      receivedPerSecond: tenth(stats.receivedPerSecond),
      sentPerSecond: tenth(stats.sentPerSecond),
      received: stats.received,
      failed: stats.failed,
      sessions: stats.sessions,
      queued: stats.queued,
      dropped: stats.dropped,
      retainedBytes: stats.retainedBytes,
      ...(ingest
        ? { ingested: ingest.ingested, refused: ingest.refused, unstored: ingest.unstored }
        : undefined),
    },
  };
};
