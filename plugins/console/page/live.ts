// SPDX-License-Identifier: Apache-2.0
// What comes over the WebSocket: each lane's newest view. Must never let a view look newer than it is.
export interface Light { block: string; result: string; running: boolean }
export interface Alarm {
  id: number; code: string; raised_wall_ms: number; active: boolean; acknowledged: boolean; acknowledged_by: string; escalated: boolean;
}
export interface Sensed { entry_leaf: string; exit_leaf: string; occupants: number; occupants_known: boolean; object_left: boolean }
export interface Order { officer: string; sequence: number; kind: string; progress: string }
export interface View {
  epoch: number; state: string; state_ms: number; direction: string; mode: string; guidance: string; steps: string[]; crossing_id: string;
  lights: Light[]; alarms: Alarm[]; troubles: string[]; links: { instance: string; state: string }[]; sensed: Sensed | null;
  serving: boolean; officer_required: boolean; on_duty: string; duty_until_wall_ms: number;
  waiting_verdict_hash: string; waiting_exception: string; waiting_reason: string; waiting_reason_argument: string; hold_ms: number;
  second_officer_needed: boolean; crossings: number; referrals: number; head_seq: number; acked_seq: number; last_order: Order | null;
}
export interface Lane { name: string; connected: boolean; view: View | null; at: number; ageMs: number }

const SILENCE_MS = 2500; // the console's beat comes every second
const RETRY_MS = 1000;
export const STALE_MS = 1000;
const byName = new Intl.Collator('en', { numeric: true }); // made once: it is asked at every view

interface Told { type: string; name: string; connected: boolean; age_ms: number; view?: View; wall_ms: number; lanes: number }

export class Live {
  readonly lanes = new Map<string, Lane>();
  connected = false;
  private socket: WebSocket | null = null;
  private watch = 0;
  private ended = false;
  private ahead = 0; // of the console's clock before this machine's

  constructor(private readonly changed: (lane: string) => void, private readonly lost: () => void) {
    this.open();
  }

  // By name, which is how officers speak of them; numbers as numbers.
  sorted(): Lane[] {
    return [...this.lanes.values()].sort((a, b) => byName.compare(a.name, b.name));
  }

  // How old what is shown of a lane is by now; the age at which it came counts.
  age(lane: Lane): number {
    return lane.view === null ? Number.POSITIVE_INFINITY : lane.ageMs + performance.now() - lane.at;
  }

  stale(lane: Lane): boolean {
    return !this.connected || !lane.connected || this.age(lane) > STALE_MS;
  }

  // A duration that ran when the view came, by now; it stands still when nothing more is known.
  running(lane: Lane, ms: number): number {
    return ms + Math.min(this.age(lane), STALE_MS);
  }

  wall(): number {
    return Date.now() + this.ahead;
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.watch);
    this.socket?.close();
    this.lanes.clear();
  }

  private open(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`, 'postern-console.1');
    this.socket = socket;
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      clearTimeout(this.watch);
      this.watch = window.setTimeout(() => this.gone(socket), SILENCE_MS);
      this.connected = true;
      const m = JSON.parse(String(event.data)) as Told;
      if (m.type === 'lane')
        this.lanes.set(m.name, { name: m.name, connected: m.connected, view: m.view ?? null, at: performance.now(), ageMs: m.age_ms });
      else if (m.type === 'beat')
        this.ahead = m.wall_ms - Date.now();
      this.changed(m.type === 'lane' ? m.name : '');
    });
    socket.addEventListener('close', () => this.gone(socket));
  }

  private gone(socket: WebSocket): void {
    if (this.socket !== socket || this.ended)
      return;
    clearTimeout(this.watch);
    this.socket = null;
    this.connected = false;
    socket.close();
    this.changed('');
    this.lost();
    window.setTimeout(() => { if (!this.ended) this.open(); }, RETRY_MS);
  }
}
