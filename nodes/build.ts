/**
 * Builds the palette into nodes/dist: every adapter with its shared parts as chunks, and per node one html with the
 * form, the inlined editor script and the help of its locale folder beside it.
 */
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const source = (...path: string[]): string => join(root, ...path);
const { 'node-red': entries } = JSON.parse(readFileSync(source('package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string>; plugins: Record<string, string> };
};
const nodes = Object.keys(entries.nodes);
const adapters = [...nodes, ...Object.keys(entries.plugins)];
/** Runs in a thread of its own, so it is a file of its own. */
const worker = 'plant-database/sqlite-worker.ts';
const common = { bundle: true, format: 'esm', logLevel: 'warning', absWorkingDir: root } as const;

// Built beside and put in place in one go: a plant that runs meanwhile keeps its files.
const fresh = `dist.${process.pid}`;
await build({
  ...common,
  entryPoints: [...adapters.map((type) => `${type}/${type}.ts`), worker],
  outbase: '.',
  outdir: fresh,
  platform: 'node',
  packages: 'external',
  splitting: true,
  chunkNames: 'lib/[name]-[hash]',
  sourcemap: true,
});

for (const type of nodes) {
  const { outputFiles } = await build({
    ...common,
    format: 'iife',
    entryPoints: [`${type}/editor.ts`],
    write: false,
  });
  const form = readFileSync(source(type, 'editor.html'), 'utf8').trim();
  mkdirSync(source(fresh, type, 'locales', 'en-US'), { recursive: true });
  writeFileSync(
    source(fresh, type, `${type}.html`),
    `<script type="text/html" data-template-name="${type}">\n${form}\n</script>\n` +
      `<script type="text/javascript">\n${outputFiles[0]?.text ?? ''}</script>\n`,
  );
  const help = readFileSync(source(type, 'locales', 'en-US', 'help.md'), 'utf8').trim();
  writeFileSync(
    source(fresh, type, 'locales', 'en-US', `${type}.html`),
    `<script type="text/markdown" data-help-name="${type}">\n${help}\n</script>\n`,
  );
  cpSync(
    source(type, 'locales', 'en-US', `${type}.json`),
    source(fresh, type, 'locales', 'en-US', `${type}.json`),
  );
  const icon = source(type, 'icons', `${type}.svg`);
  if (existsSync(icon)) cpSync(icon, source(fresh, type, 'icons', `${type}.svg`));
}

// What pages load from the plugin that serves it.
await build({
  ...common,
  entryPoints: ['history-api/chart/history-chart.ts'],
  outfile: `${fresh}/history-api/history-chart.js`,
  platform: 'browser',
  minify: true,
  loader: { '.css': 'text' },
});

rmSync(source('dist'), { recursive: true, force: true });
renameSync(source(fresh), source('dist'));
