import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { stopRuntime } from '../support/flow-run.ts';
import { HOUR, startFishTank, type FishTank } from '../support/fish-tank.ts';

describe('fish tank: faults', () => {
  after(stopRuntime);
  let tank: FishTank;
  beforeEach(async () => {
    tank = await startFishTank({ environment: { TANKS: '1' } });
    await tank.step(60_000);
  });
  afterEach(() => tank.stop());

  const fault = (kind: string, quantity?: string) =>
    tank.page('fault', quantity === undefined ? { kind } : { kind, quantity }, { tank: 'fish-tank/1' });
  const heater = () => [tank.applied(1, 'heater'), tank.reason(1, 'heater')];
  /** The page's word reaches the guard a little later, by the wall clock: after the tank. */
  const unlockBy = async (word: 'reset' | 'unlock'): Promise<void> => {
    const guard = new EventEmitter();
    const forget = tank.run.watch(({ from }) => {
      if (from.endsWith('fish-tank-unit-unlock')) guard.emit('told');
    });
    const told = once(guard, 'told');
    await tank.page(word, undefined, { tank: 'fish-tank/1' });
    await told;
    forget();
    await tank.run.settle();
  };
  const drive = async (mode: string, command?: unknown): Promise<void> => {
    await tank.page('mode', mode);
    if (command !== undefined) await tank.page('manual/heater', command);
    await tank.step(30_000);
    assert.deepEqual(heater(), [true, 'command']);
  };

  for (const [mode, command] of [['on-off'], ['pid'], ['manual', true]] as const)
    for (const kind of ['missing', 'open'])
      it(`a thermometer that is ${kind} turns the heater off, by ${mode}, and back on when it is mended`, async () => {
        await drive(mode, command);
        await fault(kind, 'temperature');
        assert.match(String(tank.log()[0]?.text), new RegExp(kind));
        assert.equal(tank.log()[0]?.user, 'operator');
        await tank.step(10_000);
        assert.deepEqual(heater(), [false, 'waiting for good samples']);
        await tank.step(HOUR / 6);
        assert.equal(tank.applied(1, 'heater'), false);
        await fault('none');
        await tank.step(20_000);
        assert.equal(tank.applied(1, 'heater'), false, 'two good samples are not enough');
        await tank.step(40_000);
        assert.deepEqual(heater(), [true, 'command']);
      });

  it('a bad light or pH sensor turns off what it controls, and not the heater', async () => {
    await fault('missing', 'lux');
    await tank.step(10_000);
    assert.deepEqual([tank.applied(1, 'light'), tank.applied(1, 'heater')], [false, true]);
  });

  it('a stuck thermometer is stopped by the longest on-time', async () => {
    await fault('stuck', 'temperature');
    const since = tank.seconds();
    while (tank.applied(1, 'heater') === true && tank.seconds() - since < 20_000) await tank.step(60_000);
    assert.deepEqual(heater(), [false, 'maximum on-time']);
    assert.ok(tank.seconds() - since <= 14_460);
    assert.ok(Number(tank.plant(1)['temperature']) < 28.5, 'it gets warm, no more');
  }).timeout(60_000);

  it('a welded heater heats although everything says off', async () => {
    await fault('heater-welded');
    await tank.page('mode', 'off');
    const before = Number(tank.plant(1)['temperature']);
    await tank.step(HOUR);
    assert.deepEqual([tank.applied(1, 'heater'), tank.plant(1)['heater']], [false, 100]);
    assert.ok(Number(tank.plant(1)['temperature']) > before + 0.5);
    assert.match(String(tank.plant(1)['fault']), /heater-welded/);
  });

  it('above 32 degC it trips, stays off when it has cooled down, and a reset unlocks it', async () => {
    await drive('manual', true);
    await tank.set({ temperature: 32.5 });
    assert.equal(tank.applied(1, 'heater'), false);
    assert.match(String(tank.reason(1, 'heater')), /^tripped: measurement 32/);
    await tank.set({ temperature: 24 });
    await tank.page('manual/heater', true);
    await tank.step(60_000);
    assert.equal(tank.applied(1, 'heater'), false);
    assert.match(String(tank.reason(1, 'heater')), /^tripped/);
    await unlockBy('reset');
    await tank.step(30_000);
    assert.deepEqual(heater(), [true, 'command']);
    assert.ok(Number(tank.plant(1)['temperature']) < 23.5, 'the tank is as at the start');
  });

  it('a person unlocks it only when it has cooled down, and the tank stays as it is', async () => {
    await drive('manual', true);
    await tank.set({ temperature: 32.5 });
    await unlockBy('unlock');
    assert.ok(tank.log().some(({ kind, text }) => kind === 'error' && text.includes('beyond its limit')));
    await tank.set({ temperature: 30 });
    await unlockBy('unlock');
    await tank.step(30_000);
    assert.deepEqual(heater(), [true, 'command']);
    assert.ok(Number(tank.plant(1)['temperature']) > 29.5);
  });

  it('a fault that does not exist is named in the log', async () => {
    await fault('leak');
    assert.ok(tank.log().some(({ kind, text }) => kind === 'error' && text.includes('leak')));
    assert.equal(tank.plant(1)['fault'], 'none');
  });
});
