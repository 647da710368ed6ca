import {
  choiceField,
  configField,
  flagField,
  numberField,
  optionalNumberField,
  parseFields,
  textField,
  type Field,
} from '../lib/fields.ts';
import { listOf } from '../lib/list.ts';
import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { OFF, type Settings, type Source } from './selection.ts';

const sourceFields = {
  topic: textField('', { required: true }),
  silenceSeconds: optionalNumberField('', { min: 0 }),
  time: choiceField('process', ['process', 'wall']),
};

const sourceOf = (raw: unknown, name: string): Source => {
  if (!isRecord(raw)) throw new Error(`${name}: must be a source, got ${shown(raw)}`);
  try {
    const { topic, silenceSeconds = 0, time } = parseFields(sourceFields, raw);
    return { topic, time, silenceMs: silenceSeconds === 0 ? Infinity : silenceSeconds * 1000 };
  } catch (cause) {
    throw new Error(`${name}.${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

/** What a topic means otherwise. */
const reserved: readonly string[] = ['select', 'reset', OFF];

/** The sources, stored as JSON text: a list of topic, silence and kind of time. */
const sourcesField: Field<readonly Source[]> = {
  value: '[]',
  parse: (raw, name) => {
    const list = listOf(raw);
    if (!list) throw new Error(`${name}: must be a JSON list of sources, got ${shown(raw)}`);
    const sources = list.map((source, index) => sourceOf(source, `${name}[${index}]`));
    const twice = sources.find(
      ({ topic }, index) => sources.findIndex((other) => other.topic === topic) < index,
    );
    if (twice) throw new Error(`${name}: must be different topics, got ${shown(twice.topic)} twice`);
    const word = sources.find(({ topic }) => reserved.includes(topic));
    if (word) throw new Error(`${name}: must not be ${reserved.join(', ')}, got ${shown(word.topic)}`);
    return sources;
  },
};

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  outputTopic: textField('', { required: true }),
  sources: sourcesField,
  initial: textField(OFF),
  resume: flagField(true),
  repeatSeconds: numberField(10, { min: 0 }),
};

export interface CommandSelectorSettings {
  readonly core: Settings;
  readonly clock: string;
  readonly outputTopic: string;
}

export const parse = (def: object): CommandSelectorSettings => {
  const { clock, outputTopic, sources, initial, resume, repeatSeconds } = parseFields(fields, def);
  return {
    core: { sources, initial, resume, repeatMs: repeatSeconds === 0 ? Infinity : repeatSeconds * 1000 },
    clock,
    outputTopic,
  };
};
