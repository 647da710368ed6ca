import { choiceField, configField, numberField, parseFields, textField, type Parsed } from '../lib/fields.ts';
import type { Settings } from './silo.ts';

export const fields = {
  name: textField(''),
  clock: configField('process-clock'),
  outputTopic: textField('silo', { required: true }),
  clientFrom: choiceField('topic', ['topic', 'property']),
  skipLevels: numberField(0, { min: 0, max: 20, integer: true }),
  topicLevels: numberField(2, { min: 1, max: 20, integer: true }),
  clientProperty: textField('client', { required: true }),
  periodSeconds: numberField(10, { min: 0 }),
  staleSeconds: numberField(60, { min: 0 }),
  forgetHours: numberField(0, { min: 0 }),
  maxClients: numberField(1000, { min: 1, max: 100_000, integer: true }),
};

export interface SiloSettings extends Parsed<typeof fields> {
  readonly core: Settings;
}

export const parse = (def: object): SiloSettings => {
  const read = parseFields(fields, def);
  return {
    ...read,
    core: {
      staleMs: read.staleSeconds * 1000,
      forgetMs: read.forgetHours * 3_600_000,
      maxClients: read.maxClients,
    },
  };
};
