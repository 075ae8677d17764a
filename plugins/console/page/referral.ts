// SPDX-License-Identifier: Apache-2.0
// One referral, looked at for a purpose that is recorded before anything is shown. Must never keep a person's data when it is left, nor
// take a decision about a crossing that has moved on.
import { post } from './api';
import { tell, type App, type Screen, type Shortcut } from './app';
import { Decide, type Decision } from './decide';
import { clock, h, put, say, show } from './dom';
import { checkGroups, day, findings, matchList, personFacts, portraits, stayList, type Shown } from './person';
import { noteSheet, refusalSheet } from './sheets';
import { sensedWords } from './tile';
import { explain, stateName, t, term, why, type Key } from './words';

export class Referral implements Screen {
  readonly title: Key = 'queue';
  readonly root = h('div', { class: 'referral' });
  keys: Shortcut[] = [];
  private readonly crossing: string;
  private readonly hash: string;
  private readonly state = h('span', {});
  private readonly hold = h('span', { class: 'hold' });
  private readonly moved = h('p', { class: 'moved', role: 'alert', hidden: true });
  private shown: Shown | null = null;
  private decide: Decide | null = null;
  private decided = '';
  private sheet: HTMLElement | null = null;
  private ended = false;

  constructor(private readonly app: App, private readonly lane: string) {
    const v = app.live?.lanes.get(lane)?.view;
    this.crossing = v?.crossing_id ?? '';
    this.hash = v?.waiting_verdict_hash ?? '';
    this.root.append(h('p', { class: 'card', role: 'status' }, t('recording')));
    this.setKeys();
    void this.look('decision');
  }

  private setKeys(): void {
    this.keys = [{ key: 'Esc', about: 'back', run: () => this.back() }, ...(this.decide?.keys ?? []), { key: 'P', about: 'key_form', run: () => this.form() },
      { key: 'N', about: 'key_note', run: () => void this.note() }];
  }

  private back(): void {
    if (this.sheet === null)
      this.app.go('lanes');
  }

  private async look(purpose: string): Promise<Shown | null> {
    const a = await post('/api/referral', { gate: this.lane, crossing: this.crossing, verdict_hash: this.hash, purpose });
    if (this.ended)
      return null;
    const shown = a.ok ? a.body.referral as Shown | undefined : undefined;
    if (shown === undefined) {
      if (this.shown === null)
        this.root.replaceChildren(h('section', { class: 'card' }, h('h1', {}, this.lane), h('p', { class: 'wrong', role: 'alert' }, explain(a.code)), this.backButton()));
      else
        tell(explain(a.code), true);
      return null;
    }
    if (this.shown === null) {
      this.shown = shown;
      this.draw();
    }
    return shown;
  }

  private backButton(): HTMLElement {
    return h('button', { type: 'button', id: 'back', click: () => this.back() }, t('back'));
  }

  redraw(): void {
    if (this.shown !== null)
      this.draw();
  }

  private draw(): void {
    const s = this.shown;
    if (s === null)
      return;
    this.sheet = null;
    this.decide = new Decide(this.app, s, (d, reason) => this.after(d, reason));
    this.setKeys();
    const p = s.record;
    const form = h('button', { type: 'button', id: 'form', click: () => this.form() }, t('form_print'));
    const note = h('button', { type: 'button', id: 'note', click: () => void this.note() }, t('note'));
    this.root.replaceChildren(
      h('header', { class: 'heading' }, this.backButton(), h('h1', {}, `${this.lane} · ${term('', s.exception)}`), this.hold, this.state, h('span', { class: 'soft' }, t('recorded'))),
      this.moved,
      h('div', { class: 'look' },
        h('section', { class: 'card who-is' }, h('h2', {}, t('person')), portraits(s.portraits, s.crossing_id, s.printed_by_reader), p === null ? h('p', {}, t('no_document')) : personFacts(p)),
        h('section', { class: 'card why-is' }, h('h2', {}, t('why')), this.reason(s),
          p === null ? null : findings(p, s.reason), h('h2', {}, t('checks')), p === null ? null : checkGroups(p, s.checks_left_out)),
        h('div', { class: 'act' }, this.decide.root, h('div', { class: 'buttons' }, form, note)),
        p === null ? null : matchList(p), p === null ? null : stayList(p)));
    this.update();
  }

  private reason(s: Shown): HTMLElement {
    const said = why(s.reason, s.reason_argument);
    return h('p', { class: 'reason' }, said.words, said.name === '' ? null : h('span', { class: 'soft mono' }, ` ${said.name}`));
  }

  private after(d: Decision, reason: string): void {
    this.decided = reason;
    this.decide?.close();
    if (d === 'refuse')
      this.form();
    else if (d !== 'hold')
      this.app.go('lanes');
    else
      this.redraw();
  }

  private open(sheet: HTMLElement): void {
    if (this.sheet !== null)
      return;
    this.sheet = sheet;
    this.root.replaceChildren(sheet);
    sheet.querySelector<HTMLElement>('button')?.focus();
    sheet.addEventListener('close', () => { this.draw(); document.getElementById('back')?.focus(); });
  }

  private form(): void {
    const d = this.shown?.record?.document;
    if (this.shown !== null)
      this.open(refusalSheet(this.app.me, { surname: d?.surname ?? '', givenNames: d?.given_names ?? '', born: day(d?.birth_date ?? null), sex: d?.sex ?? '', nationality: d?.nationality ?? '',
        document: d?.document_code ?? '', number: d?.number ?? '', reason: this.decided, lane: this.lane }));
  }

  // Another purpose is another look, recorded as one.
  private async note(): Promise<void> {
    if (this.sheet === null && this.shown !== null && (await this.look('safeguarding')) !== null)
      this.open(noteSheet(this.app.me, this.lane, this.crossing, this.crossing));
  }

  update(): void {
    const live = this.app.live, lane = live?.lanes.get(this.lane), v = lane?.view ?? null;
    if (live === null || this.shown === null)
      return;
    const stale = lane === undefined || live.stale(lane);
    const same = v !== null && v.crossing_id === this.crossing && v.waiting_verdict_hash === this.hash;
    say(this.state, v === null ? '' : `${stateName(v.state)} · ${sensedWords(v)}`);
    say(this.hold, same && lane !== undefined ? clock(live.running(lane, v.hold_ms)) : '');
    put(this.root, 'data-stale', String(stale));
    show(this.moved, stale || !same);
    say(this.moved, stale ? t('away_lane') : same ? '' : t('over'));
    if (!stale && !same)
      this.decide?.close();
  }

  end(): void {
    this.ended = true;
    this.shown = null;
    this.decide?.close();
    this.root.replaceChildren();
  }
}
