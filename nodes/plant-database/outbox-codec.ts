import { isRecord, type Quality, type Scalar, type Source } from '../lib/signal.ts';
import type { Sample, Timeline } from '../lib/store.ts';

/**
 * A frame of the outbox: length and checksum of the body (32 bits each, little-endian), then the body. The body is
 * JSON: what all samples of a series have in common once, then four values per sample.
 */
export const FRAME_HEAD = 8;
/** The first bytes of a segment: what it is and which version. */
export const SEGMENT_HEAD = new TextEncoder().encode('PPOBOX1\n');

type Checksum = (bytes: Uint8Array) => number;
type Shared = readonly [series: string, timeline: Timeline, source: Source, unit: string];
interface Body {
  /** number of samples */
  readonly n: number;
  readonly s: readonly Shared[];
  /** per sample: which of `s`, timestamp, value, rank of the quality */
  readonly r: readonly (number | Scalar)[];
}

const qualities: readonly Quality[] = ['good', 'uncertain', 'bad'];
const timelines: readonly Timeline[] = ['real', 'simulated'];
const sources: readonly Source[] = ['measured', 'simulated', 'manual'];
const WIDTH = 4;

/** The frame of some samples. */
export const encodeFrame = (samples: readonly Sample[], checksum: Checksum): Uint8Array => {
  const shared = new Map<string, Map<string, number>>();
  const s: Shared[] = [];
  const r: (number | Scalar)[] = [];
  for (const { series, timeline, source, unit, timestamp, value, quality } of samples) {
    const rest = `${timeline} ${source} ${unit}`;
    let kinds = shared.get(series);
    if (!kinds) shared.set(series, (kinds = new Map()));
    let index = kinds.get(rest);
    if (index === undefined) {
      kinds.set(rest, (index = s.length));
      s.push([series, timeline, source, unit]);
    }
    r.push(index, timestamp, value, qualities.indexOf(quality));
  }
  const body = new TextEncoder().encode(JSON.stringify({ n: samples.length, s, r } satisfies Body));
  const frame = new Uint8Array(FRAME_HEAD + body.length);
  const head = new DataView(frame.buffer);
  head.setUint32(0, body.length, true);
  head.setUint32(4, checksum(body), true);
  frame.set(body, FRAME_HEAD);
  return frame;
};

/** A frame that is whole: where the next one begins, how many samples it has. */
export interface Frame {
  readonly end: number;
  readonly rows: number;
  /** Throws where the checksum was right and the body is not: it was written by something else. */
  samples(): Sample[];
}

/** The frame that begins at `offset`, or undefined where there is no whole one: torn, damaged, or the end. */
export const frameAt = (bytes: Uint8Array, offset: number, checksum: Checksum): Frame | undefined => {
  const start = offset + FRAME_HEAD;
  if (start > bytes.length) return undefined;
  const head = new DataView(bytes.buffer, bytes.byteOffset + offset, FRAME_HEAD);
  const length = head.getUint32(0, true);
  const end = start + length;
  if (length === 0 || end > bytes.length) return undefined;
  const body = bytes.subarray(start, end);
  if (checksum(body) !== head.getUint32(4, true)) return undefined;
  const text = new TextDecoder().decode(body);
  const rows = /^\{"n":(\d+),/.exec(text)?.[1];
  if (rows === undefined) return undefined;
  return { end, rows: Number(rows), samples: () => decodeBody(text) };
};

/** The bytes a frame needs that begins with this head, or 0 where there is none. */
export const frameLength = (head: Uint8Array): number => {
  if (head.length < FRAME_HEAD) return 0;
  const length = new DataView(head.buffer, head.byteOffset, FRAME_HEAD).getUint32(0, true);
  return FRAME_HEAD + length;
};

const decodeBody = (text: string): Sample[] => {
  const body: unknown = JSON.parse(text);
  if (!isRecord(body) || !Array.isArray(body['s']) || !Array.isArray(body['r']))
    throw new Error('outbox: a frame has another shape');
  const shared = body['s'] as readonly unknown[];
  const rows = body['r'] as readonly unknown[];
  const samples: Sample[] = [];
  for (let at = 0; at < rows.length; at += WIDTH) {
    const of = shared[Number(rows[at])];
    const [series, timeline, source, unit]: readonly unknown[] = Array.isArray(of) ? of : [];
    samples.push({
      series: String(series),
      timeline: timelines.find((word) => word === timeline) ?? 'real',
      timestamp: Number(rows[at + 1]),
      value: rows[at + 2] as Scalar,
      quality: qualities[Number(rows[at + 3])] ?? 'bad',
      source: sources.find((word) => word === source) ?? 'measured',
      unit: String(unit),
    });
  }
  return samples;
};
