import { shown } from '../lib/number.ts';

export type Profile = 'mqtt' | 'aws-iot-core';

/** What a broker takes. */
export interface Limits {
  readonly maxQos: 0 | 1 | 2;
  readonly maxTopicBytes: number;
  /** forward slashes in a topic */
  readonly maxSlashes: number;
  readonly maxPayloadBytes: number;
  /** messages per second on one connection; 0: no limit */
  readonly perSecond: number;
}

/**
 * MQTT 3.1.1 sections 1.5.3 and 2.2.3; AWS General Reference, AWS IoT Core endpoints and quotas (message broker and
 * protocol limits), of which we take half the publish rate to be on the safe side.
 */
export const limits: Readonly<Record<Profile, Limits>> = {
  mqtt: {
    maxQos: 2,
    maxTopicBytes: 65_535,
    maxSlashes: Infinity,
    maxPayloadBytes: 268_435_455,
    perSecond: 0,
  },
  'aws-iot-core': {
    maxQos: 1,
    maxTopicBytes: 256,
    maxSlashes: 7,
    maxPayloadBytes: 131_072,
    perSecond: 50,
  },
};

/** A message as it waits and as `mqtt out` gets it. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
}

type Msg = Readonly<Record<string, unknown>>;
const encoder = new TextEncoder();

const topicOf = ({ topic }: Msg, { maxTopicBytes, maxSlashes }: Limits): string => {
  if (typeof topic !== 'string' || topic === '' || /[+#\p{Cc}]/u.test(topic))
    throw new Error(`topic: must be text without +, # and control characters, got ${shown(topic)}`);
  const bytes = encoder.encode(topic).length;
  if (bytes > maxTopicBytes)
    throw new Error(`topic: must have at most ${maxTopicBytes} bytes, got ${bytes}: ${shown(topic)}`);
  const slashes = topic.split('/').length - 1;
  if (slashes > maxSlashes)
    throw new Error(`topic: must have at most ${maxSlashes} slashes, got ${slashes}: ${shown(topic)}`);
  return topic;
};

/** As the core's `mqtt out` would write it. */
const payloadOf = ({ payload }: Msg, { maxPayloadBytes }: Limits): string | Uint8Array => {
  const written =
    payload instanceof Uint8Array || typeof payload === 'string'
      ? payload
      : payload === null || payload === undefined
        ? ''
        : JSON.stringify(payload);
  if (written === undefined) throw new Error(`payload: has no JSON, got ${shown(payload)}`);
  const bytes = typeof written === 'string' ? encoder.encode(written).length : written.length;
  if (bytes > maxPayloadBytes)
    throw new Error(`payload: must have at most ${maxPayloadBytes} bytes, got ${bytes}`);
  return written;
};

const qosOf = ({ qos = 1 }: Msg, { maxQos }: Limits): number => {
  const asked = Number(qos);
  if (![0, 1, 2].includes(asked)) throw new Error(`qos: must be 0, 1 or 2, got ${shown(qos)}`);
  return Math.min(asked, maxQos);
};

/** Reads a message, or throws an error that names the property and the value. QoS is 1 unless the message says else. */
export const outgoing = (msg: Msg, allowed: Limits): Outgoing => ({
  topic: topicOf(msg, allowed),
  payload: payloadOf(msg, allowed),
  qos: qosOf(msg, allowed),
  retain: msg['retain'] === true || msg['retain'] === 'true',
});
