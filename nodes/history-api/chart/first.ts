import type { ChartLimit, ListedSeries } from './answers.ts';

const isNumber = ({ kind }: ListedSeries): boolean => kind === 'number';
const isTemperature = (series: ListedSeries): boolean =>
  isNumber(series) && series.name.endsWith('/temperature');

/**
 * The series a history begins with where nobody has chosen one: the one that matters most. One with alarm limits comes
 * before the others; of several the first temperature, else the first number, else the first.
 */
export const firstSeries = (
  all: readonly ListedSeries[],
  limits: readonly Pick<ChartLimit, 'series' | 'timeline'>[],
): ListedSeries | undefined => {
  const watched = all.filter(({ name, timeline }) =>
    limits.some((limit) => limit.series === name && limit.timeline === timeline),
  );
  const some = watched.length > 0 ? watched : all;
  return some.find(isTemperature) ?? some.find(isNumber) ?? some[0];
};
