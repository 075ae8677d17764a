// SPDX-License-Identifier: Apache-2.0
// Elements by function call. Must never set markup: every text is a text node.
export type Child = Node | string | null;
type Props = Record<string, string | number | boolean | ((e: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function')
      e.addEventListener(name, value);
    else if (typeof value === 'boolean')
      e.toggleAttribute(name, value);
    else
      e.setAttribute(name, String(value));
  }
  e.append(...children.filter((c): c is Node | string => c !== null));
  return e;
}

// Changes what differs, so that a reader of the screen is not told the same again.
export function say(e: Element, text: string): void {
  if (e.textContent !== text)
    e.textContent = text;
}

export function put(e: Element, name: string, value: string | null): void {
  if (value === null)
    e.removeAttribute(name);
  else if (e.getAttribute(name) !== value)
    e.setAttribute(name, value);
}

export function show(e: HTMLElement, on: boolean): void {
  if (e.hidden === on)
    e.hidden = !on;
}

// Minutes and seconds as a clock shows them; no unit, so no language.
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

const paths = {
  ok: 'M5 12.5l4.5 4.5L19 7.5', bad: 'M6 6l12 12M18 6L6 18', unsure: 'M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .6-1.5 1.1-1.5 2.3M12 18.4v.2',
  none: 'M6 12h12', stopped: 'M12 5v9M12 18.4v.2', running: 'M5 12h.2M12 12h.2M19 12h.2', alarm: 'M12 3L2 20h20zM12 9v5M12 17.3v.2',
  person: 'M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M5 20c0-4 3-6 7-6s7 2 7 6', asked: 'M12 7v5l3 2M12 3a9 9 0 1 0 .1 0',
  through: 'M4 3v18M20 3v18M7 12h9M12.5 8l4 4-4 4',
  sound: 'M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
} as const;
export type Icon = keyof typeof paths;

// For the eye alone: what it says stands beside it in words.
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', paths[name]);
  svg.append(line);
  return svg;
}

let numbers = 0;
export const id = (): string => `n${++numbers}`;

// A labelled field.
export function field(label: string, control: HTMLElement): HTMLElement {
  control.id = control.id === '' ? id() : control.id;
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control);
}

export function options(select: HTMLSelectElement, first: string, values: [string, string][]): HTMLSelectElement {
  select.replaceChildren(...(first === '' ? [] : [h('option', { value: '' }, first)]), ...values.map(([v, text]) => h('option', { value: v }, text)));
  return select;
}
