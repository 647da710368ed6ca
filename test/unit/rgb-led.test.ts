import assert from 'node:assert/strict';
import fc from 'fast-check';
import { askedOf } from '../../nodes/rgb-led/asked.ts';
import { black, colourOf, cssOf, dutyOf, type Rgb } from '../../nodes/rgb-led/colour.ts';
import { lasts, lookAt } from '../../nodes/rgb-led/effect.ts';
import { cleared, seen, set, type Layers } from '../../nodes/rgb-led/layers.ts';

const red: Rgb = [255, 0, 0];
const green: Rgb = [0, 255, 0];
const yellow: Rgb = [255, 255, 0];

describe('rgb-led: colours', () => {
  for (const [raw, wanted] of [
    ['#f00', [255, 0, 0]],
    ['#FF2500', [255, 37, 0]],
    [' Cyan ', [0, 255, 255]],
    ['orange', [255, 165, 0]],
    ['off', [0, 0, 0]],
    ['0,255,255', [0, 255, 255]],
    ['rgb(255, 37, 0)', [255, 37, 0]],
    [
      [255, 37, 0],
      [255, 37, 0],
    ],
    [{ r: 255, g: 37, b: 0 }, [255, 37, 0]],
    [{ r: '255', g: '37', b: '0' }, [255, 37, 0]],
    [0xff2500, [255, 37, 0]],
    [0, [0, 0, 0]],
  ] as const)
    it(`reads ${JSON.stringify(raw)}`, () => assert.deepEqual(colourOf(raw, 'payload'), wanted));

  for (const raw of ['#12', '#12345g', 'foo', 'toString', '1,2', 'rgb(1,2,3', '1,2,3)', '0,0,256', ''])
    refused(raw);
  for (const raw of [-1, 0x1000000, NaN, 1.5, [1, 2], [1, 2, 256], { r: 1, g: 2 }, true, null, undefined])
    refused(raw);
  function refused(raw: unknown): void {
    it(`refuses ${String(JSON.stringify(raw))} (${typeof raw})`, () =>
      assert.throws(() => colourOf(raw, 'payload'), /^Error: payload: must be a colour such as .*, got /));
  }

  it('are read back from CSS', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (value) => {
        const colour = colourOf(value, 'payload');
        assert.deepEqual(colourOf(cssOf(colour), 'payload'), colour);
      }),
    );
  });

  for (const [part, gamma, anode, duty] of [
    [0, 1, false, 0],
    [255, 1, false, 100],
    [128, 1, false, 50.2],
    [128, 2.2, false, 22],
    [0, 1, true, 100],
    [255, 2.2, true, 0],
    [128, 2.2, true, 78],
  ] as const)
    it(`${part} of 255 at gamma ${gamma} on a common ${anode ? 'anode' : 'cathode'} is a duty of ${duty} %`, () =>
      assert.equal(dutyOf(part, gamma, anode), duty));
  it('128 at gamma 2.2 is 56 of 255', () => assert.equal(Math.round(255 * (128 / 255) ** 2.2), 56));
});

describe('rgb-led: effects', () => {
  it('a blink of 2 x 0.5 s is on, off, on, off, and over', () => {
    const blink = { kind: 'blink', colour: green, onMs: 500, offMs: 500, count: 2 } as const;
    const table = [0, 499, 500, 999, 1000, 1500, 1999].map((at) => lookAt(blink, at).colour === green);
    assert.deepEqual(table, [true, true, false, false, true, false, false]);
    assert.equal(lasts(blink), 2000);
  });
  it('a fade is half way after half its time', () => {
    const fade = { kind: 'fade', from: black, colour: [200, 100, 0], ms: 10_000 } as const;
    const [first, second] = lookAt(fade, 5000).colour;
    assert.ok(Math.abs(first - 100) <= 1 && Math.abs(second - 50) <= 1);
  });
  it('a pulse swells and fades', () => {
    const pulse = { kind: 'pulse', colour: red, ms: 2000, count: Infinity } as const;
    assert.deepEqual(
      [0, 1000, 2000].map((at) => Math.round(lookAt(pulse, at).colour[0])),
      [0, 255, 0],
    );
  });
  it('a sequence goes round', () => {
    const sequence = { kind: 'sequence', colours: [red, green], ms: 1000, count: 2 } as const;
    assert.deepEqual(
      [0, 1000, 2000, 3999].map((at) => lookAt(sequence, at).colour),
      [red, green, red, green],
    );
    assert.equal(lasts(sequence), 4000);
  });
  it('a long fade costs fifty steps, a short one twenty a second', () => {
    const steps = (ms: number): number => {
      let [at, count] = [0, 0];
      for (; at < ms; count++) at = lookAt({ kind: 'fade', from: black, colour: red, ms }, at).until;
      return count;
    };
    assert.deepEqual([steps(1000), steps(3_600_000)], [20, 50]);
  });
});

describe('rgb-led: layers', () => {
  const order = ['state', 'alarm'];
  const at = (layers: Layers, now: number): Rgb => seen(layers, order, now).colour;
  const solid = (colour: Rgb) => ({ kind: 'solid', colour }) as const;
  const blink = (colour: Rgb, count: number) =>
    ({ kind: 'blink', colour, onMs: 500, offMs: 500, count }) as const;

  it('nothing set is dark, for ever', () =>
    assert.deepEqual(seen(new Map(), order, 5), { colour: black, until: Infinity }));
  it('a counted effect goes back to the colour before', () => {
    const layers = set(set(new Map(), 'state', solid(red), 0), 'state', blink(green, 2), 1000);
    assert.deepEqual(
      [1000, 1500, 2000, 2500, 3000].map((now) => at(layers, now)),
      [green, black, green, black, red],
    );
  });
  it('or to the one it names', () => {
    const layers = set(new Map(), 'state', blink(green, 2), 0, yellow);
    assert.deepEqual(at(layers, 2000), yellow);
  });
  it('or to the effect before, as if that had gone on', () => {
    const layers = set(set(new Map(), 'state', blink(red, Infinity), 0), 'state', blink(green, 3), 250);
    assert.deepEqual(
      [3249, 3251, 3600].map((now) => at(layers, now)),
      [black, red, black],
    );
  });
  it('a new command ends the effect of its layer', () => {
    const layers = set(set(new Map(), 'state', blink(green, 9), 0), 'state', solid(red), 700);
    assert.deepEqual(seen(layers, order, 700), { colour: red, until: Infinity });
  });
  it('an alarm is over the state, which changes meanwhile', () => {
    let layers = set(new Map(), 'state', solid(green), 0);
    layers = set(layers, 'alarm', solid(red), 1);
    layers = set(layers, 'state', solid(yellow), 2);
    assert.deepEqual(at(layers, 3), red);
    assert.deepEqual(at(cleared(layers, 'alarm'), 4), yellow);
  });
  it('a fade ends at its colour', () => {
    const layers = set(new Map(), 'state', { kind: 'fade', from: black, colour: red, ms: 1000 }, 0);
    assert.deepEqual(seen(layers, order, 1000), { colour: red, until: Infinity });
  });

  it('always shows the highest that is set, within the range of a channel, and knows when it changes', () => {
    const colour = fc.constantFrom(red, green, yellow);
    const effect = fc.oneof(
      colour.map(solid),
      fc.tuple(colour, fc.integer({ min: 1, max: 3 })).map(([one, count]) => blink(one, count)),
      colour.map((one) => ({ kind: 'fade', from: black, colour: one, ms: 800 }) as const),
      colour.map((one) => ({ kind: 'pulse', colour: one, ms: 700, count: 2 }) as const),
    );
    const command = fc.tuple(fc.constantFrom(...order), fc.option(effect), fc.integer({ min: 0, max: 900 }));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        let [layers, now]: [Layers, number] = [new Map(), 0];
        for (const [name, one, wait] of commands) {
          layers = one ? set(layers, name, one, now) : cleared(layers, name);
          now += wait;
          const { colour: shown, until } = seen(layers, order, now);
          assert.ok(shown.every((part) => part >= 0 && part <= 255));
          assert.ok(until > now);
          const alarm = seen(layers, ['alarm'], now);
          if (alarm.colour !== black) assert.deepEqual(shown, alarm.colour);
          const middle = until === Infinity ? now + 5 : now + (until - now) / 2;
          assert.deepEqual(at(layers, middle), shown);
        }
      }),
    );
  });
});

describe('rgb-led: what a message asks', () => {
  const ask = (payload: unknown) => askedOf(payload, black, 0.5);
  it('a colour stays', () =>
    assert.deepEqual(ask('red'), { effect: { kind: 'solid', colour: red }, next: undefined }));
  it('null is nothing', () => assert.equal(ask(null), null));
  it('a blink has its own times and what follows', () => {
    assert.deepEqual(ask({ color: '#0f0', effect: 'blink', count: 2, onSeconds: 1, next: '#ffff00' }), {
      effect: { kind: 'blink', colour: green, onMs: 1000, offMs: 500, count: 2 },
      next: yellow,
    });
  });
  for (const [payload, sentence] of [
    [
      { effect: 'wobble', color: 'red' },
      'payload.effect: must be one of solid, blink, pulse, fade, sequence, got "wobble"',
    ],
    [{ effect: 'blink', color: 'red', count: 1.5 }, 'payload.count: must be a whole number, got 1.5'],
    [
      { effect: 'blink', color: 'red', onSeconds: 0 },
      'payload.onSeconds: must be a number above 0 and at most 86400, got 0',
    ],
    [{ effect: 'sequence', colors: [] }, 'payload.colors: must be a list of colours, got []'],
    [{ effect: 'sequence', colors: ['red', 'foo'] }, /^payload\.colors\[1\]: must be a colour/],
    [{ effect: 'blink' }, /^payload\.color: must be a colour .* got nothing$/],
    [{ color: 'red', effect: 'blink', next: 'foo' }, /^payload\.next: must be a colour/],
    [
      { color: 'red', brightness: 101 },
      'payload.brightness: must be a number above 0 and at most 100, got 101',
    ],
  ] as const)
    it(`refuses ${JSON.stringify(payload)}`, () => assert.throws(() => ask(payload), { message: sentence }));
});
