import uPlot from 'uplot';
import type { ChartLimit } from './answers.ts';
import type { Mark } from './scales.ts';
import { faded, type Theme } from './theme.ts';

/** Below the line where there is no room above it. */
const TEXT_PX = 15;
const LINE_OPACITY = { bad: 0.5, warn: 0.5, good: 0.2 } as const;

/** Draws limits as dashed lines with their name, and what happened as marks, over the lines of a chart. */
export const drawOn = (
  u: uPlot,
  { limits, marks }: { readonly limits: readonly ChartLimit[]; readonly marks: readonly Mark[] },
  theme: Theme,
  family: string,
): void => {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * ratio}px ${family}`;
  ctx.textAlign = 'right';
  for (const { limit, condition, priority } of limits) {
    const y = Math.round(u.valToPos(limit, 'y', true)) + 0.5;
    const colour = /critical|high/.test(priority) ? theme.bad : theme.warn;
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.lineWidth = ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const below = condition.startsWith('low') || y - bbox.top < TEXT_PX * ratio;
    ctx.textBaseline = below ? 'top' : 'bottom';
    const text = `${condition} ${limit}`;
    ctx.fillText(text, bbox.left + bbox.width - 6 * ratio, y + (below ? 3 : -3) * ratio);
  }
  ctx.setLineDash([]);
  for (const { at, look } of marks) {
    const x = Math.round(u.valToPos(at, 'x', true)) + 0.5;
    const colour = theme[look];
    ctx.strokeStyle = faded(colour, LINE_OPACITY[look]);
    ctx.fillStyle = colour;
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 5 * ratio, bbox.top);
    ctx.lineTo(x + 5 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 8 * ratio);
    ctx.fill();
  }
  ctx.restore();
};
