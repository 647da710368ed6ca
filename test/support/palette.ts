import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const palettePath = (...path: string[]): string => join(root, 'nodes', ...path);
export const readText = (file: string): string => readFileSync(file, 'utf8');

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly author?: string;
  readonly repository?: { readonly url?: string };
  readonly keywords?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly 'node-red': {
    readonly version: string;
    readonly nodes: Readonly<Record<string, string>>;
    readonly plugins?: Readonly<Record<string, string>>;
  };
}
export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readText(join(folder, 'package.json'))) as Manifest;
export const palette = manifestOf(palettePath());
export const ownTypes = Object.keys(palette['node-red'].nodes);

/** What an editor script gives to `RED.nodes.registerType`. */
export interface EditorDefinition {
  readonly category: string;
  readonly defaults: Readonly<Record<string, { value?: unknown; type?: string; required?: boolean }>>;
  readonly credentials?: Readonly<Record<string, { type: string }>>;
  readonly icon?: string;
  readonly color?: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly outputLabels?: readonly string[] | object;
}

/** The html of a node as the editor loads it; throws where the palette is not built. */
export const builtHtml = (type: string): string => {
  const file = palettePath('dist', type, `${type}.html`);
  if (!existsSync(file)) throw new Error(`${type} is not built: run npm run build`);
  return readText(file);
};

/** Runs the editor script of a built node, as the editor would, and gives back what it registers. */
export const editorOf = (type: string): EditorDefinition => {
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(builtHtml(type))?.[1] ?? '';
  const registered = new Map<string, EditorDefinition>();
  const registerType = (name: string, definition: EditorDefinition): unknown =>
    registered.set(name, definition);
  runInNewContext(script, { RED: { nodes: { registerType } }, console });
  const definition = registered.get(type);
  if (!definition || registered.size !== 1)
    throw new Error(
      `the editor script of ${type} registers ${[...registered.keys()].join(', ') || 'nothing'}`,
    );
  return definition;
};

/** The fields of a node type that name a config node. */
export type ConfigFields = Readonly<Record<string, { readonly type: string; readonly required: boolean }>>;

const CONFIG_FIELD = /(\w+)\s*:\s*\{\s*(?:value\s*:\s*['"]{2}\s*,\s*)?type\s*:\s*['"]([\w -]+)['"]([^{}]*)/g;

/** The types an html file registers; fields whose type turns out to be no node type are sorted out later. */
const typesIn = (html: string): [string, ConfigFields][] =>
  html
    .split(/registerType\(\s*['"]/)
    .slice(1)
    .map((part) => [
      /^[^'"]+/.exec(part)?.[0] ?? '',
      Object.fromEntries(
        [...part.matchAll(CONFIG_FIELD)].map(([, field = '', type = '', rest = '']) => [
          field,
          { type, required: /required\s*:\s*true/.test(rest) },
        ]),
      ),
    ]);
const htmlUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && !file.includes('locales'))
    .map((file) => readText(join(folder, file)));
const declared = (): string[] => {
  const { dependencies = {} } = JSON.parse(readText(join(root, 'package.json'))) as Pick<
    Manifest,
    'dependencies'
  >;
  return Object.keys(dependencies).filter((name) => name !== palette.name);
};
const htmlOf = (module: string): string[] => {
  const folder = join(root, 'node_modules', module);
  const nodes = manifestOf(folder)['node-red'] as Manifest['node-red'] | undefined;
  return Object.values(nodes?.nodes ?? {}).map((file) =>
    readText(join(folder, file.replace(/\.js$/, '.html'))),
  );
};

/** The node types of Node-RED itself and of the palettes the root package declares, with the fields that name config nodes. */
export const foreignTypes = (): Map<string, ConfigFields> => {
  const core = htmlUnder(join(root, 'node_modules/@node-red/nodes/core'));
  const types = new Map([...core, ...declared().flatMap(htmlOf)].flatMap(typesIn));
  return new Map(
    [...types].map(([type, fields]) => [
      type,
      Object.fromEntries(Object.entries(fields).filter(([, field]) => types.has(field.type))),
    ]),
  );
};

/** Our own types, with the fields that name config nodes. */
export const ownConfigFields = (): Map<string, ConfigFields> =>
  new Map(
    ownTypes.map((type) => [
      type,
      Object.fromEntries(
        Object.entries(editorOf(type).defaults).flatMap(([field, { type: config, required = false }]) =>
          config === undefined ? [] : [[field, { type: config, required }]],
        ),
      ),
    ]),
  );
