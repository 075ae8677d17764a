// SPDX-License-Identifier: Apache-2.0
// The keyboard: one place that hears keys, and the list of them under "?". Must never act while somebody types, nor on a key that
// a browser or a reader of the screen has taken. Single keys can be switched off (WCAG 2.2, 2.1.4).
import type { Shortcut } from './app';
import { h } from './dom';
import { t } from './words';

const STORED = 'postern.keys';

export class Keys {
  private enabled = localStorage.getItem(STORED) !== 'off';
  private help: HTMLDialogElement | null = null;
  private before: Element | null = null;

  constructor(private readonly known: () => Shortcut[]) {
    document.addEventListener('keydown', (e) => this.pressed(e));
  }

  // Beside the page, not over it: an alarm stays in sight and in reach.
  toggle(): void {
    if (this.help !== null) {
      this.close();
      return;
    }
    const rows = [...this.known(), { key: 'Esc', about: 'key_close' as const, run: () => {} }];
    // Keys in a row that do the same are one line.
    const lines: { first: string; last: string; about: Shortcut['about'] }[] = [];
    for (const s of rows) {
      const before = lines.at(-1);
      if (before?.about === s.about)
        before.last = s.key;
      else
        lines.push({ first: s.key, last: s.key, about: s.about });
    }
    const box = h('input', { type: 'checkbox', id: 'keys-on', change: () => this.enable(box.checked) });
    box.checked = this.enabled;
    const close = h('button', { type: 'button', click: () => this.close() }, t('close'));
    this.help = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' }, h('h2', { id: 'help-title' }, t('keys')),
      h('dl', {}, ...lines.flatMap((s) => [h('dt', {}, h('kbd', {}, s.first), ...(s.last === s.first ? [] : [' – ', h('kbd', {}, s.last)])), h('dd', {}, t(s.about))])),
      h('p', {}, box, h('label', { for: 'keys-on' }, t('keys_on'))), close);
    this.before = document.activeElement;
    document.body.append(this.help);
    this.help.show();
    close.focus();
  }

  close(): void {
    if (this.help === null)
      return;
    this.help.remove();
    this.help = null;
    if (this.before instanceof HTMLElement && this.before.isConnected)
      this.before.focus();
  }

  private enable(on: boolean): void {
    this.enabled = on;
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }

  private pressed(e: KeyboardEvent): void {
    if (e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey)
      return;
    if (e.key === 'Escape' && this.help !== null) {
      this.close();
      return;
    }
    const at = e.target instanceof Element ? e.target : document.body;
    const typing = at.matches('input:not([type=radio]):not([type=checkbox]), textarea, select');
    if (typing || e.repeat || (!this.enabled && e.key.length === 1))
      return;
    const hit = this.known().find((s) => s.key.toLowerCase() === e.key.toLowerCase() || (s.key === 'Esc' && e.key === 'Escape'));
    if (hit !== undefined) {
      e.preventDefault();
      hit.run();
    }
  }
}
