// SPDX-License-Identifier: Apache-2.0
// The shift in figures, and what is printed of it. Must never name a traveller: the figures are made of clear columns only.
import { get, post } from './api';
import { may, tell, type App, type Screen, type Shortcut } from './app';
import { bars } from './chart';
import { h, say } from './dom';
import { noteSheet, reportSheet } from './sheets';
import { explain, moment, sentence, t, term, time, type Key } from './words';

export interface Figures {
  since_wall_ms: number; until_wall_ms: number; verdicts: number; clear: number; referred: number; unchecked: number; passed: number; returned: number; other_outcomes: number;
  admitted: number; refused: number; sent_back: number; second_line: number; held: number;
  reasons: { reason: string; count: number; admitted: number }[];
  steps: { step: string; count: number; p50_ms: number; p95_ms: number }[];
  false_alarm_permille: number;
  lanes: (Counts & { gate: string })[];
  safeguarding: { reason: string; count: number }[];
  turns: { officer: string; gate: string; from_wall_ms: number; until_wall_ms: number }[]; // until 0: it lasts
}

interface Counts { verdicts: number; clear: number; referred: number; unchecked: number; passed: number; false_alarm_permille: number }

const READ_MS = 10000;

export function table(heads: string[], rows: (string | number)[][]): HTMLTableElement {
  return h('table', {}, h('thead', {}, h('tr', {}, ...heads.map((x) => h('th', { scope: 'col' }, x)))),
    h('tbody', {}, ...rows.map((r) => h('tr', {}, ...r.map((c) => h('td', typeof c === 'number' ? { class: 'number' } : /^[!-~]{1,16}$/.test(c) ? { class: 'name' } : {}, typeof c === 'number' ? c.toLocaleString('en') : c))))));
}

const percent = (permille: number): string => `${(permille / 10).toFixed(1)} %`;

export const laneTable = (f: Figures): HTMLTableElement => table([t('lane'), t('crossings'), t('clear'), t('referred'), t('unchecked'), t('passed'), t('false_alarm_rate')],
  f.lanes.map((l) => [l.gate, l.verdicts, l.clear, l.referred, l.unchecked, l.passed, percent(l.false_alarm_permille)]));
export const turnTable = (f: Figures): HTMLTableElement => table([t('officer'), t('lane'), t('from'), t('until')],
  f.turns.map((w) => [w.officer, w.gate, time(w.from_wall_ms), w.until_wall_ms === 0 ? '–' : time(w.until_wall_ms)]));
export const noteTable = (f: Figures): HTMLTableElement => table([t('note'), t('count')], f.safeguarding.map((n) => [term('sign.', n.reason), n.count]));

export const figureRows = (f: Figures): [Key, number][] => [['crossings', f.verdicts], ['clear', f.clear], ['referred', f.referred], ['unchecked', f.unchecked], ['passed', f.passed],
  ['returned', f.returned], ['other_outcomes', f.other_outcomes]];
export const decisionRows = (f: Figures): [Key, number][] => [['decision.admit', f.admitted], ['decision.refuse', f.refused], ['decision.send-back', f.sent_back],
  ['decision.second-line', f.second_line], ['decision.hold', f.held]];

export class Shift implements Screen {
  readonly title: Key = 'shift';
  readonly keys: Shortcut[];
  readonly root: HTMLElement;
  private readonly timer: number;
  private figures: Figures | null = null;
  private drawn = '';
  private wipe: (() => void)[] = [];
  private readonly content = h('div', { class: 'shift' });
  private readonly since = h('p', { class: 'soft' });
  private readonly resized = () => this.draw(true);

  constructor(private readonly app: App) {
    this.keys = [{ key: 'P', about: 'key_report', run: () => this.print() }, { key: 'N', about: 'key_note', run: () => this.note() }];
    this.root = h('div', { class: 'sheet-page' }, h('header', { class: 'heading' }, h('h1', {}, t('shift')), this.since,
      h('button', { type: 'button', id: 'report', click: () => this.print() }, t('report')), h('button', { type: 'button', id: 'note', click: () => this.note() }, t('note')),
      may(app, 'service') ? h('button', { type: 'button', id: 'shift-begin', click: () => void this.begin() }, t('shift_begin')) : null), this.content);
    this.timer = window.setInterval(() => void this.read(), READ_MS);
    window.addEventListener('resize', this.resized);
    new MutationObserver((_, o) => (this.root.isConnected ? this.draw(true) : o.disconnect())).observe(document.documentElement, { attributeFilter: ['data-theme'] });
    void this.read();
  }

  private async read(): Promise<void> {
    const a = await get('/api/shift');
    if (!a.ok) {
      say(this.since, explain(a.code));
      return;
    }
    this.figures = a.body as unknown as Figures;
    say(this.since, `${t('shift_since')} ${moment(this.figures.since_wall_ms)}`);
    this.draw(false);
  }

  private draw(anew: boolean): void {
    const f = this.figures;
    if (f === null || (!anew && JSON.stringify(f) === this.drawn) || !this.root.isConnected)
      return;
    this.drawn = JSON.stringify(f);
    this.clear();
    const numbers = (rows: [Key, number][]) => h('dl', { class: 'figures' }, ...rows.map(([k, n]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, n.toLocaleString('en')))));
    const reasons = h('div', { class: 'chart' }), steps = h('div', { class: 'chart' });
    const words = f.reasons.map((r) => sentence(r.reason, []));
    const stepNames = f.steps.map((s) => term('step.', s.step));
    this.content.replaceChildren(h('section', { class: 'card' }, h('h2', {}, t('crossings')), numbers(figureRows(f))),
      h('section', { class: 'card' }, h('h2', {}, t('decisions')), numbers(decisionRows(f))),
      h('section', { class: 'card' }, h('h2', {}, t('lanes')), laneTable(f)),
      h('section', { class: 'card' }, h('h2', {}, t('turns')), f.turns.length === 0 ? h('p', { class: 'soft' }, t('duty_none')) : turnTable(f),
        f.safeguarding.length === 0 ? null : noteTable(f)),
      h('section', { class: 'card wide' }, h('h2', {}, t('reasons')), reasons,
        table([t('reason'), t('count'), t('false_alarms')], f.reasons.map((r, i) => [words[i] ?? r.reason, r.count, r.admitted]))),
      h('section', { class: 'card wide' }, h('h2', {}, t('durations')), steps,
        table([t('step'), t('count'), `${t('p50')}, s`, `${t('p95')}, s`], f.steps.map((s, i) => [stepNames[i] ?? s.step, s.count, s.p50_ms / 1000, s.p95_ms / 1000]))));
    if (f.reasons.length > 0)
      this.wipe.push(bars(reasons, t('reasons'), words, [{ label: t('referred'), colour: '--chart-1', values: f.reasons.map((r) => r.count) },
        { label: t('false_alarms'), colour: '--chart-2', values: f.reasons.map((r) => r.admitted) }], ''));
    if (f.steps.length > 0)
      this.wipe.push(bars(steps, t('durations'), stepNames, [{ label: t('p50'), colour: '--chart-1', values: f.steps.map((s) => s.p50_ms / 1000) },
        { label: t('p95'), colour: '--chart-2', values: f.steps.map((s) => s.p95_ms / 1000) }], ' s'));
  }

  private clear(): void {
    this.wipe.forEach((f) => f());
    this.wipe = [];
  }

  private open(sheet: HTMLElement | null, button: string): void {
    if (sheet === null)
      return;
    this.root.replaceWith(sheet);
    sheet.querySelector<HTMLElement>('input, textarea, button')?.focus();
    sheet.addEventListener('close', () => { sheet.replaceWith(this.root); this.draw(true); document.getElementById(button)?.focus(); });
  }

  private async begin(): Promise<void> {
    const a = await post('/api/shift/begin', {});
    tell(a.ok ? t('shift_begun') : explain(a.code), !a.ok);
    await this.read();
  }

  private print(): void {
    this.open(this.figures === null || !this.root.isConnected ? null : reportSheet(this.app.me, this.figures), 'report');
  }

  private note(): void {
    this.open(this.root.isConnected ? noteSheet(this.app.me, '', '', '') : null, 'note');
  }

  update(): void { /* it reads by its own clock */ }

  end(): void {
    clearInterval(this.timer);
    window.removeEventListener('resize', this.resized);
    this.clear();
  }
}
