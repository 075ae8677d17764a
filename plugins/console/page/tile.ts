// SPDX-License-Identifier: Apache-2.0
// One lane at a glance. Must never show an order as done before it is sensed, nor old news as new.
import { queue, waits, type App } from './app';
import { clock, h, icon, put, say, show, type Icon } from './dom';
import type { Lane, Light, Order, View } from './live';
import { fill, stateName, t, term, type Key } from './words';

export const resultIcons: Record<string, Icon> = { CHECK_SUCCESSFUL: 'ok', CHECK_FAILED: 'bad', CHECK_UNDETERMINED: 'unsure',
  CHECK_NOT_PERFORMED: 'none', CHECK_ABORTED: 'stopped' };
export const blocks: Key[] = ['BLOCK_OPTICAL', 'BLOCK_ELECTRONIC', 'BLOCK_BIOMETRIC', 'BLOCK_BACKGROUND'];

export function lightState(light: Light | undefined): { icon: Icon; result: string; words: string } {
  if (light?.running === true)
    return { icon: 'running', result: 'RUNNING', words: t('running') };
  const result = light?.result ?? 'CHECK_NOT_PERFORMED';
  return { icon: resultIcons[result] ?? 'unsure', result, words: term('', result) };
}

// Of what no sensor can confirm, the lane has taken note.
const notSensed = ['ORDER_DUTY_ON', 'ORDER_DUTY_OFF', 'ORDER_ACKNOWLEDGE', 'ORDER_OPEN_REFERRAL'];

export function orderWords(o: Order | null): string {
  if (o === null || o.kind === 'ORDER_UNSPECIFIED')
    return '';
  const done = notSensed.includes(o.kind) && o.progress === 'ORDER_CONFIRMED';
  return `${term('order.', o.kind)}: ${done ? t('progress.noted') : term('progress.', o.progress)}`;
}

// The leaves and who is between them, as sensed.
export function sensedWords(v: View): string {
  const s = v.sensed;
  if (s === null)
    return t('sensed_nothing');
  const people = !s.occupants_known ? t('inside_unknown') : s.occupants === 0 ? t('inside_none') : s.occupants === 1 ? t('inside_one') : t('inside_more');
  return `${t('leaf_entry')} ${term('', s.entry_leaf)} · ${t('leaf_exit')} ${term('', s.exit_leaf)} · ${people}`;
}

export class Tile {
  readonly root: HTMLElement;
  private readonly state = h('p', { class: 'state' });
  private readonly since = h('span', { class: 'since' });
  private readonly kind = h('span', { class: 'soft' });
  private readonly step = h('p', { class: 'soft step' });
  private readonly lights = h('ul', { class: 'lights', 'aria-label': t('checks') });
  private readonly sensed = h('p', { class: 'soft sensed' });
  private readonly duty = h('p', { class: 'soft' });
  private readonly asked = h('p', { class: 'asked' });
  private readonly old = h('p', { class: 'stale' });
  // Colour, sign and words: nobody may overlook that nobody is checked.
  private readonly free = h('p', { class: 'free', hidden: true }, icon('through'), h('span', {}, t('free_now')));
  private readonly pick: HTMLButtonElement;
  private readonly open: HTMLButtonElement;
  private drawn = '';

  constructor(private readonly app: App, readonly name: string) {
    this.pick = h('button', { type: 'button', class: 'pick', click: () => { app.selected = name; app.changed(); } }, name);
    this.open = h('button', { type: 'button', class: 'first open', hidden: true, click: () => app.go(`referral/${name}`) });
    this.root = h('article', { class: 'card tile', 'data-lane': name }, h('header', {}, h('h2', {}, this.pick), this.kind, this.since), this.old, this.free, this.state, this.step,
      this.lights, this.sensed, this.duty, this.asked, this.open);
  }

  update(lane: Lane): void {
    const live = this.app.live, v = lane.view;
    if (live === null)
      return;
    const stale = live.stale(lane);
    put(this.root, 'data-stale', String(stale));
    put(this.root, 'data-waits', String(waits(lane)));
    put(this.root, 'data-alarm', String(v?.alarms.some((a) => !a.acknowledged) ?? false));
    put(this.pick, 'aria-pressed', String(this.app.selected === this.name));
    show(this.old, stale);
    say(this.old, !stale ? '' : v === null ? t('stale_never') : fill('stale', { time: clock(live.age(lane)) }));
    if (v === null)
      return;
    show(this.free, v.mode === 'MODE_FREE');
    put(this.root, 'data-free', String(v.mode === 'MODE_FREE'));
    say(this.kind, `${term('', v.direction)} · ${term('', v.mode)}`);
    say(this.state, stateName(v.state));
    put(this.state, 'title', v.state);
    say(this.since, clock(live.running(lane, v.state_ms)));
    say(this.step, `${t('traveller_sees')} ${term('', v.guidance)}`);
    say(this.sensed, sensedWords(v));
    say(this.duty, v.on_duty === '' ? t(v.officer_required ? 'duty_required' : 'duty_none') : `${t('duty')}: ${v.on_duty}`);
    put(this.duty, 'data-missing', String(v.on_duty === '' && v.officer_required));
    say(this.asked, orderWords(v.last_order));
    put(this.asked, 'data-progress', v.last_order?.progress ?? null);
    this.referral(lane, v);
    this.draw(v.lights);
  }

  private referral(lane: Lane, v: View): void {
    const n = this.app.live === null ? -1 : queue(this.app.live).indexOf(lane);
    show(this.open, waits(lane) && this.app.me.acts.includes('see-person'));
    if (waits(lane))
      say(this.open, `${term('', v.waiting_exception)} · ${t('open')}${n >= 0 && n < 9 ? ` (${n + 1})` : ''}`);
  }

  private draw(lights: Light[]): void {
    const now = JSON.stringify(lights);
    if (now === this.drawn)
      return;
    this.drawn = now;
    this.lights.replaceChildren(...blocks.map((block) => {
      const l = lightState(lights.find((x) => x.block === block));
      return h('li', { 'data-result': l.result, title: `${t(block)}: ${l.words}` }, iconBox(l.icon), h('span', {}, t(block)), h('span', { class: 'hidden' }, `: ${l.words}`));
    }));
  }
}

export function iconBox(name: Icon): HTMLElement {
  const box = h('span', { class: 'light', 'aria-hidden': 'true' });
  box.append(icon(name));
  return box;
}
