import uPlot from 'uplot';
import type { HistorySeries } from './answers.ts';
import { columnsOf, type Panel } from './columns.ts';
import { decimalsOf } from './words.ts';

/** uPlot's mode in which a null also swallows the other series' times beside it. */
const NULL_EXPAND = 2;

/** One of uPlot's columns. */
export type Column = (number | null | undefined)[];
/** Of one series: where its line and its edges stand among uPlot's columns. */
export interface Place {
  readonly series: HistorySeries;
  readonly decimals: number;
  readonly line: number;
  readonly low?: number;
  readonly high?: number;
}

/** The columns of a chart: the times of all its series, and each of them beside the others. */
export const aligned = (panel: Panel): { data: uPlot.AlignedData; places: Place[] } => {
  let next = 1;
  const places: Place[] = [];
  const tables = panel.series.map((series): uPlot.AlignedData => {
    const { at, line, low, high } = columnsOf(series);
    const decimals = decimalsOf(series);
    if (low && high) {
      places.push({ series, decimals, line: next, low: next + 1, high: next + 2 });
      next += 3;
      return [at, line, low, high] as unknown as uPlot.AlignedData;
    }
    places.push({ series, decimals, line: next });
    next += 1;
    return [at, line] as unknown as uPlot.AlignedData;
  });
  if (tables.every(([at]) => at.length === 0))
    return { data: Array.from({ length: next }, () => []) as unknown as uPlot.AlignedData, places };
  const modes = tables.map((table) => table.map(() => NULL_EXPAND));
  return { data: uPlot.join(tables, modes), places };
};
