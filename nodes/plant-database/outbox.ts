import { mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { OutboxFacts, Sample } from '../lib/store.ts';
import { encodeFrame, frameAt, frameLength, SEGMENT_HEAD } from './outbox-codec.ts';
import {
  fullName,
  isMissing,
  openName,
  readAt,
  readSegment,
  syncFolder,
  writeAll,
  type SegmentFile,
} from './outbox-files.ts';
import {
  bytesOf,
  decodeSlots,
  encodeSlot,
  rowsOf,
  segmentsToDrop,
  SLOT_BYTES,
  type Ledger,
} from './outbox-ledger.ts';
import { words } from '../lib/retry.ts';

/**
 * Samples on disk that wait for their database: append at one end, take at the other. A sample is safe once `append`
 * resolves (fdatasync). Segments are files of a few MB that are deleted when the database has them; when there are too
 * many the oldest one is given up and its samples are counted.
 */
export interface Outbox {
  /** Rejects with words where the disk does not take them; then none of them counts as kept. */
  append(samples: readonly Sample[]): Promise<void>;
  /** The oldest samples, whole frames, about `limit`; undefined where there are none. */
  take(limit: number): Promise<Portion | undefined>;
  /** How large it may grow from now on. */
  limit(maxBytes: number): void;
  facts(): OutboxFacts;
  close(): Promise<void>;
}
/** Samples on their way to the database. Until one of these is called their segment is not given up. */
export interface Portion {
  readonly samples: readonly Sample[];
  /** The database has them, but for so many that it refused for ever: those count as dropped. */
  done(refused?: number): Promise<void>;
  /** It has them not; they are the next ones again. */
  back(): void;
}

export interface OutboxOptions {
  readonly folder: string;
  readonly maxBytes?: number;
  /** tests: smaller segments */
  readonly segmentBytes?: number;
  /** what went wrong and did not stop anybody */
  readonly report?: (trouble: string) => void;
}

export const MAX_BYTES = 1e9;
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Encoded in one go: a ms or two of work. */
export const FRAME_ROWS = 1000;
const CHUNK_BYTES = 256 * 1024;

/** Opens the outbox of a folder with what an earlier process has left there; a torn end is cut off. */
export const openOutbox = async ({
  folder,
  maxBytes: atFirst = MAX_BYTES,
  segmentBytes,
  report = () => {},
}: OutboxOptions): Promise<Outbox> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let maxBytes = atFirst;
  const fullSegment = (): number => segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / 8));
  const pathOf = (name: string): string => join(folder, name);
  const ledgerFile = await open(pathOf('ledger'), 'a+', 0o600).then(async (made) => {
    await made.close();
    return open(pathOf('ledger'), 'r+');
  });
  let ledger = decodeSlots(await readAt(ledgerFile, 0, 2 * SLOT_BYTES), crc32);
  const segments: SegmentFile[] = [];
  let current: { readonly segment: SegmentFile; readonly handle: FileHandle } | undefined;
  let reader: { readonly segment: SegmentFile; readonly handle: FileHandle } | undefined;
  let busy: SegmentFile | undefined;

  const note = async (change: Partial<Ledger>, durable: boolean): Promise<void> => {
    const next = { ...ledger, ...change, turn: ledger.turn + 1 };
    await writeAll(ledgerFile, encodeSlot(next, crc32), (next.turn % 2) * SLOT_BYTES);
    if (durable) await ledgerFile.datasync();
    ledger = next;
  };

  for (const name of (await readdir(folder)).toSorted()) {
    const found = await readSegment(folder, name, ledger, report);
    if (found) segments.push(found);
  }
  let last = Math.max(ledger.given, ledger.segment, ...segments.map(({ number }) => number));

  /** One thing at a time. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = turn.then(run);
    turn = mine.catch(() => {}); // who asked for it is told
    return mine;
  };

  const closeReader = async (): Promise<void> => {
    await reader?.handle.close();
    reader = undefined;
  };
  /** No more is added to the segment that grew; its name tells how many it has, so that a start need not count. */
  const seal = async (): Promise<void> => {
    if (!current) return;
    const { segment, handle } = current;
    current = undefined;
    await handle.close();
    const name = fullName(segment.number, segment.rows);
    await rename(pathOf(segment.name), pathOf(name));
    segment.name = name;
  };
  const remove = async (segment: SegmentFile): Promise<void> => {
    segments.splice(segments.indexOf(segment), 1);
    if (reader?.segment === segment) await closeReader();
    if (current?.segment === segment) {
      await current.handle.close();
      current = undefined;
    }
    await unlink(pathOf(segment.name)).catch((cause: unknown) => {
      if (!isMissing(cause)) report(`outbox: ${segment.name} cannot be deleted: ${words(cause)}`);
    });
  };
  const giveUp = async (segment: SegmentFile): Promise<void> => {
    await note({ dropped: ledger.dropped + segment.rows - segment.taken, given: segment.number }, true);
    await remove(segment);
  };

  const grow = async (): Promise<{ segment: SegmentFile; handle: FileHandle }> => {
    const number = ++last;
    const name = openName(number);
    const handle = await open(pathOf(name), 'wx+', 0o600);
    const bytes = SEGMENT_HEAD.length;
    current = { segment: { name, number, rows: 0, bytes, taken: 0, offset: bytes }, handle };
    await writeAll(handle, SEGMENT_HEAD, 0);
    await syncFolder(folder);
    return current;
  };

  /** What a failed write has left is cut off, and the next one begins a new segment. */
  const abandon = async (): Promise<void> => {
    if (!current) return;
    const { segment, handle } = current;
    current = undefined;
    await handle.truncate(segment.bytes).catch(() => {}); // nobody reads beyond what is known to be safe
    await handle.close().catch(() => {});
    if (segment.rows === 0) await unlink(pathOf(segment.name)).catch(() => {});
  };

  const write = async (frames: readonly Uint8Array[], rows: number): Promise<void> => {
    const bytes = frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames);
    if (current && current.segment.bytes + bytes.length > fullSegment() && current.segment.rows > 0)
      await seal();
    if (bytes.length > maxBytes) throw new Error(`${bytes.length} bytes do not fit into ${maxBytes}`);
    const stays = new Set([busy, current?.segment].filter((segment) => segment !== undefined));
    for (const segment of segmentsToDrop(segments, bytes.length, maxBytes, stays))
      await giveUp(segment as SegmentFile);
    const { segment, handle } = current ?? (await grow());
    await writeAll(handle, bytes, segment.bytes);
    await handle.datasync();
    if (segment.rows === 0) segments.push(segment);
    segment.rows += rows;
    segment.bytes += bytes.length;
  };

  const append = async (samples: readonly Sample[]): Promise<void> => {
    try {
      for (let from = 0; from < samples.length; from += FRAME_ROWS) {
        const part = samples.slice(from, from + FRAME_ROWS);
        await write([encodeFrame(part, crc32)], part.length);
      }
    } catch (cause) {
      await abandon();
      throw new Error(`outbox: cannot write to ${folder}: ${words(cause)}`, { cause });
    }
  };

  /** Whole frames from the head of a segment; none where the segment is damaged there. */
  const readFrames = async (
    head: SegmentFile,
    limit: number,
  ): Promise<{ samples: Sample[]; end: number; rows: number }> => {
    if (reader?.segment !== head) {
      await closeReader();
      reader = { segment: head, handle: await open(pathOf(head.name), 'r') };
    }
    const { handle } = reader;
    const available = head.bytes - head.offset;
    let bytes = await readAt(handle, head.offset, Math.min(CHUNK_BYTES, available));
    const needed = frameLength(bytes);
    if (needed > bytes.length && needed <= available) bytes = await readAt(handle, head.offset, needed);
    const samples: Sample[] = [];
    let [end, rows] = [0, 0];
    for (let frame = frameAt(bytes, end, crc32); frame; frame = frameAt(bytes, end, crc32)) {
      if (rows > 0 && rows + frame.rows > limit) break;
      samples.push(...frame.samples());
      rows += frame.rows;
      end = frame.end;
    }
    return { samples, end: head.offset + end, rows };
  };

  const take = async (limit: number): Promise<Portion | undefined> => {
    for (let head = segments[0]; head; head = segments[0]) {
      const segment = head;
      const { samples, end, rows } = await readFrames(segment, limit);
      if (rows === 0) {
        report(`outbox: ${segment.name} is damaged; ${segment.rows - segment.taken} samples are lost`);
        await giveUp(segment);
        continue;
      }
      busy = segment;
      const done = async (refused: number): Promise<void> => {
        busy = undefined;
        segment.offset = end;
        segment.taken += rows;
        const dropped = ledger.dropped + refused;
        const place = { segment: segment.number, offset: end, taken: segment.taken, dropped };
        await note(place, refused > 0).catch((cause: unknown) =>
          report(`outbox: its place cannot be noted: ${words(cause)}`),
        );
        if (segment.taken >= segment.rows) await remove(segment);
      };
      return {
        samples,
        done: (refused = 0) => inTurn(() => done(refused)),
        back() {
          busy = undefined;
        },
      };
    }
    return undefined;
  };

  return {
    append: (samples) => inTurn(() => append(samples)),
    take: (limit) => inTurn(() => take(limit)),
    limit(bytes) {
      maxBytes = bytes;
    },
    facts: () => ({ rows: rowsOf(segments), bytes: bytesOf(segments), maxBytes, dropped: ledger.dropped }),
    close: () =>
      inTurn(async () => {
        await closeReader();
        const open = current;
        current = undefined;
        await open?.handle.close();
        await ledgerFile.close();
      }),
  };
};
