/** The lines of a site's visitors: uPlot, told of each new second, drawn anew when the colours change. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const HEIGHT = 180;

interface Props {
  /** Times in seconds, one column a zone, the failed ones. */
  columns: (number | null)[][];
  zones: string[];
}

export default function Chart({ columns, zones }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(columns);
  newest.current = columns;
  const names = zones.join(' ');

  useEffect(() => {
    const element = place.current!;
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element, names.split(' ')), newest.current as uPlot.AlignedData, element);
    };
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    draw();
    dark.addEventListener('change', draw);
    sizes.observe(element);
    return () => {
      dark.removeEventListener('change', draw);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names]);
  useEffect(() => plot.current?.setData(columns as uPlot.AlignedData), [columns]);
  return <div ref={place} className="chart" role="img" aria-label={`Requests a second by zone, zones ${names}`} />;
}

function optionsFor(element: HTMLElement, zones: string[]): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(5, max * 1.1)] } },
    axes: [
      { ...axis, values: '{HH}:{mm}:{ss}', space: 80, size: 28 },
      { ...axis, size: 44, space: 36 },
    ],
    series: [
      {},
      ...zones.map((zone, at) => ({
        label: `zone ${zone}`,
        stroke: colour(`--zone-${at + 1}`),
        width: 2,
        points: { show: false },
      })),
      { label: 'failed', stroke: colour('--bad'), width: 2, dash: [4, 3], points: { show: false } },
    ],
  };
}
