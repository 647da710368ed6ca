import type { AedesPublishPacket } from 'aedes';

/** A message in a queue; after PUBREC only `cmd` and `messageId` are left of one with QoS 2. */
export interface QueuedPacket {
  readonly cmd: 'publish' | 'pubrel';
  readonly messageId?: number | undefined;
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
  readonly topic?: string;
  readonly payload?: string | Buffer;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly dup?: boolean;
}
export type Message = Pick<AedesPublishPacket, 'topic' | 'payload' | 'qos'> & Partial<AedesPublishPacket>;

/** A copy with the properties that belong into a queue. */
export const queued = ({ topic, payload, qos, brokerId, brokerCounter }: Message): QueuedPacket => ({
  cmd: 'publish',
  brokerId,
  brokerCounter,
  topic,
  payload,
  qos,
  retain: false,
  dup: false,
  messageId: undefined,
});
