// SPDX-License-Identifier: Apache-2.0
// Bars side by side for a few named things. Must never be the only place of a figure: its table stands below it.
import uPlot from 'uplot';
import { h } from './dom';
import { current } from './words';

export interface Series { label: string; colour: string; values: number[] }

// As much of it as three lines of so many letters hold.
function wrap(text: string, letters: number): string {
  const cut = (s: string): string => (s.length > letters ? `${s.slice(0, Math.max(1, letters - 1))}…` : s);
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '', longer = last === '' ? word : `${last} ${word}`;
    if (last === '' || longer.length <= letters)
      lines[lines.length - 1] = longer;
    else
      lines.push(word);
  }
  return [...lines.slice(0, 2), ...(lines.length > 2 ? [lines.slice(2).join(' ')] : [])].map(cut).join('\n');
}

const paint = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// unit: behind each figure of the axis. The chart's own legend stays away: it is only for a pointer.
export function bars(place: HTMLElement, title: string, given: string[], all: Series[], unit: string): () => void {
  const width = Math.max(280, Math.floor(place.clientWidth));
  const rtl = document.documentElement.dir === 'rtl';
  const turned = <T>(list: T[]): T[] => (rtl ? [...list].reverse() : list); // the first stands where reading begins
  const names = turned(given), series = turned(all).map((s) => ({ ...s, values: turned(s.values) }));
  const share = 0.8 / series.length;
  const ink = paint('--soft'), line = paint('--line');
  const wide = current() === 'zh' ? 13 : 6.6; // of a letter
  const labels = names.map((n) => wrap(n, Math.max(4, Math.floor((width - 84) / names.length / wide))));
  const top = Math.max(1, ...series.flatMap((s) => s.values));
  const font = '12px system-ui, sans-serif';
  const plot = new uPlot({
    width, height: 240, legend: { show: false }, cursor: { show: false }, padding: [12, 12, 0, 0],
    scales: { x: { time: false, range: [-0.6, names.length - 0.4] }, y: { range: [0, top * 1.08] } },
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { show: false }, splits: () => names.map((_, i) => i), values: () => labels, size: 62 },
      { stroke: ink, font, side: rtl ? 1 : 3, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 64, values: (_, splits) => splits.map((v) => `${v.toLocaleString('en')}${unit}`),
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 60000] },
    ],
    series: [{}, ...series.map((s, i): uPlot.Series => ({ label: s.label, fill: paint(s.colour), stroke: paint(s.colour), width: 0, points: { show: false },
      paths: (u, index, from, to) => uPlot.paths.bars?.({ size: [share, 60], align: 0, disp: { x0: { unit: 1, values: () => names.map((_, n) => n - 0.4 + i * share) },
        size: { unit: 1, values: () => names.map(() => share * 0.92) } } })(u, index, from, to) ?? null }))],
  }, [names.map((_, i) => i), ...series.map((s) => s.values)], place);
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', title);
  const legend = h('ul', { class: 'legend' }, ...all.map((s) => {
    const box = h('span', { class: 'swatch', 'aria-hidden': 'true' });
    box.style.backgroundColor = paint(s.colour);
    return h('li', {}, box, s.label);
  }));
  place.append(legend);
  return () => { plot.destroy(); legend.remove(); };
}
