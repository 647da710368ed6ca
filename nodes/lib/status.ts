import type { Node, NodeStatus } from 'node-red';

/** What a node is doing, in the one vocabulary of the palette. */
export type Kind = 'idle' | 'waiting' | 'nominal' | 'simulated' | 'limited' | 'lost' | 'fault';

/** A status before it is drawn: `value` and `unit` are formatted only when it is really sent. */
export interface Status {
  readonly kind: Kind;
  readonly text?: string | undefined;
  readonly value?: number | boolean | null | undefined;
  readonly unit?: string | undefined;
}

const looks: Readonly<Record<Kind, { fill: NonNullable<NodeStatus['fill']>; shape: 'ring' | 'dot' }>> = {
  idle: { fill: 'grey', shape: 'ring' },
  waiting: { fill: 'yellow', shape: 'ring' },
  nominal: { fill: 'green', shape: 'dot' },
  simulated: { fill: 'blue', shape: 'dot' },
  limited: { fill: 'yellow', shape: 'dot' },
  lost: { fill: 'red', shape: 'ring' },
  fault: { fill: 'red', shape: 'dot' },
};

/** How a unit is shown to people; codes that are not listed are shown as they are. */
export const shownUnit = (unit: string): string =>
  (({ Cel: '°C', '[pH]': 'pH', K: 'K', Lux: 'lx', lx: 'lx' }) as Record<string, string>)[unit] ?? unit;

const shownValue = (value: number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(Number(value.toPrecision(4)));

/** The text of a status: value, unit and words, at most 20 characters. */
export const statusText = ({ text, value, unit }: Status): string => {
  const parts = [
    value === undefined || value === null ? undefined : shownValue(value),
    value === undefined || value === null || unit === undefined ? undefined : shownUnit(unit),
    text,
  ];
  return parts
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
    .slice(0, 20);
};

export interface StatusLight {
  /** Shows a status on change only, at most once a second; the last one of a burst is shown at its end. */
  show(status: Status): void;
}

const lights = new WeakMap<Node, StatusLight>();
const INTERVAL_MS = 1000;

/** The status light of a node: one per node, flushed and silent once the node has closed. */
export const statusOf = (node: Node): StatusLight => {
  const known = lights.get(node);
  if (known) return known;
  let shown = '';
  let waiting: Status | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const draw = (status: Status): boolean => {
    const text = statusText(status);
    const next = `${status.kind} ${text}`;
    if (next === shown) return false;
    shown = next;
    node.status({ ...looks[status.kind], text });
    return true;
  };
  const tick = (): void => {
    const status = waiting;
    waiting = undefined;
    timer = status && draw(status) ? setTimeout(tick, INTERVAL_MS) : undefined;
  };
  const light: StatusLight = {
    show(status) {
      if (closed) return;
      if (timer) waiting = status;
      else if (draw(status)) timer = setTimeout(tick, INTERVAL_MS);
    },
  };
  node.on('close', () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting) draw(waiting);
    waiting = undefined;
    closed = true;
  });
  lights.set(node, light);
  return light;
};
