import type { NodeAPI } from 'node-red';
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
import { onStarted } from '../lib/started.ts';
import { statusOf } from '../lib/status.ts';
import { wakeOn } from '../lib/wake.ts';
import { askedOf } from './asked.ts';
import { cssOf, dutyOf, scaled } from './colour.ts';
import { parse } from './config.ts';
import { cleared, seen, seenOn, set, type Layers } from './layers.ts';

const channels = ['red', 'green', 'blue'] as const;

export default function (RED: NodeAPI): void {
  defineNode(RED, 'rgb-led', (node, def) => {
    const settings = parse(def);
    const { gamma, kind, blinkSeconds, layers: order } = settings;
    const clock = clockOf(RED, settings.clock);
    const light = statusOf(node);
    let brightness = settings.brightness;
    let layers: Layers = new Map();
    /** what each output was told last */
    const told: (number | string | undefined)[] = [];

    /** Sends what has changed, output by output. */
    const show = (send: Send): void => {
      const { colour, until } = seen(layers, order, clock.now());
      const dimmed = scaled(colour, brightness / 100);
      const now: (number | string)[] = [
        ...dimmed.map((part) => dutyOf(part, gamma, kind === 'anode')),
        cssOf(dimmed),
      ];
      wake.at(until === Infinity ? undefined : until);
      if (now.every((value, output) => value === told[output])) return;
      const messages = now.map((payload, output): NewMessage | null =>
        payload === told[output] ? null : { topic: channels[output] ?? 'css', payload },
      );
      told.splice(0, told.length, ...now);
      const css = cssOf(dimmed);
      light.show(css === '#000000' ? { kind: 'idle', text: 'dark' } : { kind: 'nominal', text: css });
      send(messages);
    };
    const showNow = guarded(node, () => show((messages) => node.send(messages)));
    const wake = wakeOn(clock, showNow);

    const layerOf = ({ layer = order[0] }: Message): string => {
      const found = order.find((name) => name === layer);
      if (found !== undefined) return found;
      throw new Error(`layer: must be one of ${order.join(', ')}, got ${shown(layer)}`);
    };
    const obey = (msg: Message): void => {
      const { topic, payload } = msg;
      const now = clock.now();
      if (topic === 'clear') {
        layers = new Map();
        return;
      }
      if (topic === 'brightness') {
        const percent = parseNumber(payload);
        if (percent === undefined || percent < 0 || percent > 100)
          throw new Error(`payload: must be a brightness of 0 to 100 %, got ${shown(payload)}`);
        brightness = percent;
        return;
      }
      const layer = layerOf(msg);
      const asked = askedOf(payload, seenOn(layers, layer, now), blinkSeconds);
      layers = asked ? set(layers, layer, asked.effect, now, asked.next) : cleared(layers, layer);
    };

    light.show({ kind: 'idle', text: 'dark' });
    /** All of it, after every start also of other nodes only: the pins behind them have begun dark. */
    const repeat = (): void => {
      told.length = 0;
      showNow();
    };
    onStarted(RED, node, repeat, { again: true });
    onInput(node, (msg, send) => {
      obey(msg);
      show(send);
    });
    onClose(node, () => wake.stop());
  });
}
