import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const shipped = join(import.meta.dirname, '..', '..', 'flows');
const at = (x: number, y: number): object => ({ z: 'probe', x, y });
const rows = [
  { condition: 'high', limit: 26, deadband: 0.5, priority: 'high' },
  { condition: 'low', limit: 20, deadband: 0.5, priority: 'medium' },
];

/** A plant of the tests: it says by HTTP what it is told to say, to its alarms or to the overview. */
const nodes: readonly object[] = [
  { id: 'probe', type: 'tab', label: 'Probe', disabled: false, info: 'For tests.', env: [] },
  { id: 'probe-in', type: 'http in', ...at(120, 80), url: '/probe', method: 'post', wires: [['probe-msg']] },
  {
    id: 'probe-msg',
    type: 'function',
    ...at(300, 80),
    func: 'const { to, ...rest } = msg.payload;\nreturn [{ req: msg.req, res: msg.res, payload: {} }, to === "summary" ? rest : null, to === "alarm" ? rest : null];',
    outputs: 3,
    wires: [['probe-out'], ['probe-summary'], ['probe-alarm']],
  },
  { id: 'probe-out', type: 'http response', ...at(500, 40), wires: [] },
  { id: 'probe-summary', type: 'link call', ...at(500, 80), links: ['services-summary'], wires: [[]] },
  {
    id: 'probe-alarm',
    type: 'limit-alarm',
    ...at(500, 120),
    quantity: 'temperature',
    conditions: JSON.stringify(rows),
    wires: [[], []],
  },
];

/** The shipped flows and the plant of the tests, in a folder of their own. */
export const flowsWithProbe = (folder: string): string => {
  const flows = join(folder, 'shipped-flows');
  mkdirSync(flows, { recursive: true });
  cpSync(shipped, flows, { recursive: true });
  writeFileSync(join(flows, 'probe.json'), JSON.stringify(nodes, null, 4));
  return flows;
};

/** What the plant of the tests says: from a page that has signed in. */
export const tell = async (page: Page, to: 'summary' | 'alarm', message: object): Promise<void> => {
  const status = await page.evaluate(
    async (body) =>
      (await fetch('/probe', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }))
        .status,
    JSON.stringify({ to, ...message }),
  );
  if (status !== 200) throw new Error(`the probe answers ${status}`);
};

/** A measurement of the plant of the tests. */
export const measured = (temperature: number | null, unit = 1): object => ({
  topic: `probe/${unit}`,
  payload: { temperature },
  units: { temperature: 'Cel' },
  qualities: { temperature: temperature === null ? 'bad' : 'good' },
  quality: temperature === null ? 'bad' : 'good',
  source: 'measured',
  timestamp: Date.now(),
});
