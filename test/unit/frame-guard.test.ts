import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frameGuard } from '../../nodes/embedded-broker/guard.ts';

const limits = { maxConnectBytes: 16_384, maxPacketBytes: 262_144 };
const varint = (length: number): number[] =>
  length < 128 ? [length] : [(length % 128) | 0x80, ...varint(Math.floor(length / 128))];
const packet = (type: number, length: number): Uint8Array =>
  Buffer.concat([Buffer.from([type, ...varint(length)]), Buffer.alloc(length, 0x7a)]);
const connect = packet(0x10, 12);
const logIn = () => {
  const guard = frameGuard(limits);
  assert.equal(guard.accept(connect), undefined);
  guard.trust();
  return guard;
};

describe('frame guard', () => {
  it('lets a first packet pass that is CONNECT and nothing else', () => {
    for (let type = 0; type < 256; type++) {
      const reason = frameGuard(limits).accept(Uint8Array.of(type));
      assert.equal(reason, type === 0x10 ? undefined : 'the first packet is not CONNECT');
    }
  });

  it('bounds CONNECT at 16 KiB by what its header announces', () => {
    assert.equal(frameGuard(limits).accept(packet(0x10, 16_384 - 3)), undefined);
    const announced = frameGuard(limits).accept(Uint8Array.from([0x10, ...varint(16_384 - 2)]));
    assert.equal(announced, 'packet of 16385 bytes, at most 16384 allowed');
    assert.match(
      frameGuard(limits).accept(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f)) ?? '',
      /268435460 bytes/,
    );
  });

  it('bounds all that comes before log-in, in however many packets', () => {
    const guard = frameGuard(limits);
    assert.equal(guard.accept(connect), undefined);
    const ping = packet(0xc0, 0);
    let sent = connect.length;
    while (guard.accept(ping) === undefined) sent += ping.length;
    assert.equal(sent, 16_384);
  });

  it('bounds each packet at 256 KiB after log-in, and not their sum', () => {
    const guard = logIn();
    const largest = packet(0x30, 262_144 - 4);
    assert.equal(largest.length, 262_144);
    for (let i = 0; i < 5; i++) assert.equal(guard.accept(largest), undefined);
    assert.equal(
      guard.accept(Uint8Array.from([0x30, ...varint(262_144 - 3)])),
      'packet of 262145 bytes, at most 262144 allowed',
    );
  });

  it('refuses a length of five bytes', () => {
    const guard = logIn();
    assert.equal(guard.accept(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80)), 'malformed packet length');
  });

  it('says the same however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (lengths, cuts) => {
        const small = { maxConnectBytes: 64, maxPacketBytes: 2000 };
        const bytes = Buffer.concat(lengths.map((length) => packet(0x30, length)));
        const whole = frameGuard(small);
        const pieces = frameGuard(small);
        for (const guard of [whole, pieces]) {
          assert.equal(guard.accept(connect), undefined);
          guard.trust();
        }
        let reason: string | undefined;
        for (let at = 0, i = 0; at < bytes.length && reason === undefined; i++) {
          const cut = cuts[i % cuts.length] ?? 1;
          reason = pieces.accept(bytes.subarray(at, at + cut));
          at += cut;
        }
        assert.equal(reason, whole.accept(bytes));
        const expected = lengths.some((length) => 1 + varint(length).length + length > 2000);
        assert.equal(reason !== undefined, expected);
      }),
    );
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const guard = logIn();
        for (const chunk of chunks) guard.accept(chunk);
      }),
    );
  });
});
