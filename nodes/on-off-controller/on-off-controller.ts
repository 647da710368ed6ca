import type { NodeAPI } from 'node-red';
import { defineNode, guarded, onClose, onInput, type NewMessage, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { lacks, readSignal } from '../lib/signal.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { commandOf, obey } from './commands.ts';
import { parse } from './config.ts';
import { begin, decide, isOnlyRenewed, measured, settle, type Decision, type Memory } from './hysteresis.ts';
import { isSaved, keep, restore } from './kept.ts';
import { detailsOf, lightFor } from './report.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'on-off-controller', (node, def) => {
    const settings = parse(def);
    const { core, quantity, outputTopic } = settings;
    const clock = clockOf(RED, settings.clock);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    let memory = restore(settings, begin(settings.edges, settings.mode, clock.now()), slot.load());
    let told: { decision: Decision; memory: Memory } | undefined;
    let unit: string | undefined;

    const isNews = (decision: Decision): boolean =>
      decision.on !== told?.decision.on ||
      decision.reason !== told.decision.reason ||
      memory.mode !== told.memory.mode ||
      memory.band !== told.memory.band ||
      memory.tracking !== told.memory.tracking;

    /** Decides and sends: the command always, the details when they have changed. */
    const carryOut = (msg: NewMessage, send: Send): void => {
      const now = clock.now();
      const decision = decide(core, memory, now);
      memory = settle(memory, decision, now);
      wake.at(decision.deadline);
      light.show(lightFor(decision, memory, unit));
      msg.payload = decision.on;
      if (outputTopic !== '') msg.topic = outputTopic;
      if (!isNews(decision)) return send(msg);
      told = { decision, memory };
      send([msg, detailsOf(decision, memory, msg.topic ?? '', now)]);
    };
    /** A command that no measurement has caused. */
    const fresh = (_msgid?: string): NewMessage => ({
      ...(_msgid === undefined ? {} : { _msgid }),
      timestamp: clock.now(),
    });
    const wake = wakeOn(
      clock,
      guarded(node, () => carryOut(fresh(), (messages) => node.send(messages))),
    );
    light.show({ kind: 'waiting', text: 'no data' });
    onClose(node, () => wake.stop());

    onInput(node, (msg, send) => {
      const word = commandOf(msg.topic);
      const now = clock.now();
      if (word) {
        const before = memory;
        memory = obey(settings, memory, word, msg, now);
        // Nothing to send: the source in charge has set the actuator, the next measurement decides.
        if (word === 'tracking') return;
        if (isOnlyRenewed(before, memory, now)) {
          wake.at(decide(core, memory, now).deadline);
          return;
        }
        if (word === 'setpoint') slot.saveSoon(() => keep(settings, memory));
        else slot.save(keep(settings, memory));
        carryOut(fresh(msg._msgid), send);
        return;
      }
      if (lacks(msg, quantity)) return;
      const { value, quality, timestamp, unit: measuredIn } = readSignal(msg, quantity);
      const usable = typeof value === 'number' && Number.isFinite(value);
      unit = measuredIn;
      memory = measured(memory, usable && quality !== 'bad' ? value : undefined, now);
      for (const key of ['unit', 'units', 'qualities']) delete msg[key];
      msg['quality'] = memory.mode === 'auto' ? quality : 'good';
      msg['timestamp'] = timestamp ?? now;
      carryOut(msg, send);
      if (!usable && value !== null)
        throw new Error(`payload${quantity && `.${quantity}`}: must be a finite number, got ${shown(value)}`);
    });
  });
}
