import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { fields, parameterNames, parse } from '../../nodes/tank-sim/config.ts';
import { presets, type Preset } from '../../nodes/tank-sim/presets.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../../nodes/tank-sim/${name}`, import.meta.url), 'utf8');

describe('tank-sim configuration', () => {
  it('is a fish tank of 100 l where nothing is stored', () => {
    const { tank, periodSeconds, outputTopic } = parse({});
    assert.deepEqual(tank.parameters, presets['fish-tank']);
    assert.deepEqual([periodSeconds, outputTopic, tank.seed], [10, 'tank', 1]);
  });

  it('has the original rates in its preset classroom', () => {
    const { heatingRate, lossRate } = parse({ preset: 'classroom' }).tank;
    assert.deepEqual([heatingRate, lossRate], [0.1, 0.01]);
  });

  for (const name of Object.keys(presets) as Preset[])
    it(`accepts what its preset ${name} puts into the form`, () => {
      const stored = Object.fromEntries(parameterNames.map((field) => [field, String(presets[name][field])]));
      assert.deepEqual(parse({ preset: name, ...stored }).tank.parameters, presets[name]);
    });

  it('takes a stored field before the preset', () => {
    assert.equal(parse({ preset: 'classroom', heaterWatts: '0' }).tank.heatingRate, 0);
  });

  it('is not in use with a topic that is blank or an unset variable', () => {
    assert.equal(parse({ outputTopic: ' ' }).outputTopic, '');
    assert.equal(parse({ outputTopic: '${TANK_2}' }).outputTopic, '');
  });

  const refused: readonly [object, RegExp][] = [
    [{ litres: 0 }, /^Error: litres: must be a number above 0, got 0/],
    [{ heaterWatts: '200 W' }, /^Error: heaterWatts: .*got "200 W"/],
    [{ startPh: 15 }, /^Error: startPh: .*got 15/],
    [{ seed: 1.5 }, /^Error: seed: must be a whole number .*got 1.5/],
    [
      { preset: 'pond' },
      /^Error: preset: must be one of fish-tank, fermenter, bioreactor, classroom, got "pond"/,
    ],
    [{ periodSeconds: '' }, /^Error: periodSeconds: .*got ""/],
  ];
  for (const [def, message] of refused)
    it(`refuses ${JSON.stringify(def)}`, () => assert.throws(() => parse(def), message));

  it('has a form row and a label for every field, and each label is explained in the help', () => {
    const form = file('editor.html');
    const help = file('locales/en-US/help.md');
    const { label } = (
      JSON.parse(file('locales/en-US/tank-sim.json')) as { 'tank-sim': { label: Record<string, string> } }
    )['tank-sim'];
    for (const name of Object.keys(fields)) {
      assert.ok(form.includes(`id="node-input-${name}"`), `form row of ${name}`);
      assert.ok(form.includes(`tank-sim.label.${name}"`), `label of ${name} in the form`);
      assert.ok(help.includes(`*${label[name]}*`), `help on ${name}`);
    }
  });
});
