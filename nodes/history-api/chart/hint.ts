import type uPlot from 'uplot';
import type { ChartData, HistorySeries } from './answers.ts';
import type { Panel } from './columns.ts';
import { momentText, spanText } from './format.ts';
import { nearestMark, type Mark } from './scales.ts';
import type { Column, Place } from './table.ts';
import { labelsOf, readingText } from './words.ts';

/** What a panel shows now. */
export interface Shown {
  readonly panel: Panel;
  readonly data: ChartData;
  readonly columns: uPlot.AlignedData;
  readonly places: readonly Place[];
  readonly marks: readonly Mark[];
}
interface Readings {
  readonly time: string;
  readonly rows: readonly { readonly place: Place; readonly value: string; readonly span: string }[];
}

const MARK_REACH_PX = 10;

export const element = (name: string, className = '', text = ''): HTMLElement => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

/** Where each series is at the cursor, in words; undefined where the cursor is not on the chart. */
const readingsAt = (u: uPlot, { panel, data, columns, places }: Shown): Readings | undefined => {
  const { idx, idxs, left = -1 } = u.cursor;
  if (left < 0 || idx === null || idx === undefined) return undefined;
  const rows = places.map((place) => {
    const at = idxs?.[place.line] ?? null;
    const cell = (column?: number): number | null =>
      column === undefined || at === null ? null : ((columns[column] as Column | undefined)?.[at] ?? null);
    return {
      place,
      ...readingText(place.series, place.decimals, cell(place.line), cell(place.low), cell(place.high)),
    };
  });
  const bucket = panel.series.find(({ bucketMs }) => bucketMs !== undefined)?.bucketMs;
  const at = columns[0][idx] ?? 0;
  const time = momentText(bucket === undefined ? at : at - Math.floor(bucket / 2), data.timeline);
  return { time: bucket === undefined ? time : `${time}, ${spanText(bucket)}`, rows };
};

/** What happened near the cursor; blank where nothing did. */
const markAt = (u: uPlot, { marks, data }: Shown): string => {
  const left = u.cursor.left ?? -1;
  if (left < 0) return '';
  const reach = u.posToVal(MARK_REACH_PX, 'x') - u.posToVal(0, 'x');
  const mark = nearestMark(marks, u.posToVal(left, 'x'), reach);
  return mark ? `${momentText(mark.at, data.timeline)}: ${mark.text}` : '';
};

/** What stands at the cursor, as it is read out. */
export const sayReadings = (u: uPlot, shown: Shown): string => {
  const labels = labelsOf(shown.panel.series);
  const readings = readingsAt(u, shown);
  const values = readings?.rows.map(({ value, span }, row) => `${labels[row] ?? ''} ${value} ${span}`.trim());
  return [readings?.time, ...(values ?? []), markAt(u, shown)].filter(Boolean).join(', ');
};

/** Fills the box beside the cursor, or hides it. */
export const fillHint = (
  hint: HTMLElement,
  u: uPlot,
  shown: Shown,
  colourOf: (series: HistorySeries) => string,
): void => {
  const readings = readingsAt(u, shown);
  hint.hidden = readings === undefined;
  if (!readings) return;
  const { series } = shown.panel;
  const labels = labelsOf(series);
  const mark = markAt(u, shown);
  hint.replaceChildren(
    element('div', 'time', readings.time),
    ...readings.rows.map(({ place, value, span }, index) => {
      const row = element('div', 'row');
      const dot = element('i');
      dot.style.background = colourOf(place.series);
      row.append(dot, ...(series.length > 1 ? [element('span', '', labels[index])] : []));
      row.append(element('b', '', value), element('small', '', span));
      return row;
    }),
    ...(mark === '' ? [] : [element('div', 'mark', mark)]),
  );
  const left = u.cursor.left ?? 0;
  const onLeft = left > u.over.clientWidth / 2;
  hint.style.left = onLeft ? '' : `${left + 14}px`;
  hint.style.right = onLeft ? `${u.over.clientWidth - left + 14}px` : '';
};
