import {
  editorOrder,
  isConfig,
  isSubflow,
  isTab,
  placeOf,
  referencesOf,
  SERVICES,
  type Flow,
  type FlowFile,
  type FlowNode,
} from './compose.ts';

/**
 * Splits an edited flow back into its files. A tab, a subflow or a config node stays in the file it is in; a new one
 * goes to the file whose name its id begins with (`fish-tank-...`); a new config node with another id to the only
 * plant that uses it, else to the services. What stands on a canvas goes with it. Throws for a new tab or subflow
 * whose id names no file.
 */
export const adopt = (flow: Flow, files: readonly FlowFile[]): FlowFile[] => {
  const names = files.map(({ name }) => name);
  const before = new Map(files.flatMap(({ name, nodes }) => nodes.map(({ id }) => [id, name] as const)));
  const byName = ({ id }: FlowNode): string | undefined =>
    names.filter((name) => id === name || id.startsWith(`${name}-`)).sort((a, b) => b.length - a.length)[0];
  const owners = new Map<string, string>();
  const settle = (node: FlowNode, owner: string): unknown => owners.set(node.id, owner);

  for (const node of flow.filter((candidate) => isTab(candidate) || isSubflow(candidate))) {
    const owner = before.get(node.id) ?? byName(node);
    if (owner === undefined)
      throw new Error(
        `${node.type} ${node.id}: its id must begin with the name of a flow file (${names.join(', ')}) and a hyphen`,
      );
    settle(node, owner);
  }
  for (const node of flow) {
    const canvas = placeOf(node);
    const owner = canvas === undefined ? undefined : owners.get(canvas);
    if (owner !== undefined && !owners.has(node.id)) settle(node, owner);
  }

  const configs = flow.filter((node) => isConfig(node) && !owners.has(node.id));
  for (const node of configs) {
    const owner = before.get(node.id) ?? byName(node);
    if (owner !== undefined) settle(node, owner);
  }
  const lost = flow.find((node) => !isConfig(node) && !owners.has(node.id));
  if (lost) throw new Error(`${lost.type} ${lost.id}: stands on no tab and in no subflow`);
  const known = new Set(flow.map(({ id }) => id));
  const open = configs.filter(({ id }) => !owners.has(id));
  for (const node of open) {
    const users = flow
      .filter(({ id }) => owners.has(id))
      .filter((user) => referencesOf(user, known).has(node.id));
    const [only = SERVICES, ...more] = new Set(users.map(({ id }) => owners.get(id) ?? SERVICES));
    settle(node, more.length > 0 ? SERVICES : only);
  }
  return files.map(({ name }) => ({
    name,
    nodes: editorOrder(flow.filter(({ id }) => owners.get(id) === name)),
  }));
};

/** A plant that works alone: its file and, from the others, the config nodes it needs, directly or through them. */
export const standalone = (name: string, files: readonly FlowFile[]): FlowNode[] => {
  const all = new Map(files.flatMap(({ nodes }) => nodes.map((node) => [node.id, node] as const)));
  const known = new Set(all.keys());
  const own = files.find((file) => file.name === name)?.nodes ?? [];
  const needed = new Map(own.map((node) => [node.id, node]));
  const need = (node: FlowNode): void => {
    if (needed.has(node.id)) return;
    needed.set(node.id, node);
    if (isSubflow(node)) for (const part of all.values()) if (placeOf(part) === node.id) need(part);
  };
  // A Map's iteration also reaches what is added on the way.
  for (const node of needed.values())
    for (const id of referencesOf(node, known)) {
      const other = all.get(id);
      if (other && (isConfig(other) || isSubflow(other))) need(other);
    }
  return editorOrder([...needed.values()]);
};
