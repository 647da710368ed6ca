import type { NodeAPI } from 'node-red';
import { defineNode, onInput } from '../lib/node.ts';
import { shown } from '../lib/number.ts';
import { lacks, readSignal, type Reading } from '../lib/signal.ts';
import { statusOf, type Kind } from '../lib/status.ts';
import { parse } from './config.ts';
import { ohmAt, temperatureOf } from './temperature.ts';

/** Thousandths of a kelvin: finer than any thermistor, and short enough to read. */
const rounded = (celsius: number): number => Math.round(celsius * 1000) / 1000;

const kindOf = ({ quality, source }: Reading): Kind =>
  quality === 'uncertain' ? 'limited' : source === 'simulated' ? 'simulated' : 'nominal';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'thermistor', (node, def) => {
    const { quantity, outputTopic, divider, curve, limits } = parse(def);
    const light = statusOf(node);
    light.show({ kind: 'waiting', text: 'no data' });
    onInput(node, (msg, send) => {
      if (lacks(msg, quantity)) return;
      const reading = readSignal(msg, quantity);
      const { value, quality } = reading;
      const usable = typeof value === 'number' && Number.isFinite(value);
      const result =
        usable && quality !== 'bad'
          ? temperatureOf(curve, limits, divider ? ohmAt(divider, value) : value)
          : 'no reading';
      for (const key of ['units', 'qualities', 'fault']) delete msg[key];
      if (outputTopic !== '') msg.topic = outputTopic;
      msg['unit'] = 'Cel';
      if (typeof result === 'number') {
        msg.payload = rounded(result);
        msg['quality'] = quality;
        light.show({ kind: kindOf(reading), value: rounded(result), unit: 'Cel' });
      } else {
        msg.payload = null;
        Object.assign(msg, { quality: 'bad', fault: result });
        light.show({ kind: 'lost', text: result });
      }
      send(msg);
      if (!usable && value !== null)
        throw new Error(`payload${quantity && `.${quantity}`}: must be a finite number, got ${shown(value)}`);
    });
  });
}
