// SPDX-License-Identifier: Apache-2.0
// Who looked and acted, for the auditor. Reading it is recorded too, so it is read when somebody asks and not by itself.
import { get } from './api';
import type { Screen, Shortcut } from './app';
import { field, h, options, say, show } from './dom';
import { explain, moment, t, term, type Key } from './words';

interface Row { wall_ms: number; event: string; officer: string; gate: string; crossing: string; purpose: string; detail: string }

export class Audit implements Screen {
  readonly title: Key = 'audit';
  readonly keys: Shortcut[] = [{ key: 'R', about: 'key_refresh', run: () => void this.read() }];
  readonly root: HTMLElement;
  private rows: Row[] = [];
  private readonly body = h('tbody', {});
  private readonly count = h('p', { class: 'soft', role: 'status' });
  private readonly officer = h('select', {});
  private readonly event = h('select', {});

  constructor() {
    const head = (['time', 'event', 'officer', 'lane', 'crossing', 'purpose_short'] as Key[]).map((k) => h('th', { scope: 'col' }, t(k)));
    for (const s of [this.officer, this.event])
      s.addEventListener('change', () => this.draw());
    this.root = h('div', { class: 'sheet-page' }, h('section', { class: 'card' }, h('h1', {}, t('audit')), h('p', { class: 'soft' }, t('audit_about')),
      h('div', { class: 'filters' }, field(t('officer'), this.officer), field(t('event'), this.event),
        h('button', { type: 'button', click: () => void this.read() }, t('refresh'))), this.count,
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('audit') },
        h('table', {}, h('thead', {}, h('tr', {}, ...head)), this.body))));
    void this.read();
  }

  private async read(): Promise<void> {
    const a = await get('/api/audit');
    if (!a.ok) {
      say(this.count, explain(a.code));
      return;
    }
    this.rows = a.body.audit as Row[];
    this.choices(this.officer, this.rows.map((r) => r.officer), (v) => v);
    this.choices(this.event, this.rows.map((r) => r.event), (v) => term('event.', v));
    this.draw();
  }

  private choices(select: HTMLSelectElement, values: string[], words: (v: string) => string): void {
    const before = select.value;
    options(select, t('all'), [...new Set(values)].sort().map((v) => [v, words(v)]));
    select.value = before;
    if (select.selectedIndex < 0)
      select.value = '';
  }

  private draw(): void {
    const rows = this.rows.filter((r) => (this.officer.value === '' || r.officer === this.officer.value) && (this.event.value === '' || r.event === this.event.value));
    say(this.count, `${rows.length} / ${this.rows.length}`);
    show(this.body, rows.length > 0);
    this.body.replaceChildren(...rows.map((r) => h('tr', {}, h('td', { class: 'number' }, moment(r.wall_ms)), h('td', {}, term('event.', r.event)), h('td', {}, r.officer),
      h('td', {}, r.gate), h('td', { class: 'mono' }, r.crossing), h('td', {}, r.purpose === 'VIEW_UNSPECIFIED' ? '' : term('', r.purpose), r.detail === '' ? null : h('span', { class: 'mono soft' }, ` ${r.detail}`)))));
  }

  update(): void { /* see above */ }

  end(): void {
    this.rows = [];
  }
}
