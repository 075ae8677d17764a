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

export function seconds(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
