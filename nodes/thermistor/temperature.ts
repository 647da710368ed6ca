/**
 * A thermistor (NTC) and a fixed resistor between supply and ground; an ADC reads the middle. A reading in itself tells
 * a broken wire (open) from a short circuit: neither is a temperature.
 */
export interface Divider {
  /** the count of the full supply voltage: 1023 of 10 bits */
  readonly fullScale: number;
  readonly seriesOhm: number;
  /** where the thermistor is; the fixed resistor is on the other side */
  readonly wiring: 'ground' | 'supply';
  /** counts at either end that no thermistor gives */
  readonly railCounts: number;
}
export type Curve =
  | { readonly model: 'beta'; readonly beta: number; readonly r0Ohm: number; readonly t0C: number }
  | { readonly model: 'steinhart'; readonly a: number; readonly b: number; readonly c: number };
export interface Limits {
  readonly minC: number;
  readonly maxC: number;
}
export type Fault = 'open' | 'short' | 'out of range';

const ZERO_C = 273.15;

/** The resistance of the thermistor in ohm at a count; 0 or less: short, Infinity: open. */
export const ohmAt = ({ fullScale, seriesOhm, wiring, railCounts }: Divider, count: number): number => {
  const share = wiring === 'ground' ? count : fullScale - count;
  if (share <= railCounts) return 0;
  return share >= fullScale - railCounts ? Infinity : (seriesOhm * share) / (fullScale - share);
};

/**
 * The temperature in degC at a resistance in ohm. Beta: 1/T = 1/T0 + ln(R/R0)/B; Steinhart-Hart:
 * 1/T = a + b ln R + c (ln R)^3, T in kelvin.
 */
export const celsiusAt = (curve: Curve, ohm: number): number => {
  if (curve.model === 'beta')
    return 1 / (1 / (curve.t0C + ZERO_C) + Math.log(ohm / curve.r0Ohm) / curve.beta) - ZERO_C;
  const ln = Math.log(ohm);
  return 1 / (curve.a + curve.b * ln + curve.c * ln ** 3) - ZERO_C;
};

/** The temperature in degC, or why there is none. */
export const temperatureOf = (curve: Curve, { minC, maxC }: Limits, ohm: number): number | Fault => {
  if (ohm <= 0) return 'short';
  if (ohm === Infinity) return 'open';
  const celsius = celsiusAt(curve, ohm);
  return celsius >= minC && celsius <= maxC ? celsius : 'out of range';
};
