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

/**
 * Puts nodes in the order in which the editor saves them: tabs, subflows, groups, junctions, config nodes, then the
 * nodes of each subflow and of each tab. Within each part the order stays, so ordering twice changes nothing.
 */
export const editorOrder = (nodes: Flow): FlowNode[] => {
  const tabs = nodes.filter(isTab);
  const subflows = nodes.filter(isSubflow);
  const canvases = [...subflows, ...tabs].map(({ id }) => id);
  const parts: FlowNode[][] = [tabs, subflows, [], [], []];
  const onCanvas = new Map<string | undefined, FlowNode[]>([...canvases, undefined].map((id) => [id, []]));
  const [, , groups = [], junctions = [], configs = []] = parts;
  for (const node of nodes) {
    if (isTab(node) || isSubflow(node)) continue;
    if (node.type === 'group') groups.push(node);
    else if (node.type === 'junction') junctions.push(node);
    else if (isConfig(node)) configs.push(node);
    else (onCanvas.get(placeOf(node)) ?? onCanvas.get(undefined))?.push(node);
  }
  return [...parts.flat(), ...[...onCanvas.values()].flat()];
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
  return editorOrder(files.flatMap(({ nodes }) => nodes));
};

/** A flow file byte for byte as Node-RED writes it. */
export const flowText = (nodes: Flow): string => JSON.stringify(nodes, null, 4);

/** What goes into `flows_cred.json`: references only, since Node-RED takes no credentials from the flow file itself. */
export const credentialsFor = (nodes: Flow): Readonly<Record<string, Readonly<Record<string, string>>>> =>
  Object.fromEntries(
    nodes
      .filter(({ type }) => type === 'mqtt-broker')
      .map(({ id }) => [id, { user: '${MQTT_USER}', password: '${MQTT_PASSWORD}' }]),
  );
