import type { EditorRED } from 'node-red';
import { priorities, type Condition } from '../lib/alarms.ts';
import { editorDefaults } from '../lib/fields.ts';
import { listOf } from '../lib/list.ts';
import { isRecord } from '../lib/signal.ts';
import { emptyRows, fields } from './config.ts';

declare const RED: EditorRED;

const numbers = ['limit', 'deadband', 'onDelay', 'offDelay'] as const;
const deadbandOf: readonly Condition[] = ['high-high', 'high', 'low', 'low-low', 'rate', 'deviation'];
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** One line of the table for each condition, with what the hidden field holds for it. */
const show = (table: JQuery, stored: JQuery, t: (key: string) => string): void => {
  const rows = (listOf(stored.val()) ?? []).filter(isRecord);
  const heads = ['condition', ...numbers, 'priority', 'latching'].map((name) =>
    $('<th>', { text: t(`column.${name}`), title: t(`hint.${name}`) }).css({
      textAlign: 'left',
      fontWeight: 'normal',
    }),
  );
  table.append($('<tr>').append(...heads));
  for (const empty of emptyRows) {
    const { condition } = empty;
    const values: Readonly<Record<string, unknown>> = {
      ...empty,
      ...rows.find((row) => row['condition'] === condition),
    };
    const line = $('<tr>').attr('data-condition', condition);
    line.append($('<td>', { text: t(`condition.${condition}`) }));
    for (const name of numbers) {
      const tick = name === 'limit' && condition === 'bad-quality';
      const none = name === 'deadband' && !deadbandOf.includes(condition);
      const input = $('<input>', { type: tick ? 'checkbox' : 'text' }).attr('data-column', name);
      if (tick) input.prop('checked', String(values[name]) === 'true').css({ width: 'auto', margin: '0' });
      else input.val(none ? '0' : textOf(values[name])).css({ width: '4.5em' });
      line.append($('<td>').append(none ? input.hide() : input));
    }
    const priority = $('<select>')
      .attr('data-column', 'priority')
      .css({ width: '6.5em' })
      .append(...priorities.map((word) => $('<option>', { value: word, text: t(`priority.${word}`) })))
      .val(textOf(values['priority']));
    const latching = $('<input>', { type: 'checkbox' })
      .attr('data-column', 'latching')
      .css({ width: 'auto', margin: '0' })
      .prop('checked', String(values['latching']) === 'true');
    table.append(line.append($('<td>').append(priority), $('<td>').append(latching)));
  }
};

/** Writes the table back into the hidden field. */
const store = (table: JQuery, stored: JQuery): void => {
  const rows = emptyRows.map(({ condition }) => {
    const line = table.find(`[data-condition=${condition}]`);
    const cell = (name: string): JQuery => line.find(`[data-column=${name}]`);
    const text = (name: string): string => textOf(cell(name).val());
    const ticked = (name: string): boolean => cell(name).prop('checked') === true;
    return {
      condition,
      limit: condition === 'bad-quality' ? (ticked('limit') ? 'true' : '') : text('limit'),
      deadband: text('deadband'),
      onDelay: text('onDelay'),
      offDelay: text('offDelay'),
      priority: text('priority'),
      latching: ticked('latching'),
    };
  });
  stored.val(JSON.stringify(rows));
};

RED.nodes.registerType('limit-alarm', {
  category: 'pilot plant',
  color: '#e8c9c4',
  icon: 'limit-alarm.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['event', 'active'],
  paletteLabel: 'limit alarm',
  label() {
    return this.name || (this.quantity ? `${this.quantity} alarm` : 'limit alarm');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    show($('#limit-alarm-table'), $('#node-input-conditions'), (key) => this._(`limit-alarm.${key}`));
  },
  oneditsave() {
    store($('#limit-alarm-table'), $('#node-input-conditions'));
  },
});
