// SPDX-License-Identifier: Apache-2.0
// The top of the page: alarms of every lane, in a colour that nothing else has, and the loss of the console. Must never be covered, closed
// or silenced by anything but an acknowledgement or the alarm's end.
import { alarms, may, order, queue, type App, type Raised } from './app';
import { h, icon, put, say, show } from './dom';
import { audible, chime, ring } from './sound';
import { fill, t, term, time } from './words';

const RING_MS = 4000;

export class Notices {
  private readonly root = document.getElementById('notices') ?? document.body;
  private readonly rows = new Map<string, { row: HTMLElement; state: HTMLElement; button: HTMLButtonElement }>();
  private readonly list = h('ul', { class: 'alarms' });
  private readonly away = h('p', { class: 'away', role: 'alert', hidden: true });
  private readonly mute = h('p', { class: 'mute', hidden: true });
  private rang = 0;
  private waited = new Set<string>();

  constructor(private readonly app: App) {
    this.root.replaceChildren(h('div', { role: 'alert' }, this.list), this.away, this.mute);
  }

  end(): void {
    this.root.replaceChildren();
    document.title = 'Postern';
  }

  redraw(): void {
    this.rows.clear();
    this.list.replaceChildren();
  }

  first(): Raised | undefined {
    return this.app.live === null ? undefined : alarms(this.app.live).find((a) => !a.acknowledged);
  }

  acknowledge(a: Raised | undefined): void {
    if (a !== undefined && may(this.app, 'acknowledge'))
      void order(a.lane.name, 'acknowledge', { alarm: String(a.id) });
  }

  update(): void {
    const live = this.app.live;
    if (live === null)
      return;
    const all = alarms(live);
    const seen = new Set(all.map((a) => this.key(a)));
    for (const [key, r] of this.rows)
      if (!seen.has(key)) {
        r.row.remove();
        this.rows.delete(key);
      }
    for (const a of all)
      this.draw(a);
    show(this.list, all.length > 0);
    show(this.away, !live.connected);
    say(this.away, live.connected ? '' : t('away'));
    const loud = all.filter((a) => !a.acknowledged);
    show(this.mute, loud.length > 0 && !audible());
    say(this.mute, t('mute'));
    document.title = loud.length > 0 ? `⚠ ${loud.length} · Postern` : 'Postern';
    this.sound(loud.length > 0, new Set(queue(live).map((l) => l.name + (l.view?.crossing_id ?? ''))));
  }

  private sound(alarm: boolean, waiting: Set<string>): void {
    const now = performance.now();
    if (alarm && now - this.rang > RING_MS) {
      this.rang = now;
      ring();
    } else if (!alarm && [...waiting].some((w) => !this.waited.has(w))) {
      chime();
    }
    this.waited = waiting;
  }

  private key(a: Raised): string {
    return `${a.lane.name} ${a.lane.view?.epoch ?? 0} ${a.id}`;
  }

  private draw(a: Raised): void {
    const key = this.key(a);
    let r = this.rows.get(key);
    if (r === undefined) {
      const state = h('span', { class: 'alarm-state' });
      const button = h('button', { type: 'button', click: () => this.acknowledge(a) }, t('acknowledge'));
      const row = h('li', {}, icon('alarm'), h('strong', {}, a.lane.name), h('span', { class: 'alarm-name' }, term('', a.code)), state, button);
      r = { row, state, button };
      this.rows.set(key, r);
      this.list.append(row);
    }
    put(r.row, 'data-loud', String(!a.acknowledged));
    say(r.state, [fill('alarm_since', { time: time(a.at) }), a.active ? t('alarm_active') : t('alarm_over'), a.escalated ? t('alarm_escalated') : '',
      a.acknowledged ? fill('alarm_taken', { name: a.by }) : ''].filter((s) => s !== '').join(' · '));
    show(r.button, !a.acknowledged && may(this.app, 'acknowledge'));
  }
}

