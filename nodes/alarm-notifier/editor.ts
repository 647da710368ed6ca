import type { EditorRED } from 'node-red';
import { editorDefaults, type Field } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

/** What is typed here stands in the flow file, which is no place for a password: a variable is. */
const withoutPassword = (field: Field<string>): Field<string> => ({
  ...field,
  parse: (raw, name) => {
    if (typeof raw === 'string' && URL.parse(raw)?.password)
      throw new Error(`${name}: must not have a password in the form, use a variable as in \${SMTP_URL}`);
    return field.parse(raw, name);
  },
});

RED.nodes.registerType('alarm-notifier', {
  category: 'pilot plant',
  color: '#e8c9c4',
  icon: 'alarm-notifier.svg',
  defaults: editorDefaults({
    ...fields,
    smtpUrl: withoutPassword(fields.smtpUrl),
    webhookUrl: withoutPassword(fields.webhookUrl),
  }),
  inputs: 1,
  outputs: 2,
  outputLabels: ['notice', 'delivery'],
  paletteLabel: 'alarm notifier',
  label() {
    return this.name || 'alarm notifier';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
