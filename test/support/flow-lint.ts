import type { ConfigFields } from './palette.ts';

export interface FlowFile {
  /** without `.json`; every id in the file begins with it */
  readonly name: string;
  readonly text: string;
}
type FlowNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };
type Types = ReadonlyMap<string, ConfigFields>;
type Tell = (node: FlowNode, problem: string) => void;

const GRID = 20;
const ICON_WIDTH = 30;
const LEAST_WIDTH = 100;
const HEIGHT = 30;
const FUNCTION_LINES = 6;
const READABLE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const SECRET = /password|passphrase|secret|token|credential/i;

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isTab = ({ type }: FlowNode): boolean => type === 'tab';
const isLink = ({ type }: FlowNode): boolean => type.startsWith('link ');
const isOnCanvas = (node: FlowNode): boolean => node['x'] !== undefined || Array.isArray(node['wires']);

const parsed = ({ name, text }: FlowFile): { nodes: readonly FlowNode[]; problems: string[] } => {
  const nodes: unknown = JSON.parse(text);
  if (!Array.isArray(nodes)) return { nodes: [], problems: [`${name}: is no list of nodes`] };
  const round = JSON.stringify(nodes, null, 4) === text;
  return {
    nodes: nodes as FlowNode[],
    problems: round ? [] : [`${name}: is not written as Node-RED writes it (4 spaces, no final newline)`],
  };
};

/** Ids: readable, of this file, once. */
const checkId = (node: FlowNode, file: string, seen: Set<string>, tell: Tell): void => {
  if (!READABLE.test(node.id) || /^[0-9a-f]{16}$|^[0-9a-f]{8}-/.test(node.id))
    tell(node, 'its id is not readable');
  if (node.id !== file && !node.id.startsWith(`${file}-`)) tell(node, `its id does not begin with ${file}`);
  if (seen.has(node.id)) tell(node, 'its id is there twice');
  seen.add(node.id);
};

/** Where the node stands: the tab, the group, the grid. */
const checkPlace = (node: FlowNode, known: ReadonlyMap<string, FlowNode>, tell: Tell): void => {
  const { z, g, x, y } = node;
  const home = known.get(textOf(z));
  if (z !== undefined && home?.type !== 'tab' && home?.type !== 'subflow')
    tell(node, `its tab ${textOf(z)} does not exist`);
  if (g !== undefined) {
    const group = known.get(textOf(g));
    if (group?.type !== 'group') tell(node, `its group ${textOf(g)} does not exist`);
    else if (!list(group['nodes']).includes(node.id)) tell(node, `its group ${textOf(g)} does not know it`);
    else if (group['z'] !== z) tell(node, `its group ${textOf(g)} is on another tab`);
    else if (!isInside(node, group)) tell(node, `it stands outside its group ${textOf(g)}`);
  }
  if (!isOnCanvas(node) || node.type === 'group' || isTab(node) || node.type === 'subflow') return;
  if (z === undefined) tell(node, 'it is on no tab');
  if (typeof x !== 'number' || typeof y !== 'number') tell(node, 'it has no x and y');
  // The editor puts the left or the right edge on the grid: widths are multiples of 20, of link nodes 30.
  else if (y % GRID !== 0 || x % (isLink(node) ? GRID / 4 : GRID / 2) !== 0)
    tell(node, `it is off the grid at ${x}, ${y}`);
};
const isInside = (node: FlowNode, group: FlowNode): boolean => {
  const [x, y, left, top, width, height] = [
    node['x'],
    node['y'],
    group['x'],
    group['y'],
    group['w'],
    group['h'],
  ].map(Number) as [number, number, number, number, number, number];
  if (node.type === 'group') {
    const [w, h] = [Number(node['w']), Number(node['h'])];
    return x >= left && y >= top && x + w <= left + width && y + h <= top + height;
  }
  const half = (isLink(node) ? ICON_WIDTH : LEAST_WIDTH) / 2;
  return (
    x - half >= left && x + half <= left + width && y - HEIGHT / 2 >= top && y + HEIGHT / 2 <= top + height
  );
};

/** Wires, links, scopes, members of a group: what they name exists, and wires read left to right. */
const checkWires = (node: FlowNode, known: ReadonlyMap<string, FlowNode>, tell: Tell): void => {
  for (const id of list(node['wires']).flatMap(list)) {
    const target = known.get(textOf(id));
    if (!target) tell(node, `its wire leads to ${textOf(id)}, which does not exist`);
    else if (target['z'] !== node['z']) tell(node, `its wire leads to ${target.id} on another tab`);
    else if (Number(target['x']) <= Number(node['x']))
      tell(node, `its wire to ${target.id} does not lead to the right`);
  }
  for (const id of list(node['links'])) {
    const target = known.get(textOf(id));
    if (!target || !isLink(target)) tell(node, `its link ${textOf(id)} does not exist`);
    else if (node.type !== 'link call' && !list(target['links']).includes(node.id))
      tell(node, `its link ${target.id} does not know it`);
  }
  for (const id of [...list(node['scope']), ...(node.type === 'group' ? list(node['nodes']) : [])])
    if (known.get(textOf(id))?.['z'] !== node['z'])
      tell(node, `${textOf(id)}, which it names, is not on its tab`);
};

/** Types are known and config nodes exist. */
const checkType = (node: FlowNode, known: ReadonlyMap<string, FlowNode>, types: Types, tell: Tell): void => {
  const { type } = node;
  if (['tab', 'subflow', 'group', 'junction', 'global-config'].includes(type)) return;
  const subflow = /^subflow:(.+)$/.exec(type)?.[1];
  if (subflow !== undefined) {
    if (known.get(subflow)?.type !== 'subflow') tell(node, `its subflow ${subflow} does not exist`);
    return;
  }
  const fields = types.get(type);
  if (!fields) tell(node, `its type ${type} is not ours, nor of Node-RED, nor of a declared palette`);
  for (const [field, config] of Object.entries(fields ?? {})) {
    const value = node[field] ?? '';
    if (value === '' && config.required) tell(node, `its ${field} is blank`);
    else if (value !== '' && known.get(textOf(value))?.type !== config.type)
      tell(node, `its ${field} ${textOf(value)} is no ${config.type}`);
  }
};

/** What does not belong in a shipped flow. */
const checkContent = (node: FlowNode, tell: Tell): void => {
  for (const [key, value] of Object.entries(node))
    if (SECRET.test(key) && typeof value !== 'boolean' && value !== '' && !/^\$\{.+\}$/.test(textOf(value)))
      tell(node, `it carries a secret in ${key}`);
  if (node.type === 'debug' && node['active'] !== false) tell(node, 'it is an active debug node');
  if (node.type === 'function' && textOf(node['func']).trim().split('\n').length > FUNCTION_LINES)
    tell(node, `it has more than ${FUNCTION_LINES} lines: logic belongs in nodes/`);
};

/** A tab says what it is, and its errors arrive somewhere. */
const checkTab = (tab: FlowNode, nodes: readonly FlowNode[], tell: Tell): void => {
  if (textOf(tab['label']).trim() === '') tell(tab, 'it has no label');
  if (textOf(tab['info']).trim() === '') tell(tab, 'it has no description (info)');
  const catches = nodes.some(
    (node) =>
      node['z'] === tab.id &&
      node.type === 'catch' &&
      !list(node['scope']).length &&
      list(node['wires']).flat().length > 0,
  );
  if (!catches) tell(tab, 'it has no Catch node for all nodes that leads anywhere');
};

/**
 * What is wrong with some flow files, one sentence each. A plant may refer to itself and to `services`, which refers
 * to nobody.
 */
export const lintFlows = (files: readonly FlowFile[], types: Types): string[] => {
  const problems: string[] = [];
  const seen = new Set<string>();
  const all = files.map((file) => ({ file, ...parsed(file) }));
  const services = all.find(({ file }) => file.name === 'services')?.nodes ?? [];
  for (const { file, nodes, problems: own } of all) {
    problems.push(...own);
    const known = new Map([...services, ...nodes].map((node) => [node.id, node]));
    for (const node of nodes) {
      const tell: Tell = ({ id }, problem) => problems.push(`${file.name}: ${id}: ${problem}`);
      checkId(node, file.name, seen, tell);
      checkPlace(node, known, tell);
      checkWires(node, known, tell);
      checkType(node, known, types, tell);
      checkContent(node, tell);
      if (isTab(node)) checkTab(node, nodes, tell);
    }
  }
  return problems;
};
