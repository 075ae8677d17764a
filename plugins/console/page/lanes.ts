// SPDX-License-Identifier: Apache-2.0
// The lanes: who waits, every lane's tile, and beside them the one that is chosen. Must never let a referral be missed because it is not the chosen lane's.
import { queue, urgent, type App, type Screen, type Shortcut } from './app';
import { Commands } from './commands';
import { clock, h, icon, put, say, show } from './dom';
import type { Lane } from './live';
import { Tile } from './tile';
import { stateName, t, term, why, type Key } from './words';

class Row {
  private readonly why = h('span', { class: 'why' });
  private readonly where = h('span', { class: 'soft' });
  private readonly hold = h('span', { class: 'hold' });
  private readonly number = h('kbd', {});
  private readonly button: HTMLButtonElement;
  readonly root: HTMLElement;

  constructor(private readonly app: App, readonly name: string) {
    this.button = h('button', { type: 'button', click: () => app.go(`referral/${name}`) }, this.number, h('span', { class: 'row-text' },
      h('span', {}, h('b', {}, name), ' ', this.why), this.where), this.hold);
    this.button.disabled = !app.me.acts.includes('see-person');
    this.root = h('li', { 'data-lane': name }, this.button);
  }

  update(lane: Lane, n: number): void {
    const v = lane.view;
    if (v === null || this.app.live === null)
      return;
    put(this.root, 'data-urgent', String(urgent(lane)));
    say(this.number, n < 9 ? String(n + 1) : '·');
    say(this.why, term('', v.waiting_exception));
    say(this.where, [stateName(v.state), why(v.waiting_reason, v.waiting_reason_argument).words].filter((s) => s !== '').join(' · '));
    say(this.hold, clock(this.app.live.running(lane, v.hold_ms)));
  }
}

export class Lanes implements Screen {
  readonly title: Key = 'lanes';
  readonly keys: Shortcut[];
  readonly root: HTMLElement;
  private readonly tiles = new Map<string, Tile>();
  private readonly rows = new Map<string, Row>();
  private readonly grid = h('section', { class: 'tiles', 'aria-label': t('lanes') });
  private readonly none = h('p', { class: 'card empty' }, t('no_lanes'));
  private readonly list = h('ol', { class: 'queue' });
  private readonly nobody = h('p', { class: 'soft empty' }, t('queue_empty'));
  private readonly commands: Commands;

  constructor(private readonly app: App) {
    this.commands = new Commands(app);
    this.root = h('div', { class: 'lanes' }, h('h1', { class: 'hidden' }, t('lanes')),
      h('section', { class: 'card waiting', 'aria-label': t('queue') }, h('h2', {}, icon('person'), t('queue')), this.list, this.nobody), this.grid, this.commands.root);
    this.grid.append(this.none);
    this.keys = [{ key: 'J', about: 'key_next', run: () => this.step(1) }, { key: 'K', about: 'key_previous', run: () => this.step(-1) },
      { key: '1', about: 'key_open', run: () => this.open(0) },
      ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ key: String(n), about: 'key_open' as const, run: () => this.open(n - 1) })), ...this.commands.keys];
  }

  private open(n: number): void {
    const lane = this.app.live === null ? undefined : queue(this.app.live)[n];
    if (lane !== undefined && this.app.me.acts.includes('see-person'))
      this.app.go(`referral/${lane.name}`);
  }

  private step(by: number): void {
    const names = this.app.live?.sorted().map((l) => l.name) ?? [];
    if (names.length === 0)
      return;
    this.app.selected = names[(names.indexOf(this.app.selected) + by + names.length) % names.length] ?? '';
    this.app.changed();
    this.tiles.get(this.app.selected)?.root.scrollIntoView({ block: 'nearest' });
  }

  update(): void {
    const live = this.app.live;
    if (live === null)
      return;
    const lanes = live.sorted();
    if (!live.lanes.has(this.app.selected))
      this.app.selected = lanes[0]?.name ?? '';
    show(this.none, lanes.length === 0);
    for (const lane of lanes) {
      let tile = this.tiles.get(lane.name);
      if (tile === undefined) {
        tile = new Tile(this.app, lane.name);
        this.tiles.set(lane.name, tile);
        this.grid.replaceChildren(this.none, ...lanes.map((l) => this.tiles.get(l.name)?.root).filter((e) => e !== undefined));
      }
      tile.update(lane);
    }
    this.wait(queue(live));
    this.commands.update(live.lanes.get(this.app.selected));
  }

  // Moved only where the order has changed, so that the keyboard stays where it is.
  private wait(waiting: Lane[]): void {
    for (const [name, row] of this.rows)
      if (!waiting.some((l) => l.name === name)) {
        row.root.remove();
        this.rows.delete(name);
      }
    waiting.forEach((lane, n) => {
      const row = this.rows.get(lane.name) ?? new Row(this.app, lane.name);
      this.rows.set(lane.name, row);
      row.update(lane, n);
      if (this.list.children[n] !== row.root)
        this.list.insertBefore(row.root, this.list.children[n] ?? null);
    });
    show(this.nobody, waiting.length === 0);
    show(this.list, waiting.length > 0);
  }

  end(): void {
    this.commands.end();
  }
}
