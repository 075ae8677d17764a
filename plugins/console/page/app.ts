// SPDX-License-Identifier: Apache-2.0
// What the parts of the page share while somebody is logged in. Must never hold anything of a traveller: only the view of a
// referral does, while it is open.
import { post, type Answer, type Me } from './api';
import { say } from './dom';
import type { Lane, Live } from './live';
import { explain, type Key } from './words';

export interface Shortcut { key: string; about: Key; run: () => void }

// What fills the page below the bar.
export interface Screen {
  readonly root: HTMLElement;
  readonly title: Key;
  readonly keys: Shortcut[];
  update(): void;
  news?(lane: string): void; // of one lane: what must not wait for the next frame
  redraw?(): void; // in another language; what is not told how is made anew
  end(): void;
}

export interface App {
  me: Me;
  live: Live | null; // null: this role sees no lanes
  selected: string;  // the lane that commands are for
  go(place: string): void;
  changed(): void;
}

export const may = (app: App, act: string): boolean => app.me.acts.includes(act);

// Said once, to the eye and to a reader of the screen.
let forget = 0;
export function tell(text: string, wrong = false): void {
  const place = document.getElementById('said');
  if (place === null)
    return;
  say(place, text);
  place.dataset.wrong = String(wrong);
  clearTimeout(forget);
  forget = window.setTimeout(() => say(place, ''), wrong ? 12000 : 6000);
}

export async function order(gate: string, kind: string, more: Record<string, string> = {}): Promise<Answer> {
  const a = await post('/api/order', { gate, kind, ...more });
  if (!a.ok)
    tell(`${gate}: ${explain(a.code)}`, true);
  return a;
}

export const waits = (lane: Lane): boolean => lane.view !== null && lane.view.waiting_verdict_hash !== '';

export interface Raised { lane: Lane; id: number; code: string; active: boolean; acknowledged: boolean; by: string; escalated: boolean; at: number }

// Of every lane, those that ring first, then the newest.
export function alarms(live: Live): Raised[] {
  const all = live.sorted().flatMap((lane) => (lane.view?.alarms ?? []).map((a) => ({ lane, id: a.id, code: a.code, active: a.active,
    acknowledged: a.acknowledged, by: a.acknowledged_by, escalated: a.escalated, at: a.raised_wall_ms })));
  return all.sort((a, b) => Number(a.acknowledged) - Number(b.acknowledged) || b.at - a.at);
}

// A list's match before all, whoever waits inside before who waits outside, called longer before called later.
function urgency(lane: Lane): number {
  const v = lane.view;
  if (v === null)
    return 0;
  const state = { HOLD_ESCALATED: 3, HOLD_ALERTED: 2, HOLD_OFFICER: 1 }[v.state] ?? 0;
  return (v.waiting_exception === 'EXCEPTION_DATABASE_HIT' ? 8 : 0) + state;
}

export function queue(live: Live): Lane[] {
  return live.sorted().filter((l) => l.connected && waits(l))
    .sort((a, b) => urgency(b) - urgency(a) || live.running(b, b.view?.hold_ms ?? 0) - live.running(a, a.view?.hold_ms ?? 0));
}

export const urgent = (lane: Lane): boolean => urgency(lane) >= 2;
