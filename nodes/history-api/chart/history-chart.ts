/** `<history-chart>`: the chart of the history page, and the words, ranges and choices that page is made with. */
import plotStyle from 'uplot/dist/uPlot.min.css';
import type { ChartData, HistorySeries } from './answers.ts';
import { panelsOf } from './columns.ts';
import { createPanel, type PanelView } from './panel.ts';
import ownStyle from './style.css';
import { themeOf, type Theme } from './theme.ts';

export { summaryOf } from './columns.ts';
export { firstSeries } from './first.ts';
export * from './format.ts';
export * from './ranges.ts';
export { seriesColour } from './theme.ts';
export { decimalsOf, labelsOf, switchText } from './words.ts';

const NARROW_PX = 520;
const SWITCH_HEIGHT = 132;
let charts = 0;

const heightOf = (kind: string, panels: number, width: number): number => {
  if (kind === 'boolean') return SWITCH_HEIGHT;
  if (panels === 1) return width < NARROW_PX ? 260 : 360;
  return width < NARROW_PX ? 200 : 230;
};

/**
 * Draws what its property `data` holds: one chart per unit, below each other, with one cursor. Tells by the events
 * `zoom` (detail: from, to) and `zoom-out` what a person wants to see; who listens brings new data.
 */
class HistoryChart extends HTMLElement {
  readonly #probe = document.createElement('div');
  readonly #list = document.createElement('div');
  readonly #said = document.createElement('div');
  readonly #sizes = new ResizeObserver(() => this.#resize());
  readonly #syncKey = `history-chart-${charts++}`;
  #data: ChartData | undefined;
  #theme: Theme | undefined;
  #panels: { readonly kind: string; readonly view: PanelView }[] = [];
  #shape = '';
  #width = 0;

  constructor() {
    super();
    const style = document.createElement('style');
    style.textContent = plotStyle + ownStyle;
    this.#probe.className = 'probe';
    this.#said.className = 'said';
    this.#said.setAttribute('aria-live', 'polite');
    this.attachShadow({ mode: 'open' }).append(style, this.#probe, this.#list, this.#said);
    // The colour of the page's text moves when its scheme does, whoever changes it.
    this.#probe.addEventListener('transitionend', () => this.#recolour());
  }

  connectedCallback(): void {
    this.#sizes.observe(this);
    this.#recolour();
  }

  disconnectedCallback(): void {
    this.#sizes.disconnect();
    this.#clear();
  }

  get data(): ChartData | undefined {
    return this.#data;
  }

  set data(data: ChartData | undefined) {
    this.#data = data;
    this.#draw();
  }

  #clear(): void {
    for (const { view } of this.#panels) view.destroy();
    this.#panels = [];
    this.#list.replaceChildren();
    this.#shape = '';
  }

  #draw(): void {
    const data = this.#data;
    if (!data || !this.isConnected || this.clientWidth === 0) return;
    this.#width = this.clientWidth;
    const panels = panelsOf(data.series);
    const shape = (series: HistorySeries): unknown[] => [
      series.name,
      series.unit,
      series.bucketMs === undefined,
    ];
    const wanted = JSON.stringify([data.timeline, panels.map(({ series }) => series.map(shape))]);
    if (wanted === this.#shape)
      return panels.forEach((panel, index) => this.#panels[index]?.view.update(panel, data));
    this.#clear();
    this.#shape = wanted;
    for (const panel of panels) {
      const view = createPanel(panel, data, this.#width, heightOf(panel.kind, panels.length, this.#width), {
        theme: () => (this.#theme ??= themeOf(this.#probe)),
        colourIndex: (name) => (this.#data?.series ?? []).findIndex((series) => series.name === name),
        syncKey: this.#syncKey,
        zoom: (from, to) => this.#tell('zoom', { from, to }),
        zoomOut: () => this.#tell('zoom-out'),
        say: (text) => (this.#said.textContent = text),
      });
      this.#panels.push({ kind: panel.kind, view });
      this.#list.append(view.root);
    }
  }

  #tell(name: string, detail?: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #resize(): void {
    if (this.clientWidth === 0 || this.clientWidth === this.#width) return;
    if (this.#panels.length === 0) return this.#draw();
    this.#width = this.clientWidth;
    for (const { kind, view } of this.#panels)
      view.resize(this.#width, heightOf(kind, this.#panels.length, this.#width));
  }

  #recolour(): void {
    this.#theme = undefined;
    // Anew, since also what stands over the canvas has its colours.
    this.#clear();
    this.#draw();
  }
}

if (!customElements.get('history-chart')) customElements.define('history-chart', HistoryChart);
