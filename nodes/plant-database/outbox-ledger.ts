import { isRecord } from '../lib/signal.ts';

/** One file of the outbox. */
export interface Segment {
  readonly number: number;
  /** samples that are safe on disk, and the bytes they take */
  rows: number;
  bytes: number;
  /** samples that the database has, and where the next frame begins */
  taken: number;
  offset: number;
}

export const rowsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { rows, taken }) => sum + rows - taken, 0);
export const bytesOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * The oldest segments that have to go so that `incoming` more bytes fit into `maxBytes`. What is being written to the
 * database stays, so that no sample is both stored and counted as dropped; so does the segment that grows.
 */
export const segmentsToDrop = (
  segments: readonly Segment[],
  incoming: number,
  maxBytes: number,
  stays: ReadonlySet<Segment>,
): Segment[] => {
  let excess = bytesOf(segments) + incoming - maxBytes;
  const victims: Segment[] = [];
  for (const segment of segments) {
    if (excess <= 0) break;
    if (stays.has(segment)) continue;
    victims.push(segment);
    excess -= segment.bytes;
  }
  return victims;
};

/** What outlives a restart beside the segments themselves. */
export interface Ledger {
  /** counts the changes: of two slots the newer one is right */
  readonly turn: number;
  /** samples given up since the beginning */
  readonly dropped: number;
  /** the segment that was given up last, counted although its file may still be there */
  readonly given: number;
  /** how far a segment is in the database */
  readonly segment: number;
  readonly offset: number;
  readonly taken: number;
}

export const noLedger: Ledger = { turn: 0, dropped: 0, given: 0, segment: 0, offset: 0, taken: 0 };

/** Both slots stand in one sector, so that no power cut leaves half of each. */
export const SLOT_BYTES = 256;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** A slot: JSON, its checksum, blanks. */
export const encodeSlot = (ledger: Ledger, checksum: (bytes: Uint8Array) => number): Uint8Array => {
  const text = JSON.stringify(ledger);
  const sum = checksum(new TextEncoder().encode(text)).toString(16);
  return new TextEncoder().encode(`${sum} ${text}`.padEnd(SLOT_BYTES));
};

/** The newer one of the slots that are whole. */
export const decodeSlots = (bytes: Uint8Array, checksum: (bytes: Uint8Array) => number): Ledger => {
  let newest = noLedger;
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    const slot = new TextDecoder().decode(bytes.subarray(at, at + SLOT_BYTES)).trimEnd();
    const [, sum, text = ''] = /^([0-9a-f]+) (.*)$/.exec(slot) ?? [];
    if (sum === undefined || checksum(new TextEncoder().encode(text)).toString(16) !== sum) continue;
    const ledger: unknown = JSON.parse(text);
    if (isLedger(ledger) && ledger.turn > newest.turn) newest = ledger;
  }
  return newest;
};

const isLedger = (value: unknown): value is Ledger => {
  if (!isRecord(value)) return false;
  const { turn, dropped, given, segment, offset, taken } = value;
  return [turn, dropped, given, segment, offset, taken].every(isCount);
};
