import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fields, parse } from '../../nodes/pid-controller/config.ts';

describe('pid: configuration', () => {
  const refused = {
    'outMax: must be above outMin 5, got 5': { outMin: 5, outMax: '5' },
    'kc: must be a number of at least 0 and at most 1000000000, got "1x"': { kc: '1x' },
    'failSafe: must be within outMin and outMax, got 120': { failSafe: 120 },
    'startOutput: must be within outMin and outMax, got -1': { startOutput: -1 },
    'action: must be one of reverse, direct, got "cool"': { action: 'cool' },
  };
  for (const [message, form] of Object.entries(refused))
    it(message, () => assert.throws(() => parse(form), { message }));
  it('0 is a legal setting, and an output range without 0 starts at its nearest end', () => {
    const { core } = parse({ outMin: -50, outMax: 0, kc: 0, setpoint: '0' });
    assert.deepEqual([core.outMax, core.gains.kp, core.failSafe, core.startOutput], [0, 0, -50, 0]);
    assert.equal(parse({ outMin: 20, outMax: 80 }).core.startOutput, 20);
  });
  it('the longest gap is five periods, at least 10 s', () => {
    assert.deepEqual([parse({}).core.maxGap, parse({ samplePeriod: 30 }).core.maxGap], [10, 150]);
  });
  it('every field has a form row and a label, and the help explains it', () => {
    const read = (path: string): string =>
      readFileSync(new URL(`../../nodes/pid-controller/${path}`, import.meta.url), 'utf8');
    const form = read('editor.html');
    const help = read('locales/en-US/help.md').replaceAll(/\s+/g, ' ');
    const catalogue = JSON.parse(read('locales/en-US/pid-controller.json')) as {
      'pid-controller': { label: Record<string, string> };
    };
    for (const name of Object.keys(fields)) {
      const label = catalogue['pid-controller'].label[name];
      assert.ok(form.includes(`id="node-input-${name}"`), `form row ${name}`);
      assert.ok(label !== undefined, `label ${name}`);
      assert.ok(name === 'name' || help.includes(`*${label}*`), `help on ${name}`);
    }
  });
});
