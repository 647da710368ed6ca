import type { NodeAPI } from 'node-red';
import { alarmCommand } from '../lib/alarm-commands.ts';
import { alarmsOf, type AlarmEntry } from '../lib/alarms.ts';
import { defineNode, guarded, onClose, onInput, type Send } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { onStarted } from '../lib/started.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { parse } from './config.ts';
import { countsOf, lightFor } from './list.ts';

/** Wall time between two lists that nobody asked for: a storm of alarms must not become a storm of lists. */
const INTERVAL_MS = 500;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'alarm-list', (node, def) => {
    const { fits, maxEntries } = parse(def);
    const registry = alarmsOf(RED);
    const wall = wallClock(RED);
    const light = statusOf(node);
    let started = false;
    let quietUntil = -Infinity;

    const entries = (): AlarmEntry[] => registry.entries().filter(({ series }) => fits(series));
    const sendList = (send: Send, _msgid?: string): void => {
      const all = entries();
      const counts = countsOf(all);
      light.show(lightFor(counts));
      quietUntil = wall.now() + INTERVAL_MS;
      send([
        {
          ...(_msgid === undefined ? {} : { _msgid }),
          topic: 'alarms',
          payload: all.slice(0, maxEntries),
          ...counts,
        },
        null,
      ]);
    };
    const sendChanged = guarded(node, () => sendList((messages) => node.send(messages)));
    const wake = wakeOn(wall, sendChanged);
    const leave = registry.listen({
      event: guarded(node, (event) => {
        if (fits(event.series)) node.send([null, { topic: `${event.series}/alarm`, payload: event }]);
      }),
      changed: guarded(node, () => {
        if (!started) return;
        if (wall.now() >= quietUntil) sendChanged();
        else wake.at(quietUntil);
      }),
    });
    onStarted(RED, node, () => {
      started = true;
      sendChanged();
    });

    onInput(node, (msg, send) => {
      if (msg.topic === 'list') {
        sendList(send, msg._msgid);
        return;
      }
      const asked = alarmCommand(msg);
      if (!asked)
        throw new Error(`topic: must be list, acknowledge, shelve or unshelve, got ${shown(msg.topic)}`);
      const { id, command } = asked;
      // Two nodes may have the same alarm: it hears of it once.
      const ids = id === 'all' ? new Set(entries().map((entry) => entry.id)) : [id];
      for (const one of ids) registry.command(one, command);
    });
    onClose(node, () => {
      leave();
      wake.stop();
    });
  });
}
