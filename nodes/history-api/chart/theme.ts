/** What a canvas needs of the page's look, as colours a canvas understands. */
export interface Theme {
  readonly dark: boolean;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly surface: string;
  readonly bad: string;
  readonly warn: string;
  readonly good: string;
}

/** Told apart also by who sees red and green alike; each is legible on its surface. */
const light = ['#0b7285', '#b4560b', '#6741c4', '#2b7a1f', '#b3267c', '#1f68ad', '#7a6000', '#6b4a3a'];
const dark = ['#46c3d3', '#f2a65a', '#b39df7', '#7fce6a', '#f284bd', '#74b7f5', '#dcc04c', '#c9a896'];
export const seriesColour = (index: number, isDarkPage: boolean): string => {
  const colours = isDarkPage ? dark : light;
  return colours[index % colours.length] ?? 'currentColor';
};

/** `rgb(…)` with another opacity. */
export const faded = (colour: string, opacity: number): string => {
  const [red = 0, green = 0, blue = 0] = colour.startsWith('#')
    ? [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
    : (colour.match(/[\d.]+/g) ?? []).map(Number);
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
};

/** Light ink means a dark page. */
export const isDark = (ink: string): boolean => {
  const [red = 0, green = 0, blue = 0] = (ink.match(/[\d.]+/g) ?? []).map(Number);
  return (red + green + blue) / 3 > 128;
};

/** Resolves the page's variables by an element that stands in the page. */
export const themeOf = (probe: HTMLElement): Theme => {
  const colour = (value: string): string => {
    const one = document.createElement('span');
    one.style.color = value;
    probe.append(one);
    const resolved = getComputedStyle(one).color;
    one.remove();
    return resolved;
  };
  const ink = colour('var(--pp-ink, #12262e)');
  return {
    ink,
    dark: isDark(ink),
    soft: colour('var(--pp-soft, #55656c)'),
    grid: faded(ink, 0.1),
    surface: colour('rgb(var(--v-theme-surface, 255, 255, 255))'),
    bad: colour('var(--pp-bad, #bf2a22)'),
    warn: colour('var(--pp-warn, #945d00)'),
    good: colour('var(--pp-good, #1b7a45)'),
  };
};
