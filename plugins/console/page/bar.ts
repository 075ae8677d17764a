// SPDX-License-Identifier: Apache-2.0
// The bar: where one is, who one is, language and colours, and the turn on duty with its end. Must never let a turn end unseen.
import { may, order, type App } from './app';
import { clock, h, options, put, say, show } from './dom';
import type { Lane } from './live';
import { chime } from './sound';
import { current, fill, isLanguage, languageName, languages, setLanguage, t, type Key } from './words';

const SOON_MS = 10 * 60 * 1000;
const LANGUAGE = 'postern.language', THEME = 'postern.theme';

export function settle(): void {
  const stored = localStorage.getItem(LANGUAGE), wished = navigator.language.slice(0, 2);
  setLanguage(isLanguage(stored) ? stored : isLanguage(wished) ? wished : 'en');
  const theme = localStorage.getItem(THEME) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = theme === 'dark' ? 'dark' : 'light';
}

export function switches(redraw: () => void): HTMLElement[] {
  const choose = options(h('select', { 'aria-label': t('choose_language'), id: 'language' }), '', languages.map((c) => [c, languageName(c)]));
  choose.value = current();
  choose.addEventListener('change', () => {
    if (!isLanguage(choose.value))
      return;
    localStorage.setItem(LANGUAGE, choose.value);
    setLanguage(choose.value);
    redraw();
    document.getElementById('language')?.focus();
  });
  const dark = () => document.documentElement.dataset.theme === 'dark';
  const theme = h('button', { type: 'button', id: 'theme', click: () => {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    localStorage.setItem(THEME, dark() ? 'dark' : 'light');
    say(theme, t(dark() ? 'theme_light' : 'theme_dark'));
  } }, t(dark() ? 'theme_light' : 'theme_dark'));
  return [choose, theme];
}

export interface Place { name: string; title: Key; act: string }

export class Bar {
  private readonly root = document.getElementById('bar') ?? document.body;
  private readonly links = new Map<string, HTMLButtonElement>();
  private readonly duty = h('section', { class: 'duty', 'aria-label': t('duty') });
  private readonly mine = h('span', { class: 'duty-lanes' });
  private readonly left = h('span', { class: 'duty-left', role: 'timer' });
  private readonly hand = h('strong', { class: 'duty-over', hidden: true });
  private readonly take = h('button', { type: 'button', id: 'duty-take', click: () => this.begin() }, t('duty_all'));
  private readonly stop = h('button', { type: 'button', id: 'duty-end', click: () => this.finish() }, t('duty_off'));
  private warned = false;

  constructor(private readonly app: App, places: Place[], extra: HTMLElement[], help: () => void, out: () => void) {
    for (const p of places)
      this.links.set(p.name, h('button', { type: 'button', click: () => app.go(p.name) }, t(p.title)));
    this.duty.append(this.mine, this.left, this.hand, this.take, this.stop);
    this.root.replaceChildren(
      h('div', { class: 'top' }, h('span', { class: 'post' }, h('b', {}, 'Postern'), h('span', {}, app.me.post)),
        h('nav', { 'aria-label': t('places') }, ...this.links.values()),
        h('span', { class: 'who' }, h('b', {}, app.me.name), h('span', {}, t(`role.${app.me.role}` as Key))), ...extra,
        h('button', { type: 'button', id: 'help', 'aria-label': t('keys'), click: help }, '?'),
        h('button', { type: 'button', id: 'logout', click: out }, t('logout'))),
      ...(may(app, 'duty') ? [this.duty] : []));
  }

  end(): void {
    this.root.replaceChildren();
  }

  at(place: string): void {
    for (const [name, link] of this.links)
      put(link, 'aria-current', name === place ? 'page' : null);
  }

  private watched(): Lane[] {
    return this.app.live?.sorted().filter((l) => l.view?.on_duty === this.app.me.name) ?? [];
  }

  private unwatched(): Lane[] {
    return this.app.live?.sorted().filter((l) => l.connected && l.view !== null && l.view.on_duty !== this.app.me.name) ?? [];
  }

  // As many as one officer may watch: those first that nobody does.
  begin(): void {
    const free = this.app.me.gates_per_officer - this.watched().length;
    const wanted = this.unwatched().sort((a, b) => Number(a.view?.on_duty !== '') - Number(b.view?.on_duty !== ''));
    for (const lane of wanted.slice(0, free))
      void order(lane.name, 'duty-on');
  }

  finish(): void {
    for (const lane of this.watched())
      void order(lane.name, 'duty-off');
  }

  update(): void {
    const live = this.app.live;
    if (live === null)
      return;
    const mine = this.watched();
    const ends = Math.min(...mine.map((l) => l.view?.duty_until_wall_ms ?? 0).filter((ms) => ms > 0));
    const left = Number.isFinite(ends) ? ends - live.wall() : 0;
    const soon = mine.length > 0 && left > 0 && left < SOON_MS;
    say(this.mine, mine.length === 0 ? t('duty_mine_none') : fill('duty_mine', { lanes: mine.map((l) => l.name).join(', '), n: mine.length, max: this.app.me.gates_per_officer }));
    say(this.left, mine.length > 0 && left > 0 ? fill('duty_left', { time: clock(left) }) : '');
    say(this.hand, soon ? t('duty_soon') : '');
    show(this.hand, soon);
    show(this.stop, mine.length > 0);
    show(this.take, this.unwatched().length > 0 && mine.length < this.app.me.gates_per_officer);
    put(this.duty, 'data-state', mine.length === 0 ? 'off' : soon ? 'soon' : 'on');
    if (soon && !this.warned)
      chime();
    this.warned = soon;
  }
}
