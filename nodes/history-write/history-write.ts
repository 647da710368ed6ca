import type { NodeAPI } from 'node-red';
import { databaseOf } from '../lib/database.ts';
import { defineNode, onInput } from '../lib/node.ts';
import { clockOf } from '../lib/plant-clock.ts';
import { statusOf } from '../lib/status.ts';
import { parse } from './config.ts';
import { lightFor } from './report.ts';
import { samplesOf } from './samples.ts';
import { createThinner } from './thinning.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, 'history-write', (node, def) => {
    const settings = parse(def);
    const { topic, quantity, timeline, changesOnly, intervalSeconds } = settings;
    const database = databaseOf(RED, settings.database);
    const clock = clockOf(RED, settings.clock);
    const thinner = createThinner({ changesOnly, intervalMs: intervalSeconds * 1000 });
    // A command carries no source: by a clock of simulated time it belongs to a simulated plant.
    const source = clock.state().mode === 'real' ? 'measured' : 'simulated';
    const light = statusOf(node);
    let stored = 0;
    light.show({ kind: 'waiting', text: 'no data' });
    onInput(node, (msg) => {
      const read = samplesOf(msg, { topic, quantity, timeline, source, timestamp: clock.now() });
      const samples = thinner.keep(read);
      if (samples.length === 0) return;
      return database.write(samples).then(
        () => {
          stored += samples.length;
          light.show(lightFor(stored, database.facts()));
        },
        (cause: unknown) => {
          thinner.forget(samples);
          light.show({ kind: 'lost', text: 'not stored' });
          throw cause;
        },
      );
    });
  });
}
