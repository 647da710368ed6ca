import uPlot from 'uplot';
import type { ChartData, HistorySeries } from './answers.ts';
import type { Panel } from './columns.ts';
import { numberText, tickTexts, unitWord } from './format.ts';
import { element, fillHint, sayReadings, type Shown } from './hint.ts';
import { axisRange, drawnLimits, extentOf, marksOf } from './scales.ts';
import { drawOn } from './overlay.ts';
import { aligned, type Column } from './table.ts';
import { faded, seriesColour, type Theme } from './theme.ts';
import { labelsOf, panelSummary } from './words.ts';

/** One small chart of a unit. */
export interface PanelView {
  readonly root: HTMLElement;
  update(panel: Panel, data: ChartData): void;
  resize(width: number, height: number): void;
  destroy(): void;
}
export interface PanelEvents {
  readonly theme: () => Theme;
  /** the same colour for a series in every chart */
  readonly colourIndex: (name: string) => number;
  readonly syncKey: string;
  readonly zoom: (from: number, to: number) => void;
  readonly zoomOut: () => void;
  readonly say: (text: string) => void;
}

const AXIS_WIDTH = 52;
/** A spike of one second is an edge and nothing else in a chart of a year: it has to be seen. */
const EDGE_OPACITY = 0.55;
const LEAST_DRAG_PX = 8;
const fontOf = (root: HTMLElement): string => getComputedStyle(root).fontFamily;

export const createPanel = (
  first: Panel,
  firstData: ChartData,
  width: number,
  height: number,
  events: PanelEvents,
): PanelView => {
  let panel = first;
  let data = firstData;
  let { data: columns, places } = aligned(panel);
  let yRange: [number, number] = [0, 1];
  let limits: ReturnType<typeof drawnLimits> = [];
  let marks: ReturnType<typeof marksOf> = [];
  const isSwitch = panel.kind === 'boolean';
  const colourOf = (series: HistorySeries): string =>
    seriesColour(events.colourIndex(series.name), events.theme().dark);

  const root = element('div', 'panel');
  root.tabIndex = 0;
  root.setAttribute('role', 'group');
  const legend = element('div', 'legend');
  const plot = element('div');
  root.append(legend, plot);
  const hint = element('div', 'hint');
  hint.hidden = true;

  const take = (): void => {
    const names = panel.series.map(({ name }) => name);
    limits = isSwitch ? [] : drawnLimits(data.limits, names);
    marks = marksOf(data.events, names, data);
    yRange = isSwitch
      ? [-0.15, 1.15]
      : axisRange(
          extentOf(columns.slice(1) as Column[]),
          limits.map(({ limit }) => limit),
        );
    root.setAttribute('aria-label', `${panelSummary(panel, data)} Arrow keys read values, Escape zooms out.`);
    const labels = labelsOf(panel.series);
    const all = element('span', 'all');
    legend.replaceChildren(element('span', 'unit', isSwitch ? '' : unitWord(panel.unit)), all);
    all.append(
      ...panel.series.map((series, index) => {
        const one = element('span', 'one');
        const swatch = element('i');
        swatch.style.background = colourOf(series);
        one.append(swatch, labels[index] ?? series.name);
        return one;
      }),
    );
  };

  const drawOverlay = (u: uPlot): void => drawOn(u, { limits, marks }, events.theme(), fontOf(root));

  const shown = (): Shown => ({ panel, data, columns, places, marks });
  const showHint = (u: uPlot): void => fillHint(hint, u, shown(), colourOf);

  const options = (): uPlot.Options => {
    const theme = events.theme;
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    for (const place of places) {
      const colour = (): string => colourOf(place.series);
      const stepped = isSwitch && place.low === undefined ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
      series.push({
        stroke: colour,
        width: 1.6,
        points: { show: false },
        ...(stepped && { paths: stepped }),
      });
      if (place.low === undefined || place.high === undefined) continue;
      series.push({ stroke: () => faded(colour(), EDGE_OPACITY), width: 0.8, points: { show: false } });
      series.push({ stroke: () => faded(colour(), EDGE_OPACITY), width: 0.8, points: { show: false } });
      bands.push({ series: [place.high, place.low], fill: () => faded(colour(), theme().dark ? 0.28 : 0.2) });
    }
    const axis = { stroke: () => theme().soft, font: `12px ${fontOf(root)}` };
    const lines = { grid: { stroke: () => theme().grid, width: 1 }, ticks: { show: false } };
    return {
      width,
      height,
      ms: 1,
      tzDate: (at) => (data.timeline === 'simulated' ? uPlot.tzDate(new Date(at), 'Etc/UTC') : new Date(at)),
      padding: [10, 12, 0, 0],
      legend: { show: false },
      series,
      bands,
      scales: {
        x: { time: true, range: () => [data.from, data.to] },
        y: { range: () => yRange },
      },
      axes: [
        {
          ...axis,
          ...lines,
          space: 74,
          size: 40,
          values: (_u, ticks, _axis, _space, step) => tickTexts(ticks, step, data.timeline),
        },
        {
          ...axis,
          ...lines,
          size: AXIS_WIDTH,
          ...(isSwitch
            ? { splits: () => [0, 1], values: () => ['off', 'on'] }
            : {
                values: (_u: uPlot, ticks: number[], _axis: number, _space: number, step: number) =>
                  ticks.map((tick) => numberText(tick, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))),
              }),
        },
      ],
      cursor: {
        y: false,
        points: { size: 8, show: (_u, index) => point(index) },
        drag: { x: true, y: false, setScale: false },
        // A switch is what it was told last.
        ...(isSwitch && { hover: { bias: -1 } }),
        bind: {
          dblclick: () => () => {
            events.zoomOut();
            return null;
          },
        },
        sync: {
          key: events.syncKey,
          setSeries: false,
          scales: ['x', null],
          filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
        },
      },
      hooks: {
        draw: [drawOverlay],
        setCursor: [showHint],
        setSelect: [
          (u) => {
            const { left, width: wide } = u.select;
            if (wide === 0) return;
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            if (wide >= LEAST_DRAG_PX) events.zoom(u.posToVal(left, 'x'), u.posToVal(left + wide, 'x'));
          },
        ],
      },
    };
  };
  /** A point on each line at the cursor, none on the edges of a band. */
  const point = (index: number): HTMLElement => {
    const made = element('div');
    made.hidden = !places.some(({ line }) => line === index);
    return made;
  };

  take();
  const chart = new uPlot(options(), columns, plot);
  chart.over.append(hint);
  const follow = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') return;
    const box = chart.over.getBoundingClientRect();
    chart.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top }, true);
  };
  chart.over.addEventListener('pointermove', follow);

  const moveCursor = (to: number): void => {
    const times = columns[0];
    const index = Math.min(times.length - 1, Math.max(0, to));
    const at = times[index];
    if (at === undefined) return;
    chart.setCursor({ left: chart.valToPos(at, 'x'), top: chart.over.clientHeight / 2 }, true);
    events.say(sayReadings(chart, shown()));
  };
  root.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 10 : 1;
    const now = chart.cursor.idx ?? columns[0].length - 1;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => moveCursor(now - step),
      ArrowRight: () => moveCursor(now + step),
      Home: () => moveCursor(0),
      End: () => moveCursor(columns[0].length - 1),
      Escape: events.zoomOut,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });

  return {
    root,
    update(next, nextData) {
      [panel, data] = [next, nextData];
      ({ data: columns, places } = aligned(panel));
      take();
      chart.setData(columns, true);
    },
    resize: (wide, high) => chart.setSize({ width: wide, height: high }),
    destroy: () => chart.destroy(),
  };
};
