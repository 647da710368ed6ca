import { open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { frameAt, SEGMENT_HEAD } from './outbox-codec.ts';
import type { Ledger, Segment } from './outbox-ledger.ts';

export const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && Reflect.get(cause, 'code') === 'ENOENT';

/** `00000012.open`, or with the number of its samples once it is full: `00000012-4711.full`. */
export const openName = (number: number): string => `${String(number).padStart(8, '0')}.open`;
export const fullName = (number: number, rows: number): string =>
  `${String(number).padStart(8, '0')}-${rows}.full`;
const NAME = /^(\d+)(?:\.open|-(\d+)\.full)$/;

/** A segment and where it is. */
export interface SegmentFile extends Segment {
  name: string;
}

export const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
};

/** A new file is there after a power cut only when its folder is written too. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** At most `length` bytes from `position` on. */
export const readAt = async (handle: FileHandle, position: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
};

/** A segment as an earlier process has left it; undefined where the file is none, is empty, or was given up. */
export const readSegment = async (
  folder: string,
  name: string,
  ledger: Ledger,
  report: (trouble: string) => void,
): Promise<SegmentFile | undefined> => {
  const [, digits, counted] = NAME.exec(name) ?? [];
  if (digits === undefined) return undefined;
  const path = join(folder, name);
  const number = Number(digits);
  if (number === ledger.given) {
    await unlink(path);
    return undefined;
  }
  const { rows, bytes } =
    counted === undefined
      ? await scan(path, report)
      : { rows: Number(counted), bytes: (await stat(path)).size };
  const { segment, offset, taken } = ledger;
  const isPlace = number === segment && offset <= bytes && taken <= rows;
  if (rows === 0 || (isPlace && taken === rows)) {
    await unlink(path);
    return undefined;
  }
  const full = fullName(number, rows);
  if (name !== full) await rename(path, join(folder, full));
  const place = isPlace ? { offset, taken } : { offset: SEGMENT_HEAD.length, taken: 0 };
  return { name: full, number, rows, bytes, ...place };
};

/** Counts the whole frames of a segment that was not closed; what follows them is cut off. */
const scan = async (
  path: string,
  report: (trouble: string) => void,
): Promise<{ readonly rows: number; readonly bytes: number }> => {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const content = await readAt(handle, 0, size);
    let [bytes, rows] = [SEGMENT_HEAD.length, 0];
    for (let frame = frameAt(content, bytes, crc32); frame; frame = frameAt(content, bytes, crc32)) {
      rows += frame.rows;
      bytes = frame.end;
    }
    if (bytes < size) {
      report(`outbox: ${size - bytes} bytes at the end of ${path} were not whole and are cut off`);
      await handle.truncate(bytes);
    }
    return { rows, bytes };
  } finally {
    await handle.close();
  }
};
