import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClock } from '../../nodes/lib/clock.ts';
import { commands } from '../../nodes/pid-controller/commands.ts';
import { fail, start, step, type Memory, type Settings } from '../../nodes/pid-controller/pid.ts';
import { pidSettings } from '../support/pid-settings.ts';

const obey = (settings: Settings, memory: Memory, topic: string, payload: unknown): Memory => {
  const command = commands.get(topic);
  assert.ok(command, topic);
  return command(settings, memory, { payload }, 'own');
};
/** Outputs for a series of measurements at a constant interval. */
const outputs = (settings: Settings, measurements: readonly number[], h = 1): number[] => {
  let memory = start(settings);
  return measurements.map((pv) => (memory = step(settings, memory, pv, h)).output);
};
const assertClose = (actual: readonly number[], expected: readonly number[], tolerance = 1e-9): void => {
  assert.equal(actual.length, expected.length);
  for (const [index, value] of expected.entries())
    assert.ok(
      Math.abs((actual[index] ?? NaN) - value) <= tolerance,
      `sample ${index}: ${actual[index]}, expected ${value}`,
    );
};

const approach = [0, 2, 5, 7, 9, 10, 10.5, 10.2, 10, 10];
const parallel = { form: 'parallel', derivativeFilter: 0, setpoint: 10 };
const sequences = {
  P: { kp: 2, expected: [20, 16, 10, 6, 2, 0, -1, -0.4, 0, 0] },
  PI: { kp: 2, ki: 0.5, expected: [25, 25, 21.5, 19, 15.5, 13.5, 12.25, 12.75, 13.15, 13.15] },
  PID: { kp: 2, ki: 0.5, kd: 1, expected: [25, 23, 18.5, 17, 13.5, 12.5, 11.75, 13.05, 13.35, 13.15] },
};

describe('pid: the law', () => {
  for (const [name, { expected, ...gains }] of Object.entries(sequences)) {
    it(`${name} on a given sequence`, () =>
      assertClose(outputs(pidSettings({ ...parallel, ...gains }), approach), expected));
    it(`${name} with direct action is the mirror of reverse action`, () => {
      const direct = pidSettings({ ...parallel, ...gains, setpoint: -10, action: 'direct' });
      assertClose(
        outputs(
          direct,
          approach.map((pv) => -pv),
        ),
        expected,
      );
    });
  }
  it('PID with half the interval', () =>
    assertClose(
      outputs(pidSettings({ ...parallel, kp: 2, ki: 0.5, kd: 1 }), approach, 0.5),
      [22.5, 16.5, 9.75, 8.5, 4.75, 4.75, 4.625, 6.775, 6.975, 6.575],
    ));
  it('derivative on the error instead of the measurement', () => {
    const settings = pidSettings({ ...parallel, kp: 2, kd: 1, derivativeWeight: 1 });
    assertClose(outputs(settings, approach), [20, 14, 7, 4, 0, -1, -1.5, -0.1, 0.2, 0]);
  });
  it('ISA gains are the parallel ones', () => {
    const isa = pidSettings({ kc: 2, ti: 4, td: 0.5, derivativeFilter: 0, setpoint: 10 });
    assertClose(outputs(isa, approach), sequences.PID.expected);
  });

  const filterCases = [
    { kc: 1, td: 10, derivativeFilter: 10, h: 1, expected: [-5, -2.5, -1.25, -0.625, -0.3125] },
    { kc: 2, td: 30, derivativeFilter: 8, h: 5, expected: [-6.8571, -2.9388, -1.2595, -0.5398] },
  ];
  for (const { h, expected, ...gains } of filterCases)
    it(`the derivative filter with N ${gains.derivativeFilter} fades a step of the measurement`, () => {
      const settings = pidSettings(gains);
      let memory = step(settings, start(settings), 0, h);
      const parts = expected.map(() => (memory = step(settings, memory, 1, h)).d);
      assertClose(parts, expected, 1e-4);
    });

  const setpointCases = [
    { setpointWeight: 1, derivativeWeight: 0, expected: 20.3333 },
    { setpointWeight: 0.5, derivativeWeight: 0, expected: 10.3333 },
    { setpointWeight: 0, derivativeWeight: 0, expected: 0.3333 },
    { setpointWeight: 1, derivativeWeight: 1, expected: 140.33 },
  ];
  for (const { expected, ...weights } of setpointCases)
    it(`setpoint weights b ${weights.setpointWeight}, c ${weights.derivativeWeight}`, () => {
      const settings = pidSettings({ kc: 2, ti: 60, td: 15, ...weights });
      const before = step(settings, start(settings), 0, 1);
      const after = step(settings, obey(settings, before, 'setpoint', 10), 0, 1);
      assertClose([after.output - before.output], [expected], 1e-2);
    });

  it('the integral does not depend on how time is cut', () => {
    const settings = pidSettings({ kc: 1, ti: 100, setpoint: 1 });
    const integral = (pieces: readonly number[]): number =>
      pieces.reduce((memory, dt) => step(settings, memory, 0, dt), start(settings)).i;
    const cuts = fc
      .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 200, maxLength: 200 })
      .map((weights) => {
        const sum = weights.reduce((a, b) => a + b, 0);
        return weights.map((weight) => (60 * weight) / sum);
      });
    assertClose([integral([60]), integral(Array<number>(60).fill(1))], [0.6, 0.6]);
    fc.assert(fc.property(cuts, (pieces) => assertClose([integral(pieces)], [0.6])));
  });

  it('the deadband is continuous and holds the integral', () => {
    const settings = pidSettings({ kc: 2, ti: 10, deadband: 0.5, setpoint: 0 });
    assertClose(outputs(settings, [0.5, -0.3, 0.1]), [0, 0, 0]);
    assertClose(outputs(settings, [-0.6]), [0.2 + 0.02]);
  });
  it('the setpoint moves on a ramp from the measurement', () => {
    const settings = pidSettings({ kc: 1, setpoint: 10, setpointRate: 2 });
    assertClose(outputs(settings, [4, 4, 4, 4, 4], 1), [2, 4, 6, 6, 6]);
  });
});

describe('pid: limits and time', () => {
  it('the output moves no faster than its rate, from the start output on', () => {
    const settings = pidSettings({ kc: 100, setpoint: 100, rateUp: 5, outMin: 0, outMax: 1000 });
    let memory = step(settings, start(settings), 0, settings.samplePeriod);
    const moved = [0.3, 1.1, 0.7, 2, 0.5].map((dt) => (memory = step(settings, memory, 0, dt)).output);
    assertClose([0, ...moved], [0, 1.5, 7, 10.5, 20.5, 23]);
    assert.equal(memory.limit, 'rate up');
  });
  it('no time, or time backwards, changes nothing', () => {
    const settings = pidSettings({ kc: 2, ti: 10, td: 1, setpoint: 10 });
    const before = step(settings, start(settings), 4, 1);
    for (const dt of [0, -5, NaN]) assert.equal(step(settings, before, 9, dt), before);
  });
  it('a jump of the wall clock between samples is not felt: the clock of the plant slews by 0.1 %', () => {
    const settings = pidSettings({ kc: 2, ti: 10, td: 1, setpoint: 10 });
    const course = (jumpsMs: readonly number[]): number[] => {
      let monotonic = 0;
      let jumped = 0;
      const host = {
        monotonic: () => monotonic,
        utc: () => 1e12 + monotonic + jumped,
        timer: () => () => {},
      };
      const clock = createClock({ mode: 'real', speed: 1, startMs: 0 }, host);
      let memory = start(settings);
      let last = clock.now() - 1000;
      return jumpsMs.map((jump, k) => {
        monotonic += 1000;
        jumped += jump;
        const now = clock.now();
        memory = step(settings, memory, k, (now - last) / 1000);
        last = now;
        return memory.output;
      });
    };
    assertClose(course([0, 3.6e6, 0, -3.6e6, -3.6e6, 0]), course([0, 0, 0, 0, 0, 0]), 0.005);
  });
  it('a pause holds the integral and the derivative, the proportional part acts', () => {
    const settings = pidSettings({ kc: 2, ti: 10, td: 1, setpoint: 10 });
    const before = step(settings, start(settings), 4, 1);
    const after = step(settings, before, 5, 601);
    assert.deepEqual([after.i, after.d, after.p, after.limit], [before.i, 0, 10, 'gap']);
  });
  it('a missing measurement gives the fail-safe output and keeps the rest', () => {
    const settings = pidSettings({ kc: 2, ti: 10, setpoint: 10, outMin: 0, outMax: 100, failSafe: 7 });
    const before = step(settings, start(settings), 4, 1);
    const failed = fail(settings, before);
    assert.deepEqual(failed, { ...before, output: 7, acting: 'fail-safe' });
    const manual = obey(settings, before, 'mode', 'manual');
    assert.equal(fail(settings, manual), manual);
  });
  it('after a failure the rate counts from the fail-safe output', () => {
    const settings = pidSettings({ kc: 100, setpoint: 100, rateUp: 5, outMin: 0, outMax: 100 });
    let memory = start(settings);
    for (let k = 0; k < 10; k++) memory = step(settings, memory, 0, 1);
    assert.equal(step(settings, fail(settings, memory), 0, 30).output, 5);
  });

  const finite = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -200, max: 200, noNaN: true }),
  );
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ pv: finite, dt: fc.double({ min: -1, max: 1e4, noNaN: true }) }) },
    fc.record({
      topic: fc.constantFrom('setpoint', 'manual', 'feedforward', 'tracking'),
      payload: fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    }),
    fc.record({ topic: fc.constant('mode'), payload: fc.constantFrom('auto', 'manual') }),
    fc.record({
      topic: fc.constant('gains'),
      payload: fc.record({ kc: fc.nat(1e9), ti: fc.nat(1e9), td: fc.nat(1e9) }),
    }),
    fc.constant({ topic: 'reset', payload: null }),
    fc.constant({ topic: 'tracking', payload: null }),
    fc.constant({ topic: 'failure', payload: null }),
  );
  const form = fc.record({
    kc: fc.constantFrom(0, 0.5, 50),
    ti: fc.constantFrom(0, 10, 300),
    td: fc.constantFrom(0, 5),
    derivativeFilter: fc.constantFrom(0, 10),
    setpointWeight: fc.constantFrom(0, 1),
    derivativeWeight: fc.constantFrom(0, 1),
    action: fc.constantFrom('reverse', 'direct'),
    antiWindup: fc.constantFrom('back-calculation', 'conditional', 'none'),
    setpointRate: fc.constantFrom('', 0.1),
    bumpless: fc.boolean(),
    deadband: fc.constantFrom(0, 2),
  });
  /** Commands that are refused leave everything as it was. */
  const take = (settings: Settings, memory: Memory, topic: string, payload: unknown): Memory => {
    if (topic === 'failure') return fail(settings, memory);
    try {
      return obey(settings, memory, topic, payload);
    } catch (cause) {
      assert.match(String(cause), /mode manual|finite/);
      return memory;
    }
  };

  it('whatever comes in, the output is finite, in its range and no faster than its rate', () => {
    fc.assert(
      fc.property(form, fc.array(event, { maxLength: 60 }), (fields, events) => {
        const settings = pidSettings({ ...fields, outMin: -20, outMax: 80, rateUp: 3, rateDown: 7 });
        let memory = start(settings);
        for (const happening of events) {
          const before = memory;
          memory =
            'pv' in happening
              ? step(settings, memory, happening.pv, happening.dt)
              : take(settings, memory, happening.topic, happening.payload);
          assert.ok(memory.output >= -20 && memory.output <= 80, `output ${memory.output}`);
          for (const part of [memory.p, memory.i, memory.d, memory.error]) assert.ok(Number.isFinite(part));
          if (!('pv' in happening) || memory === before || memory.acting !== 'auto') continue;
          const moved = memory.output - before.output;
          assert.ok(moved <= 3 * happening.dt + 1e-9 && moved >= -7 * happening.dt - 1e-9, `moved ${moved}`);
        }
      }),
      { numRuns: 500 },
    );
  });
  it('saved and restored at any point, the controller goes on exactly as it would have', () => {
    fc.assert(
      fc.property(form, fc.array(event, { maxLength: 40 }), (fields, events) => {
        const settings = pidSettings({ ...fields, outMin: -20, outMax: 80, rateUp: 3 });
        let memory = start(settings);
        let copy = memory;
        for (const happening of events) {
          const go = (from: Memory): Memory =>
            'pv' in happening
              ? step(settings, from, happening.pv, happening.dt)
              : take(settings, from, happening.topic, happening.payload);
          memory = go(memory);
          copy = go(JSON.parse(JSON.stringify(copy)) as Memory);
          assert.equal(JSON.stringify(copy), JSON.stringify(memory)); // JSON knows no -0
        }
      }),
    );
  });
});
