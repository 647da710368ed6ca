import type { NodeAPI } from 'node-red';
import { alarmCommand } from '../lib/alarm-commands.ts';
import { alarmsOf, type AlarmSource } from '../lib/alarms.ts';
import { defineNode, guarded, onClose, onInput, type Message, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { lacks, readSignal } from '../lib/signal.ts';
import { onStarted } from '../lib/started.ts';
import { stateOf } from '../lib/state.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { change, settingOf } from './commands.ts';
import { parse } from './config.ts';
import { isSaved, isWatched, keep, restore, unwatched, type Memory } from './kept.ts';
import { entriesOf, eventOf, isOn, lightFor, limitsDrawn } from './report.ts';
import { sampleOf, unitFor } from './sample.ts';
import {
  accept,
  deadlineOf,
  expire,
  hasOtherStates,
  obey,
  ofId,
  review,
  shelfDue,
  tick,
  type Step,
  type Unit,
} from './unit.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'limit-alarm', (node, def) => {
    const settings = parse(def);
    const { rateMs } = settings;
    const clock = clockOf(RED, settings.clock);
    const wall = wallClock(RED);
    const registry = alarmsOf(RED);
    const slot = stateOf(RED, node, 1, isSaved);
    const light = statusOf(node);
    const timeline = clock.mode === 'real' ? 'real' : 'simulated';
    const restored = restore(settings, slot.load(), timeline, clock.now());
    let memory: Omit<Memory, 'units'> = restored;
    const units = new Map(restored.units);
    /** when each series has to be looked at again */
    const due = new Map<string, number>();
    /** what output 2 has said of each series */
    const said = new Map<string, boolean>();
    const sendAlone: Send = (messages) => node.send(messages);
    const all = (): Memory => ({ ...memory, units });

    const sayState = (unit: Unit, send: Send, _msgid?: string): void => {
      const on = isOn(unit);
      said.set(unit.series, on);
      const now = clock.now();
      const entries = entriesOf(unit, rateMs, now);
      const id = _msgid === undefined ? {} : { _msgid };
      send([
        null,
        { ...id, topic: `${unit.series}/alarm`, payload: on, entries, timestamp: now, quality: 'good' },
      ]);
    };
    /** Takes the steps of some series, and tells everybody what happened. */
    const carryOut = (steps: readonly Step[], send: Send = sendAlone, _msgid?: string): void => {
      const now = clock.now();
      // A shelved alarm says nothing, but the list shows how it is.
      let isOther = false;
      for (const { unit } of steps) {
        isOther ||= hasOtherStates(units.get(unit.series), unit);
        units.set(unit.series, unit);
        due.set(unit.series, deadlineOf(unit));
      }
      wake.at(Math.min(...due.values()));
      let news = false;
      for (const { unit, happenings } of steps) {
        const events = happenings.map((happening) => eventOf(happening, now, Math.round(wall.now())));
        for (const event of events)
          send([
            {
              ...(_msgid === undefined ? {} : { _msgid }),
              topic: `${unit.series}/alarm`,
              payload: event,
              timestamp: now,
            },
            null,
          ]);
        if (events.length > 0 || said.get(unit.series) !== isOn(unit)) sayState(unit, send, _msgid);
        if (events.length > 0) registry.tell(events);
        news ||= events.length > 0;
      }
      if (news || isOther || units.size === 1) light.show(lightFor([...units.values()]));
      if (!news && !isOther) return;
      if (!news) registry.tell([]);
      // After it was told: told twice after a crash is better than never.
      slot.save(keep(settings, all()));
      wallWake.at(Math.min(...[...units.values()].map(shelfDue)));
    };
    const wake = wakeOn(
      clock,
      guarded(node, () => {
        const now = clock.now();
        const late = [...units.values()].filter(({ series }) => (due.get(series) ?? Infinity) <= now);
        carryOut(late.map((unit) => tick(unit, rateMs, now)));
      }),
    );
    const wallWake = wakeOn(
      wall,
      guarded(node, () => {
        const now = clock.now();
        carryOut([...units.values()].map((unit) => expire(unit, rateMs, now, wall.now())));
      }),
    );

    const source: AlarmSource = {
      entries: () => [...units.values()].flatMap((unit) => entriesOf(unit, rateMs, clock.now())),
      limits: () => [...units.values()].flatMap(limitsDrawn),
      has: (id) => ofId(units, id) !== undefined,
      obey(id, command) {
        const found = ofId(units, id);
        if (!found) throw new Error(`id: there is no alarm ${shown(id)}`);
        const times = { rateMs, now: clock.now(), wall: wall.now() };
        carryOut([obey(found.unit, found.condition, command, times)]);
      },
    };
    const leave = registry.add(source);

    const drop = (series: string): void => {
      for (const map of [units, due, said]) map.delete(series);
    };
    light.show(lightFor([...units.values()]));
    // What the form no longer asks for clears; what was raised before the restart is not told again.
    onStarted(RED, node, () => {
      const now = clock.now();
      carryOut([...units.values()].map((unit) => tick(unit, rateMs, now)));
      for (const series of units.keys()) if (!isWatched(settings, series)) drop(series);
      wake.at(Math.min(...due.values()));
      wallWake.at(Math.min(...[...units.values()].map(shelfDue)));
    });

    const configure = (msg: Message, send: Send): boolean => {
      const word = settingOf(msg.topic);
      if (!word) return false;
      const changed = change(settings, all(), word, msg);
      memory = changed;
      const now = clock.now();
      carryOut(
        [...changed.units.values()].map((unit) => review(unit, rateMs, now)),
        send,
        msg._msgid,
      );
      if (word === 'setpoint') slot.saveSoon(() => keep(settings, all()));
      else slot.save(keep(settings, all()));
      registry.tell([]);
      return true;
    };
    /** A unit that has been taken away is not silent, it is gone. */
    const forget = ({ payload, _msgid }: Message, send: Send): void => {
      const unit = typeof payload === 'string' ? units.get(payload) : undefined;
      if (!unit) throw new Error(`payload: must be a series that has been seen, got ${shown(payload)}`);
      carryOut([review(unwatched(unit), rateMs, clock.now())], send, _msgid);
      drop(unit.series);
      slot.save(keep(settings, all()));
      light.show(lightFor([...units.values()]));
      registry.tell([]);
    };
    onInput(node, (msg, send) => {
      if (configure(msg, send)) return;
      if (msg.topic === 'forget') return forget(msg, send);
      const asked = alarmCommand(msg);
      if (asked) {
        const ids = asked.id === 'all' ? source.entries().map(({ id }) => id) : [asked.id];
        for (const id of ids) source.obey(id, asked.command);
        return;
      }
      const { topic } = msg;
      if (typeof topic !== 'string' || topic === '')
        throw new Error(`topic: must be text, got ${shown(topic)}`);
      if (lacks(msg, settings.quantity)) return;
      if (settings.topics.length > 0 && !settings.topics.includes(topic)) return;
      const now = clock.now();
      const unit = unitFor(settings, all(), topic, timeline, now);
      const sample = sampleOf(settings, msg, timeline, now);
      carryOut([accept(unit, sample, rateMs, now)], send, msg._msgid);
      const { value } = readSignal(msg, settings.quantity);
      if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value))
        throw new Error(
          `payload${settings.quantity && `.${settings.quantity}`}: must be a finite number, true or false, got ${shown(value ?? msg.payload)}`,
        );
    });
    onClose(node, (removed) => {
      wake.stop();
      wallWake.stop();
      if (removed) {
        const events = [...units.values()].flatMap(
          (unit) => review(unwatched(unit), rateMs, clock.now()).happenings,
        );
        registry.tell(events.map((happening) => eventOf(happening, clock.now(), Math.round(wall.now()))));
      }
      leave();
    });
  });
}
