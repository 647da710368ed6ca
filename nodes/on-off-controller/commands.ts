import { shown } from '../lib/number.ts';
import { isRecord, leaseIn } from '../lib/signal.ts';
import { edgesOf, type OnOffSettings } from './config.ts';
import { bandAround, begin, handedOver, inMode, tracked, type Band, type Memory } from './hysteresis.ts';

const words = ['setpoint', 'range', 'mode', 'manual', 'tracking', 'reset'] as const;
export type Word = (typeof words)[number];

/** The command a topic is, or undefined for a measurement. */
export const commandOf = (topic: unknown): Word | undefined => words.find((word) => word === topic);

const finite = (value: unknown, name: string): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`${name}: must be a finite number, got ${shown(value)}`);
};

/** The state an actuator is in, by the value in force there: more than 0 % is on. */
const inForce = (payload: unknown): boolean | undefined => {
  if (payload === null || payload === undefined) return undefined;
  return typeof payload === 'boolean' ? payload : finite(payload, 'payload') > 0;
};

const isSame = (a: Band, b: Band): boolean => a.low === b.low && a.high === b.high;

/** The memory after a command, or an error that names the property; then nothing changes. */
export const obey = (
  settings: OnOffSettings,
  memory: Memory,
  word: Word,
  msg: Readonly<Record<string, unknown>>,
  now: number,
): Memory => {
  const { payload } = msg;
  switch (word) {
    case 'setpoint':
      return { ...memory, band: bandAround(finite(payload, 'payload'), settings.band) };
    case 'range': {
      if (!isRecord(payload)) throw new Error(`payload: must be {min, max}, got ${shown(payload)}`);
      const { min, max } = payload;
      const band = edgesOf(finite(min, 'payload.min'), finite(max, 'payload.max'), settings.marginPercent);
      return isSame(band, memory.band) ? memory : { ...memory, band };
    }
    case 'mode':
      if (payload !== 'auto' && payload !== 'manual' && payload !== 'off')
        throw new Error(`payload: must be one of auto, manual, off, got ${shown(payload)}`);
      return inMode(memory, payload, now + leaseIn(msg));
    case 'manual':
      if (typeof payload !== 'boolean')
        throw new Error(`payload: must be true or false, got ${shown(payload)}`);
      if (memory.mode !== 'manual')
        throw new Error(`payload: manual needs mode manual, got ${shown(payload)}`);
      return payload === memory.manual ? memory : { ...memory, manual: payload };
    case 'tracking':
      // What a limited actuator reaches is no other source's doing.
      if (msg['limited'] === true) return memory;
      return msg['owner'] === settings.outputTopic
        ? handedOver(memory, inForce(payload), now)
        : tracked(memory, inForce(payload), now);
    case 'reset':
      return { ...begin(settings.edges, settings.mode, now), on: memory.on, since: memory.since };
  }
};
