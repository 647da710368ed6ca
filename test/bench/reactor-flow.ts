import { join } from 'node:path';
import { isRecord } from '../../nodes/lib/signal.ts';
import type { Flow, FlowNode } from '../../runtime/compose.ts';
import { readFlow } from '../../runtime/flow-files.ts';

/** As many reactors as the flow is shipped with. */
export const SHIPPED = 2;

const ID = /(bioreactor(?:-[a-z]+)*-)2\b/g;
/** What tells reactor 2 from another one in the text of a node, and what the other one has there. */
const names = (number: number): readonly (readonly [RegExp, string])[] => [
  [ID, `$1${number}`],
  [/bioreactor\/2\b/g, `bioreactor/${number}`],
  [/\bpi02\b/g, `pi${String(number).padStart(2, '0')}`],
  // UNIT and SEED
  [/"value":"2"/g, `"value":"${number}"`],
  // Every reactor has two ports for its boards, counted from SENSOR_PORT.
  [/ \+ 2\)/g, ` + ${2 * number - 2})`],
  [/ \+ 3\)/g, ` + ${2 * number - 1})`],
];
const renamed = <T>(item: T, number: number): T =>
  JSON.parse(
    names(number).reduce((text, [name, other]) => text.replaceAll(name, other), JSON.stringify(item)),
  ) as T;
const namesSecond = (item: unknown): boolean => {
  const text = JSON.stringify(item);
  return names(2).some(([name]) => text.search(name) >= 0);
};

/** Where an item is about reactor 2, the same about reactors 3 to `count` comes after it. */
const spread = <T>(items: readonly T[], count: number, isSecond: (item: T) => boolean = namesSecond): T[] =>
  items.flatMap((item) => {
    const more = isSecond(item) ? count - SHIPPED : 0;
    return [item, ...Array.from({ length: more }, (_, index) => renamed(item, SHIPPED + 1 + index))];
  });

/** A variable of a tab: reactors stand there as a list in JSON, or with commas. */
const longerVariable = (variable: unknown, count: number): unknown => {
  if (!isRecord(variable) || typeof variable['value'] !== 'string' || !namesSecond(variable)) return variable;
  const { type, value: text } = variable;
  const value =
    type === 'json'
      ? JSON.stringify(spread(JSON.parse(text) as unknown[], count))
      : spread(text.split(', '), count).join(', ');
  return { ...variable, value };
};

/** What all reactors share: the links, rules and wires of reactor 2, and what lists it, once more for each new one. */
const longer = (node: FlowNode, count: number): FlowNode => {
  const lists = Object.entries(node).flatMap(([key, value]): [string, unknown[]][] => {
    if (!Array.isArray(value)) return [];
    const items = value as unknown[];
    return [[key, key === 'env' ? items.map((item) => longerVariable(item, count)) : spread(items, count)]];
  });
  const made: Record<string, unknown[]> = Object.fromEntries(lists);
  return { ...node, ...made, ...(node.type === 'switch' && { outputs: made['wires']?.length }) };
};

/** The shipped flow of the bioreactors with `count` of them, each new one wired as reactor 2 is. */
export const reactorFlow = (flowsDir: string, count: number): Flow => {
  const isOwn = ({ id }: FlowNode): boolean => id.search(ID) >= 0;
  const flow = readFlow(join(flowsDir, 'bioreactor.json'));
  return spread(
    flow.map((node) => (isOwn(node) ? node : longer(node, count))),
    count,
    isOwn,
  );
};
