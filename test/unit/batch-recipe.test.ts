import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nearby, parseFacility } from '../../nodes/batch-manager/facility.ts';
import { parseRecipe, sensors } from '../../nodes/batch-manager/recipe.ts';
import { cheve } from '../support/brewery.ts';

const rows = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ name: `Hop${index}`, amount: 1 }));
const withIngredients = (change: object): object => ({
  ...cheve,
  Ingredients: { ...cheve.Ingredients, ...change },
});
const restricted = (...Restrictions: object[]): object => ({ ...cheve, Restrictions });
const temperature = { Sensor: 'Temperature', min: 16, max: 22 };
const pressure = { Sensor: 'Pressure', min: 500, max: 940 };

describe('batch-manager: recipes', () => {
  it('reads numbers as text, names of sensors in any case, and keeps nothing else', () => {
    const { Ingredients } = cheve;
    const read = parseRecipe({
      ...cheve,
      Name: ' La cheve de Luz ',
      DurationSeconds: '45',
      Email: 'somebody',
      Ingredients: { ...Ingredients, Water: '10', Hops: [{ name: 'Hop1', amount: '400', kind: 'x' }] },
      Restrictions: [
        { Sensor: 'Pressure', min: '500', max: '940' },
        { Sensor: 'ph', min: 5, max: 9 },
        { Sensor: 'temperature', min: 16, max: 22 },
      ],
    });
    assert.deepEqual(read, { ...cheve, DurationSeconds: 45 });
  });

  it('runs for 30 s where it does not say how long', () => {
    const { Name, Ingredients, Restrictions } = cheve;
    assert.deepEqual(parseRecipe({ Name, Ingredients, Restrictions }), cheve);
  });

  for (const [what, given] of [
    ['the temperature only', [temperature]],
    ['no pH', [temperature, pressure]],
    ['no pressure', [temperature, { Sensor: 'PH', min: 5, max: 9 }]],
  ] as const)
    it(`may watch ${what}`, () =>
      assert.deepEqual(parseRecipe(restricted(...given.toReversed())).Restrictions, given));

  for (const [what, recipe] of [
    ['one letter', { ...cheve, Name: 'A' }],
    ['sixty letters', { ...cheve, Name: 'ñ'.repeat(60) }],
    ['a letter and its tilde', { ...cheve, Name: 'Pin\u0303a 2' }],
    ['a second', { ...cheve, DurationSeconds: 1 }],
    ['sixty days', { ...cheve, DurationSeconds: 5_184_000 }],
    ['twenty rows', withIngredients({ Hops: rows(20) })],
    ['tenths of a pH', restricted(temperature, { Sensor: 'PH', min: 4.5, max: 5.6 })],
    ['a little water', withIngredients({ Water: 0.001 })],
    ...sensors.map(
      ({ name, bounds: [min, max] }) =>
        [
          `all of ${name}`,
          restricted(...(name === 'Temperature' ? [] : [temperature]), { Sensor: name, min, max }),
        ] as const,
    ),
  ] as const)
    it(`takes ${what}`, () => void parseRecipe(recipe));

  for (const [recipe, complaint] of [
    ['text', /^payload: must be a recipe .*got "text"$/],
    [{ ...cheve, Name: undefined }, /^Name: must be 1 to 60 letters, digits and blanks, got nothing$/],
    [{ ...cheve, Name: '' }, /^Name: .*got ""$/],
    [{ ...cheve, Name: '  ' }, /^Name: .*got " {2}"$/],
    [{ ...cheve, Name: 'a'.repeat(61) }, /^Name: /],
    [{ ...cheve, Name: 'Ale!' }, /^Name: .*got "Ale!"$/],
    [{ ...cheve, Name: 'a|b' }, /^Name: /],
    [{ ...cheve, Name: 7 }, /^Name: .*got 7$/],
    [
      { ...cheve, DurationSeconds: 0 },
      /^DurationSeconds: must be a number of at least 1 and at most 5184000, got 0$/,
    ],
    [{ ...cheve, DurationSeconds: 5_184_001 }, /^DurationSeconds: .*got 5184001$/],
    [{ ...cheve, DurationSeconds: '30 s' }, /^DurationSeconds: .*got "30 s"$/],
    [{ ...cheve, Ingredients: [] }, /^Ingredients: must be an object with Water/],
    [withIngredients({ Water: 0 }), /^Ingredients\.Water: must be a number above 0 and at most 1000, got 0$/],
    [withIngredients({ Water: -1 }), /^Ingredients\.Water: /],
    [
      withIngredients({ Water: 1001 }),
      /^Ingredients\.Water: must be a number above 0 and at most 1000, got 1001$/,
    ],
    [
      withIngredients({ Hops: [{ name: 'Hop', amount: 1e9 }] }),
      /^Ingredients\.Hops\[0\]\.amount: .*at most 1000000, got 1000000000$/,
    ],
    [withIngredients({ Water: NaN }), /^Ingredients\.Water: /],
    [withIngredients({ Water: undefined }), /^Ingredients\.Water: /],
    [withIngredients({ Hops: [] }), /^Ingredients\.Hops: must have 1 to 20 rows, got 0$/],
    [withIngredients({ Yeast: rows(21) }), /^Ingredients\.Yeast: must have 1 to 20 rows, got 21$/],
    [
      withIngredients({ Syrup: undefined }),
      /^Ingredients\.Syrup: must be a list of 1 to 20 ingredients, got nothing$/,
    ],
    [withIngredients({ Hops: ['Hop'] }), /^Ingredients\.Hops\[0\]: must be an ingredient/],
    [
      withIngredients({ Hops: [{ name: 'Hop/1', amount: 1 }] }),
      /^Ingredients\.Hops\[0\]\.name: .*got "Hop\/1"$/,
    ],
    [
      withIngredients({ Hops: [{ name: 'Hop', amount: 0 }] }),
      /^Ingredients\.Hops\[0\]\.amount: must be a number above 0 and at most 1000000, got 0$/,
    ],
    [withIngredients({ Hops: [...rows(1), { name: 'Hop' }] }), /^Ingredients\.Hops\[1\]\.amount: /],
    ...[['none', '"none"'] as const, [undefined, 'nothing'] as const, [[], '\\[\\]'] as const].map(
      ([Restrictions, shown]) =>
        [
          { ...cheve, Restrictions },
          new RegExp(
            `^Restrictions: must be a list of restrictions with one of Temperature, which the heater follows, got ${shown}$`,
          ),
        ] as const,
    ),
    [restricted(pressure), /^Restrictions: must be a list .*Temperature.*, got \[\{"Sensor":"Pressure"/],
    [
      restricted({ Sensor: 'Light', min: 1, max: 2 }),
      /^Restrictions\[0\]\.Sensor: must be one of Temperature, PH, Pressure, got "Light"$/,
    ],
    [
      restricted({ Sensor: 'PH', min: 5, max: 5 }),
      /^Restrictions\[0\]: min of PH must be below max, got 5 and 5$/,
    ],
    [
      restricted({ Sensor: 'PH', min: 9, max: 5 }),
      /^Restrictions\[0\]: min of PH must be below max, got 9 and 5$/,
    ],
    [
      restricted({ Sensor: 'PH', min: -0.1, max: 9 }),
      /^Restrictions\[0\]\.min: must be a number of at least 0 and at most 14, got -0.1$/,
    ],
    [restricted({ Sensor: 'PH', min: 5 }), /^Restrictions\[0\]\.max: must be a number/],
    [
      restricted({ Sensor: 'PH', min: 5, max: 9 }, { Sensor: 'Ph', min: 5, max: 9 }),
      /^Restrictions\[1\]\.Sensor: must be another one in each row/,
    ],
    ...sensors.flatMap(({ name, bounds: [min, max] }) => [
      [
        restricted({ Sensor: name, min: min - 1, max }),
        new RegExp(`^Restrictions\\[0\\]\\.min: .*got ${min - 1}$`),
      ] as const,
      [
        restricted({ Sensor: name, min, max: max + 1 }),
        new RegExp(`^Restrictions\\[0\\]\\.max: .*got ${max + 1}$`),
      ] as const,
    ]),
  ] as const)
    it(`refuses ${String(complaint)}`, () =>
      assert.throws(() => parseRecipe(recipe), { message: complaint }));

  it('reads its own again, and throws nothing but sentences', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ Name: fc.string(), Ingredients: fc.anything() })),
        (raw) => {
          try {
            const read = parseRecipe(raw);
            assert.deepEqual(parseRecipe(read), read);
          } catch (cause) {
            assert.match(String(cause), /^Error: \w+.*: .* got /s);
          }
        },
      ),
    ));
});

describe('batch-manager: facilities', () => {
  const macroplaza = {
    Name: 'Byby Macroplaza',
    Address: 'Blvd. Insurgentes 18015',
    City: 'TJ',
    Zip: '22105',
    Coordinates: { lat: 32.5, lng: '-116.9' },
  };
  it('have an id of their own, with the name', () => {
    const { Id, Coordinates } = parseFacility(macroplaza, 'payload[0]');
    assert.deepEqual([Id, Coordinates], ['TJ|22105|Byby Macroplaza', { lat: 32.5, lng: -116.9 }]);
    assert.equal(parseFacility({ ...macroplaza, Zip: 22105 }, '').Zip, '22105');
  });
  for (const [change, complaint] of [
    [{ City: 'T/J' }, /^payload\[0\]\.City: must be 1 to 40 letters.*got "T\/J"$/],
    [{ City: '#' }, /^payload\[0\]\.City/],
    [{ City: 'TJ|1' }, /^payload\[0\]\.City/],
    [{ Zip: '' }, /^payload\[0\]\.Zip/],
    [{ Name: 'a|b' }, /^payload\[0\]\.Name/],
    [
      { Coordinates: { lat: 91, lng: 0 } },
      /^payload\[0\]\.Coordinates\.lat: must be degrees from -90 to 90, got 91$/,
    ],
    [{ Coordinates: { lat: 0 } }, /^payload\[0\]\.Coordinates\.lng: .*got nothing$/],
  ] as const)
    it(`refuse ${String(complaint)}`, () =>
      assert.throws(() => parseFacility({ ...macroplaza, ...change }, 'payload[0]'), { message: complaint }));

  for (const [payload, near] of [
    [undefined, true],
    [{}, true],
    [{ lat: '', lng: '' }, true],
    [{ lat: 32.5, lng: -116.9 }, true],
    [{ lat: '32.6', lng: '-117.0' }, true],
    [{ lat: 32.4, lng: -116.8 }, true],
    [{ lat: 32.61, lng: -116.9 }, false],
    [{ lat: 32.5, lng: -116.79 }, false],
  ] as const)
    it(`${near ? 'lie' : 'do not lie'} near ${JSON.stringify(payload)}`, () =>
      assert.equal(nearby(payload)(parseFacility(macroplaza, '')), near));
  it('need both numbers of a position', () =>
    assert.throws(() => nearby({ lat: 32 }), {
      message: 'lng: must be degrees from -180 to 180, got nothing',
    }));
});
