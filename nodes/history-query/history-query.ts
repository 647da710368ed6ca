import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NodeAPI } from 'node-red';
import { databaseOf } from '../lib/database.ts';
import { defineNode, onClose, onInput, type Message, type Send } from '../lib/node.ts';
import { clockOf, wallClock } from '../lib/plant-clock.ts';
import { statusOf } from '../lib/status.ts';
import { latest, listed, newestOr, pointsOf, stretches, summaries, TooMuch, type Now } from './answers.ts';
import { overridden, parse, type HistoryQuerySettings, type Mode } from './config.ts';
import { tableOf } from './csv.ts';
import { NoRange } from './moment.ts';

/** Queries of one node that wait for their answer: a flow that asks faster than it is answered has to be told. */
const MAX_WAITING = 20;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'history-query', (node, def) => {
    const settings = parse(def);
    const { history } = databaseOf(RED, settings.database);
    const clock = settings.clock === '' ? undefined : clockOf(RED, settings.clock);
    const wall = wallClock(RED);
    const light = statusOf(node);
    let waiting = 0;
    let closed = false;
    light.show({ kind: 'idle', text: 'ready' });
    onClose(node, () => {
      closed = true;
    });

    /** Sends the text in parts, numbered as the core `join` node wants them; gives back how many. */
    const sendTable = async (
      msg: Message,
      send: Send,
      asked: HistoryQuerySettings,
      now: Now,
    ): Promise<number> => {
      const { chunks } = await tableOf(history, asked, now, { reduced: asked.csvRows === 'points' });
      const id = RED.util.generateId();
      let index = 0;
      // One part behind: only the last one tells how many there are.
      let payload = '';
      for await (const next of chunks) {
        if (closed) return index;
        if (payload !== '') send({ ...msg, payload, parts: { id, type: 'string', ch: '', index: index++ } });
        payload = next;
        await nextTurn();
      }
      send({ ...msg, payload, parts: { id, type: 'string', ch: '', index, count: index + 1 } });
      return index + 1;
    };

    /** What a query gives, and how many of what it is, for the light. */
    const answer = async (
      mode: Exclude<Mode, 'csv'>,
      asked: HistoryQuerySettings,
      now: Now,
    ): Promise<{ payload: readonly unknown[]; text: string }> => {
      switch (mode) {
        case 'last': {
          const payload = await latest(history, asked, now);
          return { payload, text: `${payload.length} values` };
        }
        case 'statistics': {
          const payload = await summaries(history, asked, now);
          return { payload, text: `${payload.length} series` };
        }
        case 'range': {
          const found = await stretches(history, asked, now);
          const rows = found.reduce((sum, { timestamps }) => sum + timestamps.length, 0);
          return { payload: asked.layout === 'rows' ? pointsOf(found) : found, text: `${rows} rows` };
        }
        case 'series': {
          const series = asked.series.length > 0 ? asked.series : ['#'];
          const payload = await listed(history, { ...asked, series });
          return { payload, text: `${payload.length} series` };
        }
      }
    };

    const obey = async (msg: Message, send: Send, asked: HistoryQuerySettings): Promise<string> => {
      const now: Now = clock ? () => clock.now() : newestOr(wall.now());
      const { mode } = asked;
      if (mode === 'csv') return `${await sendTable(msg, send, asked, now)} parts`;
      const { payload, text } = await answer(mode, asked, now);
      if (!closed) send(Object.assign(msg, { payload }));
      return text;
    };

    onInput(node, async (msg, send) => {
      const asked = overridden(settings, msg['query']);
      if (asked.mode !== 'series' && asked.series.length === 0)
        throw new Error('series: must name at least one series, got nothing');
      if (waiting >= MAX_WAITING)
        throw new Error(`history-query: ${MAX_WAITING} queries are waiting for their answer already`);
      waiting++;
      try {
        light.show({ kind: 'nominal', text: await obey(msg, send, asked) });
      } catch (cause) {
        const isRefused = cause instanceof NoRange || cause instanceof TooMuch;
        light.show(isRefused ? { kind: 'limited', text: 'refused' } : { kind: 'lost', text: 'no answer' });
        throw cause;
      } finally {
        waiting--;
      }
    });
  });
}
