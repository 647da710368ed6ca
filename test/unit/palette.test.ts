import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  builtHtml,
  editorOf,
  foreignTypes,
  ownTypes,
  palette,
  palettePath,
  readText,
  root,
} from '../support/palette.ts';

/** The texts of a node's catalogue: `pid-controller.label.name` and the like. */
const textsOf = (type: string): Map<string, unknown> => {
  const texts = new Map<string, unknown>();
  const collect = (path: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) texts.set(path, value);
    else
      for (const [key, inner] of Object.entries(value)) collect(path === '' ? key : `${path}.${key}`, inner);
  };
  collect('', JSON.parse(readText(palettePath(type, 'locales', 'en-US', `${type}.json`))));
  return texts;
};
/** What a form has: what is kept in the flow, and what is kept with the credentials. */
const fieldsOf = (type: string): string[] => {
  const { defaults, credentials = {} } = editorOf(type);
  return [...Object.keys(defaults), ...Object.keys(credentials)];
};
const formOf = (type: string): string => readText(palettePath(type, 'editor.html'));
const helpOf = (type: string): string => readText(palettePath(type, 'locales', 'en-US', 'help.md'));
const isConfig = (type: string): boolean => editorOf(type).category === 'config';

describe('palette: the package', () => {
  it('has a licence, a repository and a scoped name', () => {
    assert.equal(palette.license, 'MIT');
    assert.match(palette.repository?.url ?? '', /^git\+https:\/\/.+\.git$/);
    assert.match(palette.name, /^@[a-z-]+\/[a-z-]+$/);
    assert.ok(palette.author);
  });

  it('is found as a Node-RED palette', () => assert.ok(palette.keywords?.includes('node-red')));

  it('says what it runs on', () => {
    assert.equal(palette['node-red'].version, '>=5.0.0');
    assert.equal(palette.engines?.node, '>=22.13');
  });

  it('has few dependencies, each of a fixed version', () => {
    const versions = Object.values(palette.dependencies ?? {});
    assert.ok(versions.length <= 6, `${versions.length} dependencies`);
    for (const version of versions) assert.match(version, /^\d+\.\d+\.\d+$/);
  });

  it('takes no type of Node-RED itself nor of the palettes it is shipped with', () => {
    const foreign = foreignTypes();
    assert.ok(foreign.size > 50);
    assert.deepEqual(
      ownTypes.filter((type) => foreign.has(type)),
      [],
    );
  });

  for (const [name, file] of Object.entries({
    ...palette['node-red'].nodes,
    ...palette['node-red'].plugins,
  })) {
    it(`${name} is where the package says, and built`, () => {
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.equal(file, `dist/${name}/${name}.js`);
      assert.ok(existsSync(palettePath(name, `${name}.ts`)), `nodes/${name}/${name}.ts is missing`);
      assert.ok(existsSync(palettePath(file)), `nodes/${file} is missing: run npm run build`);
    });
  }

  it('names every node folder there is', () => {
    const folders = readdirSync(palettePath(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(palettePath(entry.name, 'editor.ts')))
      .map(({ name }) => name);
    assert.deepEqual(
      folders.filter((name) => !ownTypes.includes(name)),
      [],
    );
  });
});

for (const type of ownTypes)
  describe(`palette: ${type}`, () => {
    const prefix = (): string => (isConfig(type) ? 'node-config-input' : 'node-input');

    it('its html registers the type by a literal, with its form beside it', () => {
      const html = builtHtml(type);
      assert.match(html, new RegExp(`RED\\.nodes\\.registerType\\("${type}", \\{`));
      assert.match(html, new RegExp(`<script type="text/html" data-template-name="${type}">`));
      assert.doesNotMatch(html, /<script[^>]+src=/);
    });

    it('looks like a node of this palette', () => {
      const { category, color, outputs = 0, outputLabels } = editorOf(type);
      if (category === 'config') return;
      assert.equal(category, 'pilot plant');
      assert.match(color ?? '', /^#[0-9a-f]{6}$/i);
      if (outputs > 1) assert.equal(Array.isArray(outputLabels) && outputLabels.length, outputs);
    });

    it('has an icon, white on transparent, 40 by 60', () => {
      const svg = readText(palettePath(type, 'icons', `${type}.svg`));
      assert.match(svg, /^<svg [^>]*\bwidth="40"[^>]*>/);
      assert.match(svg, /^<svg [^>]*\bheight="60"[^>]*>/);
      const colours = [...svg.matchAll(/\b(?:fill|stroke|stop-color|color)\s*[=:]\s*"?([^";]+)/g)].map(
        ([, colour = '']) => colour.toLowerCase(),
      );
      assert.deepEqual(
        colours.filter((colour) => !['#fff', '#ffffff', 'white', 'none'].includes(colour)),
        [],
      );
      assert.ok(
        colours.some((colour) => colour !== 'none'),
        'it has no colour',
      );
      assert.doesNotMatch(svg, /<(script|image|text)\b|href=/);
      assert.ok(existsSync(palettePath('dist', type, 'icons', `${type}.svg`)));
      if (!isConfig(type)) assert.equal(editorOf(type).icon, `${type}.svg`);
    });

    it('has help: what it is, then its parts', () => {
      const help = helpOf(type);
      const [first = ''] = help.split('\n\n');
      assert.ok(!first.startsWith('#') && first.length > 60, 'it does not begin with a paragraph');
      assert.ok(first.split('\n').length <= 4, 'its first paragraph is long');
      const { inputs = 0, outputs = 0 } = editorOf(type);
      const wanted = [inputs > 0 ? 'Inputs' : '', outputs > 0 ? 'Outputs' : '', 'Details', 'References'];
      const parts = [...help.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
      assert.deepEqual(
        parts,
        wanted.filter((title) => title !== ''),
      );
      const built = readText(palettePath('dist', type, 'locales', 'en-US', `${type}.html`));
      assert.match(built, new RegExp(`<script type="text/markdown" data-help-name="${type}">`));
      assert.ok(built.includes(help.trim()));
    });

    it('describes a property in a line with two colons, since the editor ends a list at any other', () => {
      for (const line of helpOf(type)
        .split('\n')
        .filter((text) => text.startsWith(': ')))
        assert.match(line, /^: [^:]+ \([^:]+\) : [^:]+$|^: [^:]+ : [^:]+$/);
    });

    it('every field has a row in the form, a label and a word in the help', () => {
      const [form, help, texts] = [
        formOf(type),
        helpOf(type).replaceAll(/\s+/g, ' ').toLowerCase(),
        textsOf(type),
      ];
      const missing: string[] = [];
      const fields = fieldsOf(type);
      assert.ok(fields.includes('name'));
      for (const field of fields) {
        const label = texts.get(`${type}.label.${field}`);
        if (!form.includes(`id="${prefix()}-${field}"`)) missing.push(`${field}: no row`);
        if (!form.includes(`data-i18n="${type}.label.${field}"`))
          missing.push(`${field}: its label is not in the form`);
        if (typeof label !== 'string' || label === '') missing.push(`${field}: no label`);
        if (field === 'name') continue;
        const word = String(label).split(/[:(]/)[0]?.trim().toLowerCase() ?? '';
        if (!help.includes(word) && !help.includes(`\`${field.toLowerCase()}\``))
          missing.push(`${field}: help does not mention "${String(label)}"`);
      }
      assert.deepEqual(missing, []);
    });

    it('its form has no field of its own invention', () => {
      const fields = fieldsOf(type);
      const rows = [...formOf(type).matchAll(/<label[^>]*\bfor="([^"]+)"/g)].map(([, id = '']) => id);
      assert.deepEqual(
        rows.filter((id) => !fields.includes(id.slice(prefix().length + 1))),
        [],
      );
    });

    it('every text of the form is in the catalogue, and none stands in the form itself', () => {
      const texts = textsOf(type);
      const keys = [...formOf(type).matchAll(/data-i18n="([^"]+)"/g)].flatMap(([, value = '']) =>
        value.split(';').map((key) => key.replace(/^\[[^\]]+\]/, '')),
      );
      assert.ok(keys.length > 0);
      assert.deepEqual(
        keys.filter((key) => typeof texts.get(key) !== 'string' || texts.get(key) === ''),
        [],
      );
      const bare = formOf(type)
        .replaceAll(/<!--[\s\S]*?-->|<[^>]*>/g, '')
        .replaceAll(/&[#a-z0-9]+;/g, '');
      assert.doesNotMatch(bare, /[a-z]{4}/i); // units may: W/K, pH, min
      assert.doesNotMatch(formOf(type), /<script/);
    });

    it('its catalogue is its own, and is built', () => {
      const texts = textsOf(type);
      for (const key of texts.keys()) assert.ok(key.startsWith(`${type}.`), key);
      const built: unknown = JSON.parse(
        readText(palettePath('dist', type, 'locales', 'en-US', `${type}.json`)),
      );
      assert.deepEqual(built, JSON.parse(readText(palettePath(type, 'locales', 'en-US', `${type}.json`))));
    });

    it('stands in a shipped flow, and so in the examples that are made of them', () => {
      const flows = readdirSync(join(root, 'flows')).filter((file) => file.endsWith('.json'));
      assert.ok(
        flows.some((file) => readText(join(root, 'flows', file)).includes(`"type": "${type}"`)),
        `no file of flows/ uses ${type}`,
      );
    });
  });
