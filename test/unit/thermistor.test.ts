import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from '../../nodes/thermistor/config.ts';
import {
  celsiusAt,
  ohmAt,
  temperatureOf,
  type Curve,
  type Divider,
} from '../../nodes/thermistor/temperature.ts';

const divider: Divider = { fullScale: 1023, seriesOhm: 10_000, wiring: 'ground', railCounts: 2 };
const supply: Divider = { ...divider, wiring: 'supply' };
const ntc = { model: 'beta', beta: 3950, r0Ohm: 10_000, t0C: 25 } satisfies Curve;
const steinhart: Curve = { model: 'steinhart', a: 0.001129148, b: 0.000234125, c: 8.76741e-8 };
const limits = { minC: -55, maxC: 125 };
const at = (count: number, wired = divider): number | string =>
  temperatureOf(ntc, limits, ohmAt(wired, count));

/** The resistance a thermistor has at a temperature, and the count it gives: the way back. */
const ohmOf = (celsius: number): number =>
  ntc.r0Ohm * Math.exp(ntc.beta * (1 / (celsius + 273.15) - 1 / (ntc.t0C + 273.15)));
const countOf = (ohm: number, { wiring, fullScale, seriesOhm }: Divider): number =>
  (fullScale * (wiring === 'ground' ? ohm : seriesOhm)) / (ohm + seriesOhm);

describe('thermistor: temperature', () => {
  const near = (actual: unknown, expected: number, tolerance: number): void => {
    assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= tolerance, `${String(actual)}`);
  };

  it('is half of full scale at T0 with a fixed resistor of R0', () => near(at(511.5), 25, 1e-9));

  for (const [count, original] of [
    [300, 46.01],
    [512, 24.87],
    [700, 8.51],
    [900, -13.94],
  ] as const)
    it(`agrees with the original system at ${count}`, () => {
      near(3950 / (Math.log((10_250 / (1023 - count) - 10) / 10) + 3950 / 298) - 273, original, 0.005);
      near(at(count), original, 0.2);
    });

  it('is a fault at both ends and beyond, by the wiring', () => {
    for (const count of [-5, 0, 1, 2]) assert.deepEqual([at(count), at(count, supply)], ['short', 'open']);
    for (const count of [1021, 1022, 1023, 1024, 1e9])
      assert.deepEqual([at(count), at(count, supply)], ['open', 'short']);
    assert.equal(at(3), 'out of range', 'more than 125 degC');
  });

  it('reads a resistance, within plausible limits', () => {
    near(temperatureOf(ntc, limits, 10_000), 25, 1e-9);
    near(temperatureOf(steinhart, limits, 10_000), 25, 0.01);
    near(temperatureOf(steinhart, limits, 32_650), 0, 0.02);
    assert.equal(temperatureOf(ntc, limits, 0), 'short');
    assert.equal(temperatureOf(ntc, limits, 1e9), 'out of range');
    assert.equal(temperatureOf({ ...steinhart, a: -1 }, limits, 1e4), 'out of range');
  });

  it('is the inverse of the model (property)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -55, max: 125, noNaN: true }),
        fc.constantFrom(divider, supply),
        (celsius, wired) => {
          const wide = { ...wired, railCounts: 0 };
          near(celsiusAt(ntc, ohmAt(wide, countOf(ohmOf(celsius), wide))), celsius, 1e-6);
        },
      ),
    );
  });

  it('falls or rises with the count, and is within its limits or a fault (property)', () => {
    const count = fc.double({ min: -100, max: 1200, noNaN: true });
    fc.assert(
      fc.property(
        count,
        count,
        fc.constantFrom(divider, supply),
        fc.constantFrom(ntc, steinhart),
        (a, b, wired, curve) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) =>
            temperatureOf(curve, limits, ohmAt(wired, value)),
          );
          for (const value of [low, high])
            if (typeof value === 'number') assert.ok(value >= -55 && value <= 125);
          if (typeof low !== 'number' || typeof high !== 'number') return;
          assert.ok(wired.wiring === 'ground' ? low >= high : low <= high);
        },
      ),
    );
  });
});

describe('thermistor: configuration', () => {
  for (const [message, form] of Object.entries({
    'beta: must be a number above 0, got "0"': { beta: '0' },
    'maxC: must be above minC (30), got 30': { minC: '30', maxC: '30' },
    'railCounts: must be below half of fullScale, got 600': { railCounts: '600' },
    'wiring: must be one of ground, supply, got "pin"': { wiring: 'pin' },
  }))
    it(message, () => assert.throws(() => parse(form), { message }));

  it('0 is a legal setting', () => {
    assert.equal(parse({ railCounts: '0' }).divider?.railCounts, 0);
    assert.deepEqual(parse({ input: 'resistance' }).divider, undefined);
  });
});
