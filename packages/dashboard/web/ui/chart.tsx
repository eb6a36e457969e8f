import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Columns, lastKnown, stacked } from '../lib/chart-data.ts';
import { axisTime } from '../lib/format.ts';
import { paintings } from '../lib/theme.ts';

export interface ChartSeries {
  readonly label: string;
  /** Name of a colour in tokens.css: `--line-1`. */
  readonly color: string;
  readonly dashed?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  /** x in seconds since 1970, or whatever `formatX` reads. */
  readonly data: Columns;
  readonly format: (value: number) => string;
  /** `steps`: what is so for the whole of a span. */
  readonly kind?: 'lines' | 'steps' | 'stack';
  readonly height?: number;
  readonly formatX?: (value: number) => string;
  /** Column whose values are told while nobody points at one. Default: the last one that is known. */
  readonly rest?: number;
  /** Fixed top of the scale. */
  readonly max?: number;
  /** Upright lines. */
  readonly marks?: readonly { readonly x: number; readonly color: string }[];
  /** Two series (from 1) between which the plane is tinted. */
  readonly band?: readonly [number, number];
}

const colorOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart(props: ChartProps) {
  const { title, series, data, format, kind = 'lines', height = 180 } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(props);
  newest.current = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const painting = paintings.value;
  // Made anew only when its looks change; data come below.
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(newest, element.clientWidth, setCursor), shown(newest.current), element);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
    };
  }, [painting, kind, height, series.map(({ label, color }) => label + color).join()]);
  useEffect(() => {
    plot.current?.setData(shown(newest.current));
  }, [data, props.marks]);
  const at = cursor ?? props.rest ?? lastKnown(data);
  return (
    <figure class="chart" aria-label={title}>
      <Legend {...{ series, data, at, format, kind }} />
      <div ref={holder} class="chart-canvas" style={{ '--chart-height': `${height}px` }} aria-hidden="true" />
    </figure>
  );
}

const shown = ({ data, kind }: ChartProps): uPlot.AlignedData =>
  (kind === 'stack' ? stacked(data) : data) as uPlot.AlignedData;

interface LegendProps extends Pick<ChartProps, 'series' | 'data' | 'format' | 'kind'> {
  readonly at: number;
}

function Legend({ series, data, at, format, kind }: LegendProps) {
  const items = series.map(({ label, color, dashed }, index) => {
    const value = data[index + 1]?.[at];
    const shape = dashed === true ? 'dash' : kind === 'stack' ? undefined : 'line';
    return (
      <li key={label}>
        <span
          class="swatch"
          data-shape={shape}
          style={{ [dashed === true ? 'borderColor' : 'background']: `var(${color})` }}
        />
        {label} <b>{value == null ? '–' : format(value as number)}</b>
      </li>
    );
  });
  return <ul class="legend">{kind === 'stack' ? items.toReversed() : items}</ul>;
}

type Newest = { readonly current: ChartProps };

function optionsOf(newest: Newest, width: number, onCursor: (at: number | null) => void): uPlot.Options {
  const { series, kind, height = 180, formatX, band, max } = newest.current;
  return {
    width,
    height,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: false },
      y: { range: (_plot, _low, high) => [0, max ?? (high > 0 ? high * 1.08 : 1)] },
    },
    axes: axesOf(newest, formatX !== undefined),
    series: [{}, ...series.map((one) => seriesOf(one, kind))],
    ...(band !== undefined && { bands: [{ series: [...band] as [number, number], fill: colorOf('--band') }] }),
    hooks: {
      setCursor: [({ cursor: { idx } }) => onCursor(idx ?? null)],
      draw: [(plot) => drawMarks(plot, newest.current.marks)],
    },
  };
}

function seriesOf({ color, dashed }: ChartSeries, kind: ChartProps['kind']): uPlot.Series {
  const paint = colorOf(color);
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const steps = kind === 'lines' || stepped === undefined ? {} : { paths: stepped };
  const own = kind === 'stack' ? { fill: paint, width: 0 } : { width: 1.75, ...(dashed === true && { dash: [5, 4] }) };
  const points = kind === 'lines' ? { show: true, size: 5, fill: paint, width: 0, filter: lonely } : { show: false };
  return { stroke: paint, spanGaps: false, points, ...steps, ...own };
}

/** A point between two gaps has no line to be seen by. */
const lonely: uPlot.Series.Points.Filter = (plot, at) => {
  const values = plot.data[at] ?? [];
  return [...values.keys()].filter((i) => values[i] != null && values[i - 1] == null && values[i + 1] == null);
};

function axesOf(newest: Newest, plain: boolean): uPlot.Axis[] {
  const { formatX } = newest.current;
  const common = {
    stroke: colorOf('--muted'),
    font: '11.5px system-ui, sans-serif',
    ticks: { show: false },
    grid: { stroke: colorOf('--line'), width: 1 },
  };
  const timed = (plot: uPlot, values: number[]): string[] => {
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    return values.map((value) => axisTime(value, (max ?? 0) - (min ?? 0)));
  };
  return [
    {
      ...common,
      space: 76,
      size: 26,
      grid: { show: false },
      ...(plain ? {} : { incrs: TIME_STEPS }),
      values: formatX === undefined ? timed : (_plot, values) => values.map((value) => formatX(value)),
    },
    {
      ...common,
      size: (_plot, labels) => Math.max(44, 14 + 6.8 * Math.max(0, ...(labels ?? []).map(({ length }) => length))),
      space: 34,
      values: (_plot, values) => values.map((value) => newest.current.format(value)),
    },
  ];
}

const TIME_STEPS = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
];

function drawMarks(plot: uPlot, marks: ChartProps['marks'] = []): void {
  const { ctx, bbox } = plot;
  for (const { x, color } of marks) {
    const left = Math.round(plot.valToPos(x, 'x', true));
    if (left < bbox.left || left > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = colorOf(color);
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}
