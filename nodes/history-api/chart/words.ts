import type { HistorySeries } from './answers.ts';
import { columnsOf, summaryOf, type Panel } from './columns.ts';
import { decimalsFor, momentText, numberText, seriesWords, unitWord, valueText } from './format.ts';
import { extentOf } from './scales.ts';
import type { Timeline } from '../../lib/store.ts';

/** Names of series beside each other: without what all of them share. */
export const labelsOf = (series: readonly HistorySeries[]): string[] => {
  const words = series.map(({ name, unit }) => seriesWords(name, unit));
  const groups = new Set(words.map(({ group }) => group));
  return words.map(({ group, label }) => (groups.size > 1 ? `${group} ${label}` : label));
};

/** How exact the values of a series are told: by the span they move in. */
export const decimalsOf = (series: HistorySeries): number => {
  const { line, low = [], high = [] } = columnsOf(series);
  const [bottom, top] = extentOf([line, low, high]) ?? [0, 0];
  return decimalsFor(Math.max(top - bottom, Math.abs(top) / 1000));
};

/** The value of a switch, or how much of a bucket it was on. */
export const switchText = (value: number): string =>
  value === 0 ? 'off' : value === 1 ? 'on' : `${numberText(value * 100, 0)} % on`;

/** A value at the cursor with the lowest and highest beside it, where it is a mean. */
export const readingText = (
  series: HistorySeries,
  decimals: number,
  value: number | null,
  low: number | null = null,
  high: number | null = null,
): { readonly value: string; readonly span: string } => {
  if (value === null) return { value: 'no value', span: '' };
  if (series.kind === 'boolean') return { value: switchText(value), span: '' };
  const span =
    low === null || high === null || low === high
      ? ''
      : `${numberText(low, decimals)} to ${numberText(high, decimals)}`;
  return { value: valueText(value, series.unit, decimals), span };
};

/** What a chart shows, in a sentence for who does not see it. */
export const panelSummary = (
  { series, kind }: Panel,
  { from, to, timeline }: { readonly from: number; readonly to: number; readonly timeline: Timeline },
): string => {
  const labels = labelsOf(series);
  const parts = series.map((one, index) => {
    const { count, min, mean, max, last } = summaryOf(one);
    const label = labels[index] ?? one.name;
    if (count === 0) return `${label}: no values`;
    const decimals = decimalsOf(one);
    if (kind === 'boolean')
      return `${label}: on for ${numberText((mean ?? 0) * 100, 0)} % of the values, last ${switchText(last ?? 0)}`;
    const text = (value: number | null): string => (value === null ? '–' : numberText(value, decimals));
    return `${label}: ${text(min)} to ${text(max)}, mean ${text(mean)}, last ${text(last)} ${unitWord(one.unit)}`.trim();
  });
  const seconds = to - from < 600_000;
  return `Chart from ${momentText(from, timeline, seconds)} to ${momentText(to, timeline, seconds)}. ${parts.join('. ')}.`;
};
