/**
 * Frame guard: bounds what one connection can make the broker hold. The parser behind it waits for the whole of a
 * packet, up to 256 MB, even before anybody has logged in. The guard reads only the fixed headers as they pass
 * (MQTT 3.1.1, section 2.2): before log-in the first packet must be CONNECT and everything together stays within
 * `maxConnectBytes`; afterwards each packet stays within `maxPacketBytes`, header included.
 */
export interface FrameLimits {
  readonly maxConnectBytes: number;
  readonly maxPacketBytes: number;
}

export interface FrameGuard {
  /** Looks at bytes as they arrive; the reason where the connection must end. */
  accept(chunk: Uint8Array): string | undefined;
  /** From now on this is a known client. */
  trust(): void;
}

const CONNECT = 0x10;
const LONGEST_HEADER = 5;

export const frameGuard = ({ maxConnectBytes, maxPacketBytes }: FrameLimits): FrameGuard => {
  let trusted = false;
  let received = 0;
  let started = false;
  /** bytes of the present header, its length so far, and bytes of the present packet still to come */
  let header = 0;
  let length = 0;
  let rest = 0;

  const acceptByte = (byte: number): string | undefined => {
    header++;
    if (header === 1) {
      length = 0;
      const first = !started;
      started = true;
      return first && byte !== CONNECT ? 'the first packet is not CONNECT' : undefined;
    }
    length += (byte & 0x7f) * 128 ** (header - 2);
    if (byte & 0x80) return header === LONGEST_HEADER ? 'malformed packet length' : undefined;
    const limit = trusted ? maxPacketBytes : maxConnectBytes;
    if (header + length > limit) return `packet of ${header + length} bytes, at most ${limit} allowed`;
    rest = length;
    header = 0;
    return undefined;
  };

  return {
    accept(chunk) {
      received += trusted ? 0 : chunk.length;
      for (let i = 0; i < chunk.length;) {
        if (rest > 0) {
          const passed = Math.min(rest, chunk.length - i);
          rest -= passed;
          i += passed;
        } else {
          const reason = acceptByte(chunk[i++] ?? 0);
          if (reason !== undefined) return reason;
        }
      }
      return received > maxConnectBytes ? `more than ${maxConnectBytes} bytes before log-in` : undefined;
    },
    trust() {
      trusted = true;
      received = 0;
    },
  };
};
