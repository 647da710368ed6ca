/** A node as a flow file holds it. */
export type FlowNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };
export type Flow = readonly FlowNode[];

/** The content of one file of `flows/`; `name` without `.json`. */
export interface FlowFile {
  readonly name: string;
  readonly nodes: Flow;
}

/** The config nodes that all plants share. */
export const SERVICES = 'services';

export const placeOf = ({ z }: FlowNode): string | undefined =>
  typeof z === 'string' && z !== '' ? z : undefined;
export const isTab = ({ type }: FlowNode): boolean => type === 'tab';
export const isSubflow = ({ type }: FlowNode): boolean => type === 'subflow';
/** Node-RED's own rule: what has no place on a canvas is a config node. */
export const isConfig = (node: FlowNode): boolean =>
  !isTab(node) && !isSubflow(node) && node.type !== 'group' && !('x' in node && 'y' in node);

/** The ids of nodes that a node names anywhere in its properties. */
export const referencesOf = (node: FlowNode, known: ReadonlySet<string>): Set<string> => {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const id = value.startsWith('subflow:') ? value.slice('subflow:'.length) : value;
      if (id !== node.id && known.has(id)) found.add(id);
    } else if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) visit(part);
  };
  for (const [key, value] of Object.entries(node)) if (key !== 'id' && key !== 'type') visit(value);
  if (node.type.startsWith('subflow:')) visit(node.type);
  return found;
};

/** The editor loads a config node after those it names: one that has to wait goes to the end of the queue. */
const configOrder = (configs: Flow): FlowNode[] => {
  const known = new Set(configs.map(({ id }) => id));
  const queue = configs.map((node) => ({ node, needs: referencesOf(node, known) }));
  const done = new Map<string, FlowNode>();
  // The editor gives up on a circle after as many turns.
  for (let turns = queue.length * 5; turns > 0; turns--) {
    const next = queue.shift();
    if (!next) break;
    if ([...next.needs].every((id) => done.has(id))) done.set(next.node.id, next.node);
    else queue.push(next);
  }
  return [...done.values(), ...queue.map(({ node }) => node)];
};

/**
 * Puts nodes in the order in which the editor saves them: tabs, subflows, groups, junctions, config nodes, then the
 * nodes of each subflow and of each tab. Otherwise the order stays, so ordering twice changes nothing.
 */
export const editorOrder = (nodes: Flow): FlowNode[] => {
  const tabs = nodes.filter(isTab);
  const subflows = nodes.filter(isSubflow);
  const groups: FlowNode[] = [];
  const junctions: FlowNode[] = [];
  const configs: FlowNode[] = [];
  const canvases = new Map([...subflows, ...tabs].map(({ id }) => [id, [] as FlowNode[]]));
  const nowhere: FlowNode[] = [];
  for (const node of nodes) {
    if (isTab(node) || isSubflow(node)) continue;
    if (node.type === 'group') groups.push(node);
    else if (node.type === 'junction') junctions.push(node);
    else if (isConfig(node)) configs.push(node);
    else (canvases.get(placeOf(node) ?? '') ?? nowhere).push(node);
  }
  const onCanvas = [...canvases.values(), nowhere].flat();
  return [...tabs, ...subflows, ...groups, ...junctions, ...configOrder(configs), ...onCanvas];
};

/** One flow of several files; throws where two files hold the same id. */
export const compose = (files: readonly FlowFile[]): FlowNode[] => {
  const owners = new Map<string, string>();
  for (const { name, nodes } of files)
    for (const { id } of nodes) {
      const other = owners.get(id);
      if (other !== undefined) throw new Error(`id ${id}: stands in ${other}.json and in ${name}.json`);
      owners.set(id, name);
    }
  // What the plants share comes before what names it, so that the order within each file stays as it is.
  const isShared = (node: FlowNode): boolean => isConfig(node) && owners.get(node.id) === SERVICES;
  const all = files.flatMap(({ nodes }) => nodes);
  return editorOrder([...all.filter(isShared), ...all.filter((node) => !isShared(node))]);
};

/** A flow file byte for byte as Node-RED writes it. */
export const flowText = (nodes: Flow): string => JSON.stringify(nodes, null, 4);

/** What goes into `flows_cred.json`: references only, since Node-RED takes no credentials from the flow file itself. */
export const credentialsFor = (nodes: Flow): Readonly<Record<string, Readonly<Record<string, string>>>> =>
  Object.fromEntries(
    nodes
      .filter(({ type }) => type === 'mqtt-broker')
      .map(({ id, broker }) => {
        const which = broker === '${CLOUD_MQTT_HOST}' ? 'CLOUD_MQTT' : 'MQTT';
        return [id, { user: `\${${which}_USER}`, password: `\${${which}_PASSWORD}` }];
      }),
  );
