import {
  advance,
  commands,
  emptyRoutes,
  events,
  isUnderWay,
  routes,
  states,
  type Signal,
  type State,
} from './lifecycle.ts';

/** The tables of the life cycle as they stand in the documents: drawn from the tables, never by hand. */
const signals: readonly Signal[] = [...commands, ...events];
const words: Readonly<Partial<Record<Signal, string>>> = {
  elapsed: 'time over',
  connected: 'sensors good',
  lost: 'sensor lost (hold)',
  fail: 'sensor lost (fault)',
  'give-up': 'outage',
};
const wordOf = (signal: Signal): string => words[signal] ?? signal;
const idOf = (state: State): string => state.replaceAll('-', '_');

interface Arrow {
  readonly from: string;
  readonly to: State;
  readonly label: string;
}
/** The arrows out of a state, one per target, without the signals that are drawn elsewhere. */
const arrowsFrom = (state: State, elsewhere: readonly Signal[]): Arrow[] => {
  const labels = new Map<State, string[]>();
  const add = (to: State | undefined, label: string): void => {
    if (to) labels.set(to, [...(labels.get(to) ?? []), label]);
  };
  for (const signal of signals) {
    if (elsewhere.includes(signal)) continue;
    const [used, empty] = [routes[state][signal], emptyRoutes[state][signal]];
    add(used, wordOf(signal));
    if (empty !== used) add(empty, `${wordOf(signal)}, nothing brewed`);
  }
  return [...labels].map(([to, label]) => ({ from: idOf(state), to, label: label.join(', ') }));
};
const drawn = ({ from, to, label }: Arrow): string => `${from} --> ${idOf(to)} : ${label}`;

/** The life cycle for Mermaid. What leads out of every state of a batch is one arrow out of all of them. */
export const stateDiagram = (): string => {
  const batch = states.filter(isUnderWay);
  const wayOut = signals.filter((signal) =>
    batch.every((state) => advance(state, signal, true) === 'aborted'),
  );
  const inside = new Set(batch.map(idOf));
  const all = states.flatMap((state) => arrowsFrom(state, isUnderWay(state) ? wayOut : []));
  const isInside = ({ from, to }: Arrow): boolean => inside.has(from) && inside.has(idOf(to));
  const out: Arrow = { from: 'batch', to: 'aborted', label: wayOut.map(wordOf).join(', ') };
  const lines = [
    'stateDiagram-v2',
    ...states.filter((state) => state.includes('-')).map((state) => `    state "${state}" as ${idOf(state)}`),
    '    [*] --> idle',
    '    state "a batch is here" as batch {',
    ...all.filter(isInside).map((arrow) => `        ${drawn(arrow)}`),
    '    }',
    ...[...all.filter((arrow) => !isInside(arrow)), out].map((arrow) => `    ${drawn(arrow)}`),
  ];
  return lines.join('\n');
};

/** Where each signal leads, as a table: a state per line, a signal per column. */
export const transitionTable = (): string => {
  const cell = (state: State, signal: Signal): string => {
    const [used = '', empty = ''] = [routes[state][signal], emptyRoutes[state][signal]];
    return used === empty ? used : `${used} or ${empty}`;
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['state', ...signals.map(wordOf)]),
    line(['---', ...signals.map(() => '---')]),
    ...states.map((state) => line([state, ...signals.map((signal) => cell(state, signal))])),
  ].join('\n');
};
