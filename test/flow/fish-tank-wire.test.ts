import assert from 'node:assert/strict';
import { startFishTank, type FishTank } from '../support/fish-tank.ts';
import { stopRuntime } from '../support/flow-run.ts';

const topic = 'OLP/device/tank/id';
const parsed = (said: unknown): Record<string, unknown> =>
  (typeof said === 'string' ? JSON.parse(said) : said) as Record<string, unknown>;

describe('fish tank: MQTT', () => {
  let tank: FishTank;
  before(async () => {
    tank = await startFishTank({ environment: { TANKS: '1' } });
    await tank.step(60_000);
  });
  after(async () => {
    await tank.stop();
    await stopRuntime();
  });

  describe('control messages', () => {
    const given = () => (['heater', 'light', 'pump'] as const).map((name) => tank.owner(name)['payload']);
    /** What the actuators were asked to do, after all were asked for `before`. */
    const after = async (before: boolean, item: string, payload: string) => {
      await tank.mqtt(1, 'control/all', JSON.stringify({ heater: before, light: before, pump: before }));
      await tank.mqtt(1, item, payload);
      return given();
    };
    before(() => tank.page('mode', 'external'));

    const accepted: [item: string, payload: string, before: boolean, then: boolean[]][] = [
      ['control/all', '{"heater":true,"light":true,"pump":true}', false, [true, true, true]],
      ['control/all', '{"heater":true}', false, [true, false, false]],
      ['control/all', '{"pump":false}', true, [true, true, false]],
      [
        'control/all',
        '{"heater":true,"timestamp":"2000-01-01T00:00:00Z","ph":7}',
        false,
        [true, false, false],
      ],
      ['control/all', '{}', true, [true, true, true]],
      ['control/heater', 'True', false, [true, false, false]],
      ['control/light', 'true', false, [false, true, false]],
      ['control/pump', 'False', true, [true, true, false]],
      ['control/pump', ' FALSE\n', true, [true, true, false]],
    ];
    for (const [item, payload, before, then] of accepted)
      it(`${item} ${JSON.stringify(payload)} is understood`, async () => {
        const lines = tank.log().length;
        assert.deepEqual(await after(before, item, payload), then);
        assert.equal(tank.log().filter(({ kind }) => kind === 'error').length, 0, `after ${lines} lines`);
      });

    const refused: [item: string, payload: string, name: RegExp][] = [
      ['control/all', '{"heater":"true"}', /heater of .*control\/all.*"true"/],
      ['control/all', '{"light":false,"heater":1}', /heater of .*control\/all.*1/],
      ['control/all', '{"heater":null}', /heater of .*control\/all.*null/],
      ['control/all', 'heater on', /control\/all: must be a JSON object/],
      ['control/all', '[true]', /control\/all: must be a JSON object/],
      ['control/all', '', /control\/all: must be a JSON object/],
      ['control/all', '{"heater":tru', /control\/all: must be a JSON object/],
      ['control/heater', 'yes', /control\/heater: must be true or false, got "yes"/],
      ['control/heater', '1', /control\/heater: must be true or false, got "1"/],
      ['control/cooler', 'True', /no rule for .*control\/cooler/],
      ['control/heater/now', 'True', /no rule for .*control\/heater\/now/],
    ];
    for (const [item, payload, name] of refused)
      for (const before of [true, false])
        it(`${item} ${JSON.stringify(payload)} is named in the log, what was ${before ? 'on' : 'off'} stays so`, async () => {
          assert.deepEqual(await after(before, item, payload), [before, before, before]);
          const [line] = tank.log();
          assert.equal(line?.kind, 'error');
          assert.match(String(line?.text), name);
        });

    it('that are retained are a replay, no command', async () => {
      await tank.mqtt(1, 'control/all', '{"heater":false}');
      await tank.mqtt(1, 'control/all', '{"heater":true}', { retain: true });
      assert.equal(tank.owner('heater')['payload'], false);
    });

    it('that come back as an echo are no command, so that silence is heard', async () => {
      await tank.mqtt(1, 'control/all', '{"heater":false,"light":false,"pump":false}');
      await tank.step(20_000);
      let echoes = 0;
      const forget = tank.run.watch(({ from }) => {
        if (from === 'fish-tank-1/fish-tank-unit-requests-control') echoes++;
      });
      await tank.mqtt(1, 'control/all', '{"heater":true,"light":false,"pump":false}');
      await tank.elapse(29_000);
      await tank.step(10_000);
      assert.equal(tank.applied(1, 'heater'), true);
      await tank.elapse(1_000);
      forget();
      assert.ok(echoes > 4, `${echoes} messages came`);
      assert.deepEqual([tank.owner('heater')['owner'], tank.applied(1, 'heater')], ['off', false]);
    });
  });

  describe('what is published', () => {
    before(async () => {
      await tank.page('mode', 'on-off');
      await tank.set({ temperature: 23 });
      await tank.step(60_000);
    });

    it('control data: JSON and the Python spelling, extra keys only', () => {
      const { heater, light, pump } = parsed(tank.published(`${topic}/control/all`));
      assert.ok([heater, light, pump].every((value) => typeof value === 'boolean'));
      assert.equal(tank.published(`${topic}/control/heater`), 'True');
      assert.equal(tank.published(`${topic}/control/light`), light === true ? 'True' : 'False');
      assert.equal(heater, true);
    });

    it('ranges, as they are in force', () => {
      const { temperature } = parsed(tank.published(`${topic}/ranges/all`));
      assert.deepEqual({ ...(temperature as object) }, { min: 24, max: 26 });
    });

    it('measurements: two places, the sample’s own time, one by one as well', async () => {
      // They leave at most twice a second of wall time.
      const sent = new Promise<void>((resolve) => {
        const forget = tank.run.watch(({ msg }) => {
          if (msg['topic'] !== `${topic}/sensors/all`) return;
          forget();
          resolve();
        });
      });
      await tank.step(10_000);
      await sent;
      const all = parsed(tank.published(`${topic}/sensors/all`));
      for (const key of ['temperature', 'lux', 'humidity', 'ambient_temperature', 'ph'])
        assert.equal(all[key], Math.round(Number(all[key]) * 100) / 100, key);
      assert.match(String(all['timestamp']), /^2000-01-01T08:\d\d:\d\d/);
      assert.equal(tank.published(`${topic}/sensors/temperature`), String(all['temperature']));
    });
  });
});
