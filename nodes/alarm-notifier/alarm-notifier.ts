import type { NodeAPI } from 'node-red';
import { conditions, priorities, type AlarmEvent } from '../lib/alarms.ts';
import { defineNode, guarded, onInput } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { isRecord } from '../lib/signal.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf, type Status } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { createChannel, type Channel, type DeliveryReport } from './channel.ts';
import { parse } from './config.ts';
import { createGate, type Gate, type Notice } from './gate.ts';
import { isKept, type Kept } from './kept.ts';
import { mailer } from './mail.ts';
import { poster } from './webhook.ts';

/** How long a stop waits for a mail that is on its way; a second one after the start would be worse. */
const PATIENCE_MS = 2000;

const isEvent = (payload: unknown): payload is AlarmEvent =>
  isRecord(payload) &&
  ['id', 'series', 'message', 'state', 'action', 'unit', 'timeline'].every(
    (key) => typeof payload[key] === 'string',
  ) &&
  conditions.some((condition) => condition === payload['condition']) &&
  priorities.some((priority) => priority === payload['priority']) &&
  Number.isFinite(payload['since']) &&
  Number.isFinite(payload['at']);

const testNotice = (at: number): Notice => ({
  kind: 'test',
  priority: 'low',
  subject: 'Test of the alarm notices',
  text: 'This is a test: alarms will reach you this way',
  events: [],
  count: 0,
  at,
});

export default function (RED: NodeAPI): void {
  defineNode(RED, 'alarm-notifier', (node, def) => {
    const settings = parse(def);
    const wall = wallClock(RED);
    // Never before the deadline that fires, or it would fire again and again.
    const now = (): number => Math.ceil(wall.now());
    const slot = stateOf(RED, node, 1, isKept);
    const light = statusOf(node);
    const saved = slot.load();
    const abort = new AbortController();
    let closed: 'for a deploy' | 'for good' | undefined;
    let made = saved?.made ?? 0;
    const troubles = new Map<string, Status>();

    const page = createGate(settings.page, now(), saved?.page);
    const showLight = (): void => {
      const [trouble] = troubles.values();
      const ways = ['page', ...routes.map(({ channel }) => channel.way)];
      light.show(trouble ?? { kind: 'nominal', text: ways.join(', ') });
    };
    const report = guarded(node, (told: DeliveryReport): void => {
      const { channel, state, subject, reason } = told;
      troubles.delete(channel);
      if (state === 'failed') troubles.set(channel, { kind: 'fault', text: `${channel} failed` });
      if (state === 'retry') troubles.set(channel, { kind: 'waiting', text: `${channel} retry` });
      showLight();
      const message = { topic: 'delivery', payload: told };
      node.send([null, { ...message }]);
      if (state === 'failed' || (state === 'sent' && reason !== undefined))
        node.error(new Error(`${channel}: ${reason ?? 'failed'} (${subject})`), message);
    });
    const around = { now, report, signal: abort.signal, changed: guarded(node, () => changed()) };
    const routes: { readonly gate: Gate; readonly channel: Channel }[] = [];
    const { mail, webhook } = settings;
    if (mail)
      routes.push({
        gate: createGate(mail, now(), saved?.mail?.gate),
        channel: createChannel('mail', mailer(mail), saved?.mail?.queue ?? [], around),
      });
    if (webhook)
      routes.push({
        gate: createGate(webhook, now(), saved?.webhook?.gate),
        channel: createChannel('webhook', poster(webhook), saved?.webhook?.queue ?? [], around),
      });

    const keep = (): Kept => {
      const kept = (way: Channel['way']) => {
        const route = routes.find(({ channel }) => channel.way === way);
        return route ? { gate: route.gate.save(), queue: route.channel.queue() } : null;
      };
      return { made, page: page.save(), mail: kept('mail'), webhook: kept('webhook') };
    };
    const sendToPage = (notice: Notice): void => {
      const { text, kind, priority } = notice;
      const payload = kind === 'cleared' ? `Recovered: ${text}` : text;
      node.send([{ topic: 'notice', payload, kind, priority, notice }, null]);
    };
    const sendAway = (channel: Channel, notice: Notice): void =>
      channel.add(`${notice.at}-${channel.way}-${made++}`, notice);
    const rearm = (): void => {
      wake.at(
        Math.min(page.dueAt(), ...routes.flatMap(({ gate, channel }) => [gate.dueAt(), channel.dueAt()])),
      );
    };
    /** A queue has changed: what waits must not be lost, and the next may go. */
    const changed = (): void => {
      if (closed !== 'for good') slot.save(keep());
      if (closed) return;
      for (const { channel } of routes) channel.pump();
      rearm();
    };
    /** Takes what each gate lets through. */
    const pass = (through: (gate: Gate) => Notice[]): void => {
      for (const notice of through(page)) sendToPage(notice);
      for (const { gate, channel } of routes) for (const notice of through(gate)) sendAway(channel, notice);
      slot.saveSoon(keep);
      rearm();
    };
    const tick = guarded(node, () => {
      pass((gate) => gate.tick(now()));
      for (const { channel } of routes) channel.pump();
      rearm();
    });
    const wake = wakeOn(wall, tick);
    showLight();
    onStarted(RED, node, tick);

    onInput(node, (msg) => {
      const { topic, payload } = msg;
      if (topic === 'test') {
        const notice = testNotice(now());
        sendToPage(notice);
        for (const { channel } of routes) sendAway(channel, notice);
        return;
      }
      if (!isEvent(payload)) throw new Error(`payload: must be an alarm event, got ${shown(payload)}`);
      pass((gate) => gate.accept(payload, now()));
    });
    node.on('close', (removed: boolean, done: () => void) => {
      closed = removed ? 'for good' : 'for a deploy';
      wake.stop();
      const patience = setTimeout(() => abort.abort(), removed ? 0 : PATIENCE_MS);
      const idle = routes.map(({ channel }) => channel.idle());
      void Promise.all(idle).finally(() => {
        clearTimeout(patience);
        abort.abort();
        done();
      });
    });
  });
}
