import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { NodeAPI } from 'node-red';
import { spaceOf } from '../lib/disk-space.ts';
import type { Space } from '../lib/disk.ts';
import { defineNode, guarded, onClose, type NewMessage } from '../lib/node.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { healthBoardOf } from '../lib/settings.ts';
import { onStarted } from '../lib/started.ts';
import { statusOf } from '../lib/status.ts';
import palette from '../package.json' with { type: 'json' };
import { parse } from './config.ts';
import { recordOf, type Reading } from './system-record.ts';

/** A timer that comes late tells how long the event loop was busy; it is what it is measured with, ms. */
const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

const diskOf = async (folder: unknown): Promise<Space | undefined> => {
  if (typeof folder !== 'string') return undefined;
  try {
    return await spaceOf(folder);
  } catch {
    return undefined; // the part `disk` of the health board says so in words
  }
};

export default function (RED: NodeAPI): void {
  defineNode(RED, 'system-status', (node, def) => {
    const { outputTopic, periodSeconds } = parse(def);
    const clock = wallClock(RED);
    const board = healthBoardOf(RED);
    const light = statusOf(node);
    const folder: unknown = Reflect.get(RED.settings, 'userDir');
    const versions = {
      node: process.versions.node,
      nodeRed: String(Reflect.get(RED.settings, 'version') ?? 'unknown'),
      palette: palette.version,
    };
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    let cpu = process.cpuUsage();
    let since = performance.now();
    let closed = false;
    let cancel = (): void => {};

    /** What has been since the last call. */
    const read = (): Omit<Reading, 'disk'> => {
      const late = (ns: number): number =>
        Math.max(0, (Number.isFinite(ns) ? ns : 0) / NS_PER_MS - RESOLUTION_MS);
      const used = process.cpuUsage(cpu);
      const now = performance.now();
      const reading = {
        delay: { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) },
        cpuMs: (used.user + used.system) / 1000,
        elapsedMs: now - since,
        memory: process.memoryUsage(),
        uptimeSeconds: process.uptime(),
      };
      delay.reset();
      cpu = process.cpuUsage();
      since = now;
      return reading;
    };
    const tell = guarded(node, (disk: Space | undefined) => {
      if (closed) return;
      const parts = board.read();
      const { payload, units, troubles } = recordOf({ ...read(), disk }, parts);
      const message: NewMessage = {
        topic: outputTopic,
        payload,
        units,
        timestamp: clock.now(),
        quality: 'good',
        source: 'measured',
        troubles,
        parts,
        versions,
      };
      node.send(message);
      light.show(
        troubles.length === 0
          ? { kind: 'nominal', text: 'ok' }
          : { kind: 'fault', text: `${troubles.length} ${troubles.length === 1 ? 'trouble' : 'troubles'}` },
      );
    });
    const round = (): void => {
      cancel = clock.after(periodSeconds * 1000, round);
      void diskOf(folder).then(tell);
    };
    light.show({ kind: 'waiting', text: 'starting' });
    onStarted(RED, node, round);
    onClose(node, () => {
      closed = true;
      cancel();
      delay.disable();
    });
  });
}
