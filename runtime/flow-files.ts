import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../nodes/lib/signal.ts';
import { compose, credentialsFor, flowText, SERVICES, type FlowFile, type FlowNode } from './compose.ts';
import { encryptCredentials } from './credentials.ts';
import { readJson, writePrivate } from './files.ts';
import { Refusal } from './refusal.ts';

const isNode = (value: unknown): value is FlowNode =>
  isRecord(value) && typeof value['id'] === 'string' && typeof value['type'] === 'string';

/** The nodes in a flow file; a refusal where it holds anything else. */
export const readFlow = (path: string): FlowNode[] => {
  const flow = readJson(path);
  if (flow === undefined) throw new Refusal(`${path}: is not there`);
  if (Array.isArray(flow) && flow.every(isNode)) return flow;
  throw new Refusal(`${path}: must hold a list of nodes`);
};

/** The names of the plants that are shipped. */
export const plantNames = (flowsDir: string): string[] =>
  readdirSync(flowsDir)
    .filter((file) => file.endsWith('.json') && !file.endsWith('_cred.json') && !file.startsWith('.'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => name !== SERVICES)
    .sort();

/** The shipped files of some plants (all where undefined), then the services, so that the editor opens on a plant. */
export const readFlowFiles = (flowsDir: string, plants?: readonly string[]): FlowFile[] => {
  const shipped = plantNames(flowsDir);
  const unknown = plants?.find((name) => !shipped.includes(name));
  if (unknown !== undefined)
    throw new Refusal(`PLANTS: must be of ${shipped.join(', ')}, got ${JSON.stringify(unknown)}`);
  return [...(plants ?? shipped), SERVICES].map((name) => ({
    name,
    nodes: readFlow(join(flowsDir, `${name}.json`)),
  }));
};

/** What the user's flows were made of: to tell, never to overwrite. */
type Origin = Readonly<Record<string, string>>;
const originOf = (files: readonly FlowFile[]): Origin =>
  Object.fromEntries(
    files.map(({ name, nodes }) => [name, createHash('sha256').update(flowText(nodes)).digest('base64url')]),
  );

/** What is not as it was when the flows were made, in words; undefined where all is. */
export const difference = (then: Origin, now: Origin): string | undefined => {
  const sentences = [
    { text: 'not in your flows', names: Object.keys(now).filter((name) => !(name in then)) },
    { text: 'in your flows but not in PLANTS', names: Object.keys(then).filter((name) => !(name in now)) },
    {
      text: 'shipped in a newer version',
      names: Object.keys(now).filter((name) => name in then && then[name] !== now[name]),
    },
  ];
  const told = sentences.filter(({ names }) => names.length > 0);
  return told.length === 0
    ? undefined
    : told.map(({ text, names }) => `${names.join(', ')}: ${text}`).join('; ');
};

export interface FlowPaths {
  readonly flows: string;
  readonly credentials: string;
  readonly origin: string;
}
export const flowPaths = (dataDir: string): FlowPaths => ({
  flows: join(dataDir, 'flows.json'),
  credentials: join(dataDir, 'flows_cred.json'),
  origin: join(dataDir, 'flows-origin.json'),
});

/**
 * Makes the user's flows out of the shipped files, once. Where they exist they are the user's: nothing is written,
 * and the answer says what differs from what is shipped now.
 */
export const provideFlows = (
  dataDir: string,
  flowsDir: string,
  plants: readonly string[] | undefined,
  secret: string,
): string | undefined => {
  const paths = flowPaths(dataDir);
  const files = readFlowFiles(flowsDir, plants);
  if (existsSync(paths.flows)) {
    // An empty file is one that was cut: Node-RED puts its own copy back. A broken one it would take for no flows.
    if (readFileSync(paths.flows, 'utf8') !== '') readFlow(paths.flows);
    const origin = readJson(paths.origin);
    return isRecord(origin) ? difference(origin as Origin, originOf(files)) : undefined;
  }
  const nodes = compose(files);
  const credentials = encryptCredentials(secret, credentialsFor(nodes));
  writePrivate(paths.credentials, JSON.stringify(credentials, null, 4));
  writePrivate(paths.origin, JSON.stringify(originOf(files), null, 4));
  writePrivate(paths.flows, flowText(nodes));
  return undefined;
};
