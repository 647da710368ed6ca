import type { AccessDependencies } from './access.ts';
import { inTime } from './in-time.ts';
import { createIngest, type Ingest, type WriteSamples } from './ingest.ts';
import type { Log } from './log.ts';
import type { BrokerSettings } from './options.ts';
import type { SqlitePersistence } from './persistence.ts';

/** Where measurements go; undefined where no topic is named. */
export const ingestOf = (
  { ingest }: BrokerSettings,
  write: WriteSamples | undefined,
  { warn }: Log,
): Ingest | undefined => {
  if (!ingest) return undefined;
  if (!write) throw new Error('broker.ingest: there is no database to store in');
  return createIngest(ingest, { write, warn, now: Date.now });
};

/** What has to happen to a message before it is acknowledged. */
export const storing =
  (
    { ingest: options, decisionTimeoutMs }: BrokerSettings,
    persistence: SqlitePersistence,
    ingest: Ingest | undefined,
  ): AccessDependencies['store'] =>
  (packet, mayWrite) => {
    const { topic, payload, qos } = packet;
    const written = ingest?.accept(topic, payload, mayWrite);
    // The history keeps what was measured; retained, each value would be written a second time.
    if (written) packet.retain = false;
    // With QoS 0 nobody waits for an answer, and with QoS 2 aedes stores before it acknowledges.
    const early = qos === 1 ? persistence.storeEarly(packet) : undefined;
    const stored = early && inTime(early, decisionTimeoutMs, 'not queued');
    if (!written || !options) return stored;
    const ingested = inTime(written, options.timeoutMs, 'not stored');
    // Waiting without an answer keeps a sender from running ahead of the store.
    if (qos === 0) return ingested.catch(() => {});
    return stored ? Promise.all([ingested, stored]).then(() => {}) : ingested;
  };
