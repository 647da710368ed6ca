import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heaterIn, openOperator, payloadOf, selected } from '../support/operator.ts';
import { startPlant, type Plant } from '../support/server.ts';
import { listenOn, type Wire } from '../support/wire.ts';

const TANK = 'OLP/device/tank/id';
const script = join(import.meta.dirname, '..', 'support', 'pupil.py');
/** The first Python that has Paho: Debian's own may stand behind another one. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import paho.mqtt.client']).status === 0,
);

describe('fish tank: one tank, and a program written for the original', function () {
  this.timeout(90_000);
  let dataDir: string;
  let plant: Plant;
  let wire: Wire;
  let pupil: ChildProcess | undefined;

  before(async function () {
    if (python === undefined) {
      if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error('missing: python3-paho-mqtt');
      this.skip();
    }
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    plant = await startPlant({ dataDir, env: { TANKS: '1' } });
    assert.equal(await plant.running, true, plant.output());
    wire = await listenOn(plant.mqttPort);
  });
  after(async () => {
    pupil?.kill();
    await wire?.end();
    await plant?.stop();
    if (dataDir !== undefined) rmSync(dataDir, { recursive: true });
  });

  it('publishes one tank, by the literal id `id`', async () => {
    for (const topic of ['sensors/all', 'control/all', 'ranges/all', 'status'])
      await wire.until(`${TANK}/${topic}`, undefined, 0);
    const tanks = new Set(wire.heard.map(({ topic }) => topic.split('/', 4)[3]));
    assert.deepEqual([...tanks], ['id']);
  });

  it('is driven by the program in external mode, and goes off when the program has gone', async () => {
    const operator = await openOperator(plant.url, plant.passwords()['operator']);
    await operator.act('mode', 'off');
    await wire.until(`${TANK}/control/all`, ({ text }) => text.includes('"heater":false'), 0);
    await operator.act('mode', 'external');
    await operator.model((model) => selected(model) === 'external' && heaterIn(model) === 0);

    pupil = spawn(python ?? '', [script, String(plant.mqttPort)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    pupil.stdout?.setEncoding('utf8').on('data', (text: string) => (heard += text));
    const began = performance.now();
    const heats = await operator.model((model) => heaterIn(model) === 100);
    assert.equal(heats['owner/heater']?.['owner'], 'external/heater');
    assert.ok(Number(payloadOf(heats, 'fish-tank/1')['temperature']) < 24);
    console.log(
      `      the pupil’s program heats ${((performance.now() - began) / 1000).toFixed(1)} s after its start`,
    );

    // 23 to 24 degC takes 45 minutes here: 4.5 s at 600x.
    await operator.act('speed', 600);
    const reached = await operator.model((model) => heaterIn(model) === 0);
    const temperature = Number(payloadOf(reached, 'fish-tank/1')['temperature']);
    assert.ok(temperature > 23.8 && temperature < 25, `off at ${temperature}`);
    assert.equal(reached['owner/heater']?.['owner'], 'external/heater', 'by the program, not by silence');
    console.log(
      `      and switches off at ${temperature} degC; ${heard.split('\n').length} lines heard by it`,
    );
    assert.match(heard, /control\/heater True\n/);
    assert.match(heard, /control\/heater False\n/);

    // A cold tank again: the program is killed while it heats.
    await operator.act('speed', 60);
    await operator.act('reset', null, { tank: 'fish-tank/1' });
    await operator.model(
      (model) => Number(payloadOf(model, 'fish-tank/1')['temperature']) < 23.5 && heaterIn(model) === 100,
    );
    const exited = once(pupil, 'exit');
    pupil.kill('SIGKILL');
    await exited;
    const killed = performance.now();
    await operator.model(
      (model) =>
        model['owner/heater']?.['owner'] === 'off' &&
        heaterIn(model) === 0 &&
        JSON.stringify(model['log']).includes('heater: external → off, silent'),
    );
    const seconds = (performance.now() - killed) / 1000;
    console.log(`      the program is killed: it has lost the tank after ${seconds.toFixed(1)} s`);
    assert.ok(seconds > 28 && seconds < 33, `${seconds} s`);
    assert.match(wire.of(`${TANK}/control/all`).at(-1)?.text ?? '', /"heater":false/);
  });
});
