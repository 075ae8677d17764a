// SPDX-License-Identifier: Apache-2.0
// The decision: one of five, with a reason; a second officer where a list's match is overridden. Must never be sent twice, nor keep the
// second officer's password.
import { post } from './api';
import { tell, type App, type Shortcut } from './app';
import { field, h, id, options, say, show } from './dom';
import type { Shown } from './person';
import { explain, t, term, type Key } from './words';

export const decisions = ['admit', 'send-back', 'second-line', 'hold', 'refuse'] as const;
export type Decision = typeof decisions[number];

export class Decide {
  readonly root: HTMLElement;
  readonly keys: Shortcut[];
  private readonly radios: HTMLInputElement[];
  private readonly reason = h('select', { required: true, id: 'decision-reason' });
  private readonly about = h('p', { class: 'soft', id: 'decision-about' });
  private readonly wrong = h('p', { class: 'wrong', role: 'alert' });
  private readonly button = h('button', { type: 'submit', class: 'first', id: 'decide' }, t('decide'));
  private readonly second: HTMLFieldSetElement;
  private readonly name = h('input', { type: 'text', autocomplete: 'off', maxlength: 32, dir: 'ltr', id: 'second-name' });
  private readonly password = h('input', { type: 'password', autocomplete: 'off', maxlength: 128, dir: 'ltr', id: 'second-password' });
  private readonly code = h('input', { type: 'text', autocomplete: 'off', inputmode: 'numeric', maxlength: 6, dir: 'ltr', id: 'second-code' });
  private over = false;

  constructor(private readonly app: App, private readonly shown: Shown, private readonly done: (d: Decision, reason: string) => void) {
    const group = id();
    this.radios = decisions.map((d) => h('input', { type: 'radio', name: group, value: d, required: true, change: () => this.chosen() }));
    const choices = decisions.map((d, i) => h('label', { class: 'choice' }, this.radios[i] ?? null, h('span', {}, t(`decision.${d}` as Key)), h('kbd', {}, String(i + 1))));
    this.second = h('fieldset', { class: 'second', hidden: true }, h('legend', {}, t('second')), field(t('name'), this.name), field(t('password'), this.password), field(t('code'), this.code));
    this.root = h('form', { class: 'card decide', submit: (e) => { e.preventDefault(); void this.send(); } },
      h('fieldset', { class: 'choices' }, h('legend', {}, t('decision')), ...choices), field(t('reason'), this.reason), this.about, this.second, this.wrong, this.button);
    this.reason.addEventListener('change', () => this.explainReason());
    this.keys = decisions.map((d, i) => ({ key: String(i + 1), about: `decision.${d}` as Key, run: () => this.choose(i) }));
    this.chosen();
  }

  private decision(): Decision | undefined {
    return decisions[this.radios.findIndex((r) => r.checked)];
  }

  private choose(i: number): void {
    const radio = this.radios[i];
    if (radio === undefined || this.over)
      return;
    radio.checked = true;
    this.chosen();
    this.reason.focus();
  }

  private chosen(): void {
    const d = this.decision();
    options(this.reason, t('choose'), (d === undefined ? [] : this.app.me.reasons[d] ?? []).map((r) => [r, term('reason.', r)]));
    this.reason.disabled = d === undefined;
    const two = d === 'admit' && this.shown.second_officer_needed;
    show(this.second, two);
    for (const input of [this.name, this.password, this.code])
      input.required = two;
    this.explainReason();
  }

  private explainReason(): void {
    const letter = /^annex_v\.([a-j])$/.exec(this.reason.value)?.[1];
    say(this.about, letter === undefined ? '' : t(`annex.${letter}` as Key));
  }

  private async send(): Promise<void> {
    const d = this.decision();
    if (d === undefined || this.over)
      return;
    const fields: Record<string, string> = { gate: this.shown.gate, crossing: this.shown.crossing_id, verdict_hash: this.shown.verdict_hash, decision: d, reason: this.reason.value };
    if (!this.second.hidden)
      Object.assign(fields, { second_name: this.name.value, second_password: this.password.value, second_code: this.code.value });
    this.button.disabled = true;
    const reason = this.reason.value;
    const a = await post('/api/decide', fields);
    this.password.value = this.code.value = '';
    this.button.disabled = this.over;
    if (!a.ok) {
      say(this.wrong, explain(a.code));
      return;
    }
    say(this.wrong, '');
    tell(`${this.shown.gate}: ${t(`decision.${d}` as Key)}. ${t('decided')}`);
    this.done(d, reason);
  }

  // The crossing is over, or has moved on: nothing more can be decided about it.
  close(): void {
    if (this.over)
      return;
    this.over = true;
    for (const e of this.root.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLButtonElement>('input, select, button'))
      e.disabled = true;
    this.password.value = this.code.value = '';
  }
}
