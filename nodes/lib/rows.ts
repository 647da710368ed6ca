import { listOf } from './list.ts';
import { isRecord } from './signal.ts';

/** For the editor only: a list of rows with the same columns, stored as JSON text in a hidden field of the form. */
export interface Column {
  readonly name: string;
  readonly width: string;
  /** one of these words instead of any text; the first is the default */
  readonly choices?: readonly string[];
  /** the next column begins a new line of the row */
  readonly last?: boolean;
}
/** The text of a key below the node's own in its catalogue: `column.<name>` of a column, `<name>.<word>` of a choice. */
export type Translate = (key: string) => string;

const cellOf = (raw: unknown, fallback: string): string =>
  typeof raw === 'string' || typeof raw === 'number' ? String(raw) : fallback;

const inputFor = ({ name, choices }: Column, t: Translate): JQuery =>
  choices
    ? $('<select>').append(
        ...choices.map((word) => $('<option>', { value: word, text: t(`${name}.${word}`) })),
      )
    : $('<input>', { type: 'text', placeholder: t(`column.${name}`) });

/** Fills an editable list with the rows that the hidden field holds. */
export const showRows = (list: JQuery, stored: JQuery, columns: readonly Column[], t: Translate): void => {
  list.editableList({
    addItem: (row: JQuery, _index: number, values: unknown) => {
      for (const column of columns) {
        const { name, width, choices = [''], last } = column;
        inputFor(column, t)
          .attr({ 'data-column': name, title: t(`column.${name}`) })
          .css({ width, margin: '2px' })
          .val(cellOf(isRecord(values) ? values[name] : undefined, choices[0] ?? ''))
          .appendTo(row);
        if (last) row.append('<br>');
      }
    },
    removable: true,
    sortable: true,
  });
  for (const values of listOf(stored.val()) ?? []) if (isRecord(values)) list.editableList('addItem', values);
};

/** Writes the rows of an editable list back into the hidden field. */
export const storeRows = (list: JQuery, stored: JQuery, columns: readonly Column[]): void => {
  const rows = list
    .editableList('items')
    .toArray()
    .map((row: unknown) =>
      Object.fromEntries(
        columns.map(({ name }) => [
          name,
          $(row as HTMLElement)
            .find(`[data-column=${name}]`)
            .val(),
        ]),
      ),
    );
  stored.val(JSON.stringify(rows));
};
