import assert from 'node:assert/strict';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { advance } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import type { Entry } from '../../nodes/bioreactor-lifecycle/memory.ts';
import { cheve } from '../support/brewery.ts';
import { openApi, seen, type Api, type Batch, type Series, type Story } from '../support/brew-client.ts';
import { needs } from '../support/mosquitto.ts';
import { freePort, freePorts, startPlant, type Plant } from '../support/server.ts';

/** `npm run soak` does the same longer. */
const SOAK = process.env['SOAK'] === '1';
const KILLS = SOAK ? 200 : 20;
/** A batch takes some seconds then, so that a kill falls into any part of one. */
const SPEED = 5;
const OVER = ['Finished', 'Cancelled', 'Failed'];
const REACTOR = 'pi01';
const recipe = { ...cheve, DurationSeconds: 20 };

/** What makes a program see the wall clock that many seconds ahead, as libfaketime's own wrapper sets it up. */
const aheadBy = (seconds: number): Record<string, string> => {
  const printed = execFileSync('faketime', ['-f', '+0s', 'env'], { encoding: 'utf8' });
  const [, LD_PRELOAD = ''] = /^LD_PRELOAD=(.*)$/m.exec(printed) ?? [];
  return { LD_PRELOAD, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
};

/** When a plant is killed: so long after its start, or after it runs. */
const moments = (): readonly { readonly starting: boolean; readonly ms: number }[] =>
  fc.sample(
    fc.oneof(
      {
        weight: 1,
        arbitrary: fc.record({ starting: fc.constant(true), ms: fc.integer({ min: 0, max: 5000 }) }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ starting: fc.constant(false), ms: fc.integer({ min: 0, max: 4000 }) }),
      },
    ),
    KILLS,
  );

const moves = (journal: readonly Entry[]): readonly Entry[] =>
  journal.filter(({ refused, signal }) => !refused && signal !== 'restart');

/** A batch that has gone all the way, once: nothing is missing, nothing is there twice, nothing is against the table. */
const assertWhole = ({ batch, journal }: Story): void => {
  const story = `${batch.Id}: ${journal.map(({ seq, from, to, signal }) => `${seq} ${from} -${signal}-> ${to}`).join(', ')}`;
  assert.equal(batch.Status, 'Finished', story);
  const first = journal[0]?.seq ?? Number.NaN;
  assert.deepEqual(
    journal.map(({ seq }) => seq),
    journal.map((_, index) => first + index),
    story,
  );
  let [state, used]: [Entry['from'], boolean] = ['idle', false];
  for (const { from, to, signal, refused } of journal) {
    assert.equal(from, state, story);
    if (refused || signal === 'restart') assert.equal(to, from, story);
    else assert.equal(to, advance(from, signal, used), story);
    state = to;
    used ||= to === 'running';
  }
  assert.equal(state, 'idle', story);
  const path = moves(journal).map(({ from, to }) => `${from} ${to}`);
  const times = (step: string): number => path.filter((taken) => taken === step).length;
  for (const once of [
    'idle received',
    'received connecting',
    'connecting ready-to-start',
    'ready-to-start running',
    'running ready-for-pickup',
    'ready-for-pickup cleaning',
    'cleaning idle',
  ])
    assert.equal(times(once), 1, `${once} in ${story}`);
  assert.equal(times('running held'), times('held running'), story);
  assert.equal(path.length, 7 + 2 * times('running held'), story);
};

describe('bioreactor: killed at any moment', function () {
  this.timeout(SOAK ? 5_400_000 : 540_000);
  let dataDir: string;
  let env: Record<string, string>;
  let plant: Plant | undefined;
  let passwords: Readonly<Record<string, string>> = {};

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    env = {
      PORT: String(await freePort()),
      MQTT_PORT: String(await freePort()),
      SENSOR_PORT: String(await freePorts(4)),
    };
  });
  after(async () => {
    await plant?.stop('SIGKILL');
    rmSync(dataDir, { recursive: true });
  });

  /** The first that anybody reads of the reactor: nothing acts on a vessel that no batch runs in. */
  const assertSafe = async (api: Api): Promise<void> => {
    const { state, heater, cooler, stirrer } = await seen(
      () => api.reactor(REACTOR),
      (reactor) => {
        if (reactor.state === undefined)
          assert.deepEqual([reactor.heater, reactor.cooler, reactor.stirrer], [false, false, false]);
        return reactor.state !== undefined;
      },
    );
    if (state?.state !== 'running')
      assert.deepEqual([heater, cooler, stirrer], [false, false, false], `in ${state?.state}`);
  };
  const open = async (): Promise<Api> => {
    assert.ok(plant && (await plant.running), plant?.output());
    if (passwords['operator'] === undefined) passwords = plant.passwords();
    const api = await openApi(plant.url, 'operator', passwords['operator']);
    return api;
  };
  const accepted = (status: number, body: unknown, ...well: number[]): void =>
    assert.ok(well.includes(status), `${status} ${JSON.stringify(body)}`);

  /** What an operator does next; true when no batch is under way. */
  const act = async (api: Api): Promise<boolean> => {
    const { items } = await api.get<{ items: Batch[] }>('/batches');
    const current = items.find(({ Status }) => !OVER.includes(Status));
    const { state } = await api.reactor(REACTOR);
    const command = async (path: string, word: string): Promise<void> => {
      // It may have gone on by itself meanwhile.
      const { status, body } = await api.ask('POST', `${path}/command`, { command: word });
      accepted(status, body, 202, 409);
    };
    if (state?.state === 'ready-to-start') await command(`/reactors/${REACTOR}`, 'press');
    if (current && state?.state === 'held') await command(`/batches/${current.Id}`, 'unhold');
    if (current && state?.state === 'ready-for-pickup') await command(`/batches/${current.Id}`, 'pickup');
    return current === undefined && state?.state === 'idle';
  };
  const makeBatch = async (api: Api): Promise<void> => {
    const known = await api.ask('POST', '/recipes', recipe);
    accepted(known.status, known.body, 201, 409);
    const facilities = await api.get<{ items: { Id: string; Name: string }[] }>('/facilities');
    const facility = facilities.items.find(({ Name }) => Name === 'Byby Macroplaza');
    const made = await api.ask('POST', '/batches', { Recipe: recipe.Name, Facility: facility?.Id });
    // Its reactor is free when the message that says so has arrived.
    accepted(made.status, made.body, 201, 409);
  };
  const setSpeed = async (api: Api): Promise<void> => {
    const { status, body } = await api.ask('POST', '/clock', { speed: SPEED });
    accepted(status, body, 200);
  };
  const work = async (api: Api): Promise<void> => {
    if (await act(api)) await makeBatch(api);
    await delay(50);
  };

  it(`loses no step and takes none twice in ${KILLS} kills, and heats only what runs`, async () => {
    let running = 0;
    for (const [life, { starting, ms }] of moments().entries()) {
      plant = await startPlant({ dataDir, env });
      const doomed = plant;
      // Nobody has the passwords before the first start is through.
      if (starting && passwords['operator'] !== undefined) {
        await delay(ms);
        await doomed.stop('SIGKILL');
        continue;
      }
      const api = await open();
      await assertSafe(api);
      await setSpeed(api);
      let state: string | undefined;
      let killed = false;
      const end = delay(ms).then(() => {
        killed = true;
        return doomed.stop('SIGKILL');
      });
      while (!killed)
        try {
          await work(api);
          state = (await api.reactor(REACTOR)).state?.state;
        } catch (cause) {
          // It was cut off in the middle of an answer.
          if (!killed) throw new Error(`life ${life}: ${doomed.output().slice(-2000)}`, { cause });
        }
      await end;
      if (state === 'running') running++;
    }
    plant = await startPlant({ dataDir, env });
    const api = await open();
    await assertSafe(api);
    await setSpeed(api);
    await seen(
      () => act(api),
      (free) => free,
      120_000,
    );

    const { items } = await api.get<{ items: Batch[] }>('/batches');
    assert.ok(items.length >= 2, `${items.length} batches`);
    let [restarts, points] = [0, 0];
    for (const { Id } of items) {
      // The last step is told before the reactor is seen idle, and is stored right after.
      const story = await seen(
        () => api.get<Story>(`/batches/${Id}`),
        ({ journal }) => journal.at(-1)?.to === 'idle',
      );
      assertWhole(story);
      const back = story.journal.filter(({ signal }) => signal === 'restart');
      restarts += back.length;
      for (const { reason } of back) assert.match(reason, /^the plant was away for \d+ s$/);
      const { series } = await api.get<{ series: Series[] }>(`/batches/${Id}/measurements`);
      for (const { key, timestamps } of series) {
        assert.equal(new Set(timestamps).size, timestamps.length, `${Id}: ${key}`);
        points += timestamps.length;
      }
    }
    assert.ok(restarts > 0, 'no batch was interrupted');
    assert.ok(points > 0, 'nothing was measured');
    if (SOAK)
      console.log(
        `      ${KILLS} kills (${running} in a run), ${items.length} batches, ${restarts} went on, ${points} measurements`,
      );
    assert.equal(await plant.stop(), 0);
  });

  /** Kills what runs, and starts it again on a machine whose wall clock is that far ahead of ours. */
  const comeBack = async (secondsAhead: number): Promise<Api> => {
    await plant?.stop('SIGKILL');
    plant = await startPlant({ dataDir, env: { ...env, ...aheadBy(secondsAhead) } });
    const api = await open();
    await assertSafe(api);
    return api;
  };

  it('goes on after a short outage, and waits for somebody after a long one', async function () {
    needs(this, 'faketime');
    plant = await startPlant({ dataDir, env });
    let api = await open();
    await setSpeed(api);
    const Name = 'A long one';
    await api.ask('POST', '/recipes', { ...recipe, Name, DurationSeconds: 3600 });
    const { items } = await api.get<{ items: { Id: string; Name: string }[] }>('/facilities');
    const Facility = items.find((one) => one.Name === 'Byby Macroplaza')?.Id;
    const { body } = await seen(
      () => api.ask('POST', '/batches', { Recipe: Name, Facility }),
      ({ status }) => status === 201,
    );
    const { Id } = (body as { batch: Batch }).batch;
    const reached = (state: string): Promise<unknown> =>
      seen(
        () => api.reactor(REACTOR),
        (reactor) => reactor.state?.state === state,
      );
    const lastReason = async (): Promise<string> =>
      (await api.get<Story>(`/batches/${Id}`)).journal.findLast(({ reason }) => reason !== '')?.reason ?? '';
    await reached('ready-to-start');
    await api.ask('POST', `/batches/${Id}/command`, { command: 'start' });
    await reached('running');

    api = await comeBack(30);
    await reached('running');
    await seen(lastReason, (reason) => /^the plant was away for [34]\d s$/.test(reason));

    api = await comeBack(630);
    await reached('held');
    await seen(lastReason, (reason) => /^the plant was away for 6\d\d s$/.test(reason));
    const { heater, cooler, stirrer, led } = await api.reactor(REACTOR);
    assert.deepEqual([heater, cooler, stirrer], [false, false, false]);
    assert.match(led.css, /^#(ffff00|000000)$/);
    await api.ask('POST', `/batches/${Id}/command`, { command: 'unhold' });
    await reached('running');
    await api.ask('POST', `/batches/${Id}/command`, { command: 'abort' });
    await reached('aborted');
    assert.equal(await plant?.stop(), 0);
  });
});
