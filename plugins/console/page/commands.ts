// SPDX-License-Identifier: Apache-2.0
// What an officer orders of one lane. Both leaves stand open only while the button is held: the lane is asked anew twice a second, and
// shuts by itself when it is not. Must never go on asking when the button, the page or the lane has gone.
import { may, order, tell, type App, type Shortcut } from './app';
import { clock, field, h, options, put, say, show } from './dom';
import type { Lane } from './live';
import { orderWords, sensedWords } from './tile';
import { apart, fill, stateName, t, term, time, type Key } from './words';

const RENEW_MS = 500, HOLD_MS = 1500;

export class Commands {
  readonly root: HTMLElement;
  readonly keys: Shortcut[];
  private readonly name = h('h2', {});
  private readonly state = h('p', { class: 'state' });
  private readonly facts = h('dl', { class: 'facts' });
  private readonly progress = h('p', { class: 'asked', role: 'status' });
  private readonly reason = h('select', { id: 'order-reason' });
  private readonly assist = h('button', { type: 'button', class: 'hold-button', id: 'assist' }, t('assist'));
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private lane: Lane | undefined;
  private holding = '';
  private timer = 0;
  private drawn = '';

  constructor(private readonly app: App) {
    options(this.reason, t('choose'), (app.me.reasons.order ?? []).map((r) => [r, term('reason.', r)]));
    const acts: [string, Key, string][] = [['close', 'close_leaves', 'assist'], ['lock', 'lock', 'lock'], ['controlled', 'controlled', 'service'], ['free', 'free', 'service'],
      ['out-of-service', 'out-of-service', 'service'], ['resume', 'resume', 'service']];
    for (const [kind, key, act] of acts)
      if (may(app, act))
        this.buttons.set(kind, h('button', { type: 'button', 'data-order': kind, click: () => this.give(kind) }, t(key)));
    const duty = h('button', { type: 'button', 'data-order': 'duty', click: () => this.duty() });
    if (may(app, 'duty'))
      this.buttons.set('duty', duty);
    if (may(app, 'assist'))
      this.dead();
    const orders = may(app, 'assist') ? [field(t('reason_order'), this.reason), this.assist, h('p', { class: 'soft', id: 'assist-about' }, t('assist_about')),
      h('div', { class: 'buttons' }, ...this.buttons.values())] : [];
    this.root = h('aside', { class: 'card panel', 'aria-label': t('commands') }, this.name, this.state, this.progress, ...orders, this.facts);
    this.keys = may(app, 'assist') ? [{ key: 'C', about: 'key_commands', run: () => this.reason.focus() },
      { key: 'W', about: 'key_duty', run: () => this.duty() }] : [];
  }

  private dead(): void {
    const b = this.assist;
    put(b, 'aria-describedby', 'assist-about');
    b.addEventListener('pointerdown', (e) => { b.setPointerCapture(e.pointerId); this.press(); });
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur'])
      b.addEventListener(name, () => this.release());
    b.addEventListener('keydown', (e) => {
      if (e.key !== ' ' && e.key !== 'Enter')
        return;
      e.preventDefault();
      if (!e.repeat)
        this.press();
    });
    b.addEventListener('keyup', (e) => {
      if (e.key === ' ' || e.key === 'Enter')
        this.release();
    });
    document.addEventListener('visibilitychange', () => this.release());
    b.addEventListener('contextmenu', (e) => e.preventDefault());
  }

  private needsReason(): boolean {
    if (this.reason.value !== '')
      return false;
    tell(t('reason_first'), true);
    this.reason.focus();
    return true;
  }

  private press(): void {
    if (this.lane === undefined || this.holding !== '' || this.needsReason())
      return;
    this.holding = this.lane.name;
    this.renew();
    this.timer = window.setInterval(() => this.renew(), RENEW_MS);
  }

  private renew(): void {
    const lane = this.lane;
    if (lane === undefined || lane.name !== this.holding || this.app.live?.stale(lane) !== false) {
      this.release();
      return;
    }
    void order(this.holding, 'assist', { reason: this.reason.value, hold_ms: String(HOLD_MS) }).then((a) => { if (!a.ok) this.release(false); });
  }

  private release(shut = true): void {
    const gate = this.holding;
    if (gate === '')
      return;
    clearInterval(this.timer);
    this.holding = '';
    if (shut)
      void order(gate, 'end-assist');
  }

  private give(kind: string): void {
    if (this.lane === undefined || (['lock', 'controlled', 'free', 'out-of-service'].includes(kind) && this.needsReason()))
      return;
    void order(this.lane.name, kind, { reason: this.reason.value });
  }

  private duty(): void {
    if (this.lane?.view)
      void order(this.lane.name, this.lane.view.on_duty === this.app.me.name ? 'duty-off' : 'duty-on');
  }

  update(lane: Lane | undefined): void {
    this.lane = lane;
    const v = lane?.view ?? null, live = this.app.live;
    show(this.root, lane !== undefined);
    if (lane === undefined || v === null || live === null)
      return;
    const stale = live.stale(lane);
    say(this.name, lane.name);
    say(this.state, stale ? fill('stale', { time: clock(live.age(lane)) }) : stateName(v.state));
    say(this.progress, orderWords(v.last_order));
    put(this.progress, 'data-progress', v.last_order?.progress ?? null);
    put(this.assist, 'data-on', String(this.holding === lane.name));
    say(this.assist, t(this.holding !== lane.name ? 'assist' : v.state === 'ASSIST_OPEN' ? 'assist_open' : 'assist_asked'));
    this.assist.disabled = stale && this.holding === '';
    for (const b of this.buttons.values())
      b.disabled = stale;
    const duty = this.buttons.get('duty');
    if (duty !== undefined)
      say(duty, v.on_duty === this.app.me.name ? t('duty_off_lane') : v.on_duty === '' ? t('duty_on') : fill('duty_over', { name: v.on_duty }));
    this.tell([[t('sensed'), sensedWords(v)], [t('duty'), v.on_duty === '' ? t('duty_none') : v.duty_until_wall_ms > 0 ? `${v.on_duty} ${t('until')} ${time(v.duty_until_wall_ms)}` : v.on_duty],
      [t('steps'), v.steps.map((s) => term('step.', s)).join(', ') || '–'], [t('crossings'), `${v.crossings} · ${t('referred')} ${v.referrals}`],
      [t('journal'), v.head_seq === v.acked_seq ? fill('journal_all', { n: v.head_seq }) : fill('journal_open', { n: v.head_seq, open: v.head_seq - v.acked_seq })],
      [t('troubles'), v.troubles.length === 0 ? t('troubles_none') : v.troubles.map((c) => `${term('trouble.', c)} (${apart(c)})`).join('; ')],
      [t('links'), v.links.filter((l) => l.state !== 'ready').map((l) => `${apart(l.instance)}: ${term('part.', l.state)}`).join(', ') || t('links_ready')]]);
  }

  private tell(facts: [string, string][]): void {
    const now = JSON.stringify(facts);
    if (now === this.drawn)
      return;
    this.drawn = now;
    this.facts.replaceChildren(...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
  }

  end(): void {
    this.release();
  }
}

