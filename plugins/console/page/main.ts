// SPDX-License-Identifier: Apache-2.0
// The officers' console: who is logged in, and which screen stands. Must never show a screen whose role may not see it, nor keep one of a
// session that is over.
import { get, post, setToken, type Me } from './api';
import { may, type App, type Screen, type Shortcut } from './app';
import { Audit } from './audit';
import { Bar, settle, switches, type Place } from './bar';
import { h } from './dom';
import { keepFocus } from './focus';
import { Keys } from './keys';
import { Lanes } from './lanes';
import { Live } from './live';
import { loginScreen } from './login';
import { Notices } from './notices';
import { Referral } from './referral';
import { Shift } from './shift';
import { Accounts } from './accounts';
import { unlock } from './sound';
import { t } from './words';

const TICK_MS = 250;
const RENEW_MS = 15 * 60 * 1000; // the session's cookie is replaced; a page in use is never logged out
const main = document.getElementById('main') ?? document.body;

const places: Place[] = [{ name: 'lanes', title: 'lanes', act: 'see-lanes' }, { name: 'shift', title: 'shift', act: 'shift' },
  { name: 'audit', title: 'audit', act: 'audit' }, { name: 'accounts', title: 'accounts', act: 'accounts' }];

class Session {
  private readonly app: App;
  private readonly notices: Notices;
  private bar: Bar;
  private screen: Screen | null = null;
  private place = '';
  private readonly ticks: number[];
  private frame = 0; // that is asked for

  constructor(me: Me) {
    setToken(me.token);
    this.app = { me, live: null, selected: '', go: (p) => this.go(p), changed: () => this.update() };
    if (may(this.app, 'see-lanes'))
      this.app.live = new Live((lane) => this.news(lane), () => void this.check());
    this.notices = new Notices(this.app);
    this.bar = this.makeBar();
    this.go(this.mine()[0]?.name ?? '');
    this.ticks = [window.setInterval(() => this.update(), TICK_MS), window.setInterval(() => void this.renew(), RENEW_MS)];
  }

  // Where this role may go.
  private mine(): Place[] {
    return places.filter((p) => may(this.app, p.act) || (p.name === 'accounts' && this.app.me.role === 'administrator'));
  }

  private makeBar(): Bar {
    return new Bar(this.app, this.mine(), switches(() => this.redraw()), () => keys.toggle(), () => void this.logout());
  }

  private redraw(): void {
    keys.close();
    this.bar = this.makeBar();
    const at = document.activeElement?.id;
    this.notices.redraw();
    if (this.screen?.redraw === undefined)
      this.go(this.place);
    else
      this.screen.redraw();
    this.bar.at(this.place);
    document.getElementById(at ?? '')?.focus();
    this.update();
  }

  private make(place: string): Screen | null {
    const [name, lane] = place.split('/');
    if (name === 'referral' && lane !== undefined && may(this.app, 'see-person'))
      return new Referral(this.app, lane);
    if (!this.mine().some((p) => p.name === name))
      return null;
    return name === 'shift' ? new Shift(this.app) : name === 'audit' ? new Audit() : name === 'accounts' ? new Accounts() : new Lanes(this.app);
  }

  private go(place: string): void {
    const next = this.make(place);
    if (next === null)
      return;
    this.screen?.end();
    this.screen = next;
    this.place = place.startsWith('referral') ? 'lanes' : place;
    main.replaceChildren(next.root);
    this.bar.at(this.place);
    main.scrollTo(0, 0);
    main.focus();
    this.update();
  }

  // Lanes tell of themselves dozens of times a second: the lane's own tile follows at once, everything else once in a frame, or with the next tick
  // where no frames are drawn.
  private news(lane: string): void {
    if (lane === '') {
      this.update();
      return;
    }
    this.screen?.news?.(lane);
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => this.update());
  }

  private update(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.notices.update();
    this.bar.update();
    this.screen?.update();
    keepFocus();
  }

  shortcuts(): Shortcut[] {
    const go = { lanes: ['L', 'key_lanes'], shift: ['S', 'key_shift'], audit: ['U', 'key_audit'], accounts: ['O', 'key_accounts'] } as const;
    const list: Shortcut[] = [];
    for (const p of this.mine()) {
      const [key, about] = go[p.name as keyof typeof go];
      list.push({ key, about, run: () => this.go(p.name) });
    }
    if (may(this.app, 'acknowledge'))
      list.push({ key: 'X', about: 'key_acknowledge', run: () => this.notices.acknowledge(this.notices.first()) });
    if (may(this.app, 'duty'))
      list.push({ key: 'D', about: 'key_duty_all', run: () => this.bar.begin() });
    return [...list, { key: '?', about: 'key_help', run: () => keys.toggle() }, ...(this.screen?.keys ?? [])];
  }

  private async renew(): Promise<void> {
    const a = await post('/api/renew', {});
    if (a.ok)
      setToken((a.body as unknown as Me).token);
    else if (a.status === 401)
      this.over(a.code);
  }

  // The line was lost: is it the line, or the session?
  private async check(): Promise<void> {
    const a = await get('/api/me');
    if (a.status === 401)
      this.over(a.code);
  }

  private async logout(): Promise<void> {
    const a = await post('/api/logout', {});
    if (a.ok || a.status === 401)
      this.over('');
  }

  private over(code: string): void {
    if (session !== this)
      return;
    this.ticks.forEach((n) => clearInterval(n));
    cancelAnimationFrame(this.frame);
    this.screen?.end();
    this.app.live?.end();
    this.notices.end();
    this.bar.end();
    keys.close();
    session = null;
    login(code);
  }
}

let session: Session | null = null;
const keys = new Keys(() => session?.shortcuts() ?? []);

function login(code: string): void {
  main.replaceChildren(h('div', { class: 'door' }, loginScreen((me) => { session = new Session(me); }, code),
    h('div', { class: 'door-switches' }, ...switches(() => login('')))));
  document.title = `${t('login')} · Postern`;
}

for (const name of ['pointerdown', 'keydown'])
  document.addEventListener(name, unlock, { passive: true });
settle();
void get('/api/me').then((a) => {
  if (a.ok)
    session = new Session(a.body as unknown as Me);
  else
    login(a.status === 401 ? '' : a.code);
});
