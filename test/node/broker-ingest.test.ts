import assert from 'node:assert/strict';
import type { MqttClient } from 'mqtt';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import type { BrokerOptions } from '../../nodes/embedded-broker/options.ts';
import type { Sample } from '../../nodes/lib/store.ts';
import { client, endAll, listen, startBroker } from '../support/broker.ts';

const ingest = { topics: ['history/#'], prefix: 'history/' };

const closed = (of: MqttClient): Promise<unknown> =>
  new Promise<void>((resolve) => of.once('close', () => resolve()));

/** A store whose writes the test ends. */
const gate = () => {
  const stored: Sample[] = [];
  const open: (() => void)[] = [];
  let asked = (): void => {};
  return {
    stored,
    write: async (samples: readonly Sample[]): Promise<void> => {
      await new Promise<void>((resolve) => {
        open.push(resolve);
        asked();
      });
      stored.push(...samples);
    },
    /** Waits for a write and lets it end. */
    next: async (): Promise<() => void> => {
      while (open.length === 0) await new Promise<void>((resolve) => (asked = resolve));
      return open.shift() ?? assert.fail();
    },
  };
};

describe('ingest of the embedded broker', () => {
  afterEach(endAll);
  let options: BrokerOptions;
  const device = { username: 'device', password: 'secret' };
  before(async () => {
    const rights = [{ allow: 'readwrite', filter: 'history/#' } as const];
    const user = { name: 'device', passwordHash: await hashPassword('secret'), rights };
    options = { ingest, users: [user] };
  });

  for (const qos of [1, 2] as const)
    it(`acknowledges QoS ${qos} once the samples are stored, not before`, async () => {
      const { write, next, stored } = gate();
      const { port } = await startBroker(options, { write });
      const sender = await client(port, device);
      let acknowledged = false;
      const published = sender
        .publishAsync('history/tank/1', '{"temperature":21.5}', { qos })
        .then(() => (acknowledged = true));
      const end = await next();
      // What is sent now comes after an acknowledgement that would have been sent already.
      const other = await client(port);
      await other.publishAsync('OLP/device/x', '1', { qos: 1 });
      assert.equal(acknowledged, false);
      end();
      await published;
      assert.deepEqual(
        stored.map(({ series, value }) => [series, value]),
        [['tank/1/temperature', 21.5]],
      );
    });

  it('stores QoS 0 too', async () => {
    const { write, next, stored } = gate();
    const { port } = await startBroker(options, { write });
    const sender = await client(port, device);
    await sender.publishAsync('history/a', '1');
    (await next())();
    const published = sender.publishAsync('history/a', '2', { qos: 1 });
    (await next())();
    await published;
    assert.deepEqual(
      stored.map(({ value }) => value),
      [1, 2],
    );
  });

  it('acknowledges what nobody can read, once, and tells people', async () => {
    const { port, stats, log } = await startBroker(options, { write: () => assert.fail('nothing to write') });
    const sender = await client(port, device);
    await sender.publishAsync('history/a', 'garbage', { qos: 1 });
    assert.equal(stats().ingest?.refused, 1);
    assert.match(
      log.join('\n'),
      /not stored, "history\/a": payload: must be JSON or a number, got "garbage"/,
    );
  });

  it('does not acknowledge what cannot be stored: the sender is sent away to try again', async () => {
    const { port, stats } = await startBroker(options, {
      write: () => Promise.reject(new Error('disk full')),
    });
    const sender = await client(port, device);
    const gone = closed(sender);
    sender.publish('history/a', '1', { qos: 1 });
    await gone;
    assert.equal(stats().ingest?.failing, 'disk full');
    assert.equal(stats().ingest?.unstored, 1);
  });

  it('sends a sender away whose store takes too long', async () => {
    const slow = { ...options, ingest: { ...ingest, timeoutMs: 10 } };
    const { port, log } = await startBroker(slow, { write: () => new Promise(() => {}) });
    const sender = await client(port, device);
    const gone = closed(sender);
    sender.publish('history/a', '1', { qos: 1 });
    await gone;
    assert.match(log.join('\n'), /not stored within 10 ms/);
  });

  it('passes messages on to subscribers, but retains none', async () => {
    const { port, stats } = await startBroker(options, { write: () => Promise.resolve() });
    const reader = await client(port, device);
    const { next } = await listen(reader, 'history/#');
    const sender = await client(port, device);
    await sender.publishAsync('history/a', '1', { qos: 1, retain: true });
    assert.equal(await next(), 'history/a 1');
    assert.equal(stats().retainedBytes, 0);
  });

  it('is not for everybody', async () => {
    const { port } = await startBroker(options, { write: () => assert.fail('nothing to write') });
    const stranger = await client(port);
    const gone = closed(stranger);
    stranger.publish('history/a', '1', { qos: 1 });
    await gone;
  });

  it('wants a store, and topic filters', async () => {
    await assert.rejects(startBroker(options), /broker\.ingest: there is no database/);
    const odd = { ...options, ingest: { topics: ['a#'] } };
    await assert.rejects(startBroker(odd), /broker\.ingest\.topics: must be topic filters, got "a#"/);
  });
});
