import {
  choiceField,
  configField,
  flagField,
  numberField,
  optionalNumberField,
  parseFields,
  rowsField,
  textField,
  type Field,
} from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import { OFF, type Settings, type Source } from './selection.ts';

/** What a topic means otherwise. */
const reserved: readonly string[] = ['select', 'reset', OFF];

const rows = rowsField(
  {
    topic: textField('', { required: true }),
    silenceSeconds: optionalNumberField('', { min: 0 }),
    time: choiceField('process', ['process', 'wall']),
  },
  'sources',
);
const sourcesField: Field<readonly Source[]> = {
  ...rows,
  parse: (raw, name) => {
    const sources = rows.parse(raw, name);
    const topics = sources.map(({ topic }) => topic);
    const twice = topics.find((topic, index) => topics.indexOf(topic) < index);
    if (twice !== undefined) throw new Error(`${name}: must be different topics, got ${shown(twice)} twice`);
    const word = topics.find((topic) => reserved.includes(topic));
    if (word !== undefined)
      throw new Error(`${name}: must not be ${reserved.join(', ')}, got ${shown(word)}`);
    return sources.map(({ topic, silenceSeconds = 0, time }) => ({
      topic,
      time,
      silenceMs: silenceSeconds === 0 ? Infinity : silenceSeconds * 1000,
    }));
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
