/** Stands in the process of a plant and looks at it when the benchmark asks: `send({ ms })`, answered with `Figures`. */
import RED, { type Node } from 'node-red';
import { loadOver, type Load } from './load.ts';
import { heapInUse } from './statistics.ts';

/** What a plant does and costs while somebody looks. */
export interface Figures extends Load {
  /** from node to node, all that Node-RED delivers */
  readonly messages: number;
  /** what the broker has acknowledged */
  readonly published: number;
  /** values of sensors that came to the history */
  readonly readings: number;
  /** measurements of batches that were sent by MQTT and are stored */
  readonly stored: number;
  /** bytes in use, and those of the whole process */
  readonly heap: number;
  readonly rss: number;
}

interface SendEvent {
  readonly destination: { readonly id: string };
}
interface CompleteEvent {
  readonly node: { readonly id: string; readonly node: Node };
  readonly error?: unknown;
}
const READINGS = 'bioreactor-history-signals';
const MEASUREMENTS = 'bioreactor-cloud-measure-store';

const look = async (ms: number): Promise<Figures> => {
  const counts = { messages: 0, published: 0, readings: 0, stored: 0 };
  RED.hooks.add('onSend.bench', (events: readonly SendEvent[]) => {
    counts.messages += events.length;
    for (const { destination } of events) if (destination.id === READINGS) counts.readings++;
  });
  RED.hooks.add('onComplete.bench', ({ node, error }: CompleteEvent) => {
    if (error) return;
    if (node.id === MEASUREMENTS) counts.stored++;
    else if (node.node.type === 'mqtt out') counts.published++;
  });
  const load = await loadOver(ms);
  RED.hooks.remove('*.bench');
  const { rss } = process.memoryUsage();
  return { ...load, ...counts, rss, heap: await heapInUse() };
};

process.on('message', ({ ms }: { ms: number }) => {
  void look(ms).then((figures) => process.send?.(figures));
});
