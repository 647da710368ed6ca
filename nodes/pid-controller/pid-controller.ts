import type { Node, NodeAPI, NodeDef } from 'node-red';
import {
  defineNode,
  guarded,
  onClose,
  onInput,
  type Message,
  type NewMessage,
  type Send,
} from '../lib/node.ts';
import { parseNumber, shown } from '../lib/number.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { isRecord, lacks, readSignal, type Quality } from '../lib/signal.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { commands } from './commands.ts';
import { parse } from './config.ts';
import { fail, step } from './pid.ts';
import { detailsOf, lightFor, trackingOf } from './report.ts';
import { isSaved, restore, save, type Saved } from './saved.ts';

interface WiredNode extends Node {
  readonly wires: readonly (readonly string[])[];
}
/** Commands that come with every sample of another loop: they are not reported and not written at once. */
const continuous: ReadonlySet<unknown> = new Set(['tracking', 'feedforward']);

export default function (RED: NodeAPI): void {
  defineNode<NodeDef, WiredNode>(RED, 'pid-controller', (node, def) => {
    const { core, quantity, outputTopic, outputUnit, numericText, staleSeconds, ...form } = parse(def);
    const clock = clockOf(RED, form.clock);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    let { memory, sampledAt } = restore(core, slot.load(), clock.now(), form.stateSeconds);
    let unit = form.unit;
    /** why there is no usable measurement, blank where there is one */
    let failure = '';
    let skipped = 0;
    let bound = false;

    const snapshot = (): Saved => save(core, memory, sampledAt, clock.now());
    const isWired = (output: number): boolean => (node.wires[output]?.length ?? 0) > 0;
    /** Sends the output (null: not anew) and, where somebody listens, why it is what it is. */
    const publish = (
      msg: NewMessage | null,
      send: Send,
      quality: Quality,
      now: number,
      source: unknown,
    ): void => {
      if (msg) {
        if (outputTopic !== '') msg.topic = outputTopic;
        msg.payload = memory.output;
        msg['unit'] = outputUnit;
        msg['quality'] = quality;
        msg['timestamp'] = now;
      }
      light.show(lightFor(memory, outputUnit, failure));
      if (!isWired(1) && !isWired(2)) {
        if (msg) send(msg);
        return;
      }
      const topic = msg?.topic ?? outputTopic;
      const report = { topic, timestamp: now, quality, source, unit, outputUnit, skipped };
      const outer = trackingOf(memory);
      const news = bound || outer.payload !== null;
      bound = outer.payload !== null;
      send([msg, isWired(1) ? detailsOf(memory, report) : null, isWired(2) && news ? outer : null]);
    };
    const made = (msgid?: string): NewMessage =>
      msgid === undefined ? { topic: outputTopic } : { _msgid: msgid, topic: outputTopic };
    /** That of the measurement; a manual output does not come from it and is as good as the hand that set it. */
    const qualityOf = (measured: Quality): Quality =>
      memory.acting === 'manual' ? 'good' : memory.acting === 'fail-safe' ? 'bad' : measured;

    const wake = wakeOn(
      clock,
      guarded(node, () => {
        failure = 'no measurement';
        memory = fail(core, memory);
        publish(made(), (messages) => node.send(messages), qualityOf('bad'), clock.now(), undefined);
      }),
    );
    const watch = (): void => wake.at(staleSeconds > 0 ? clock.now() + staleSeconds * 1000 : undefined);
    watch();
    light.show({ kind: 'waiting', text: 'no measurement' });
    onClose(node, () => wake.stop());

    const take = (pv: number, timestamp: number): void => {
      const dtSeconds = sampledAt === undefined ? core.samplePeriod : (timestamp - sampledAt) / 1000;
      const next = step(core, memory, pv, dtSeconds);
      if (next !== memory) {
        memory = next;
        failure = '';
        sampledAt = timestamp;
        watch();
        slot.saveSoon(snapshot);
        return;
      }
      skipped++;
      // Time that has jumped far back stays there: it is the new time, or the controller would stand still.
      if (dtSeconds < -core.maxGap) sampledAt = timestamp;
    };
    const obey = (msg: Message, send: Send): void => {
      const before = memory;
      memory = commands.get(msg.topic)?.(core, memory, msg, outputTopic) ?? memory;
      if (memory === before) return;
      const obeyed = memory;
      // Who takes the output over without a measurement starts with the fail-safe one.
      if (failure !== '') memory = fail(core, memory);
      if (continuous.has(msg.topic) && memory === obeyed) {
        slot.saveSoon(snapshot);
        return;
      }
      // A setpoint may be the output of an outer loop, at every sample.
      if (continuous.has(msg.topic) || msg.topic === 'setpoint') slot.saveSoon(snapshot);
      else slot.save(snapshot());
      const out = memory.output === before.output ? null : made(msg._msgid);
      publish(out, send, qualityOf('good'), clock.now(), undefined);
    };

    onInput(node, (msg, send) => {
      if (commands.has(msg.topic)) return obey(msg, send);
      if (lacks(msg, quantity)) return;
      const { value, quality, timestamp = clock.now(), unit: measuredIn, source } = readSignal(msg, quantity);
      const pv = numericText && typeof value === 'string' ? parseNumber(value) : value;
      const usable = typeof pv === 'number' && Number.isFinite(pv);
      const announced = saysBad(msg, quantity);
      unit = measuredIn ?? unit;
      if (usable && quality !== 'bad') take(pv, timestamp);
      else {
        failure = 'bad measurement';
        memory = fail(core, memory);
      }
      if (msg['units'] !== undefined) delete msg['units'];
      if (msg['qualities'] !== undefined) delete msg['qualities'];
      publish(msg, send, qualityOf(usable ? quality : 'bad'), timestamp, source);
      if (!usable && !announced)
        throw new Error(`payload${quantity && `.${quantity}`}: must be a finite number, got ${shown(value)}`);
    });
  });
}

/** Whether a signal itself says that it has no value: the convention's way, and no error. */
const saysBad = ({ quality, qualities }: Message, quantity: string): boolean =>
  (isRecord(qualities) && quantity !== '' ? qualities[quantity] : quality) === 'bad';
