// SPDX-License-Identifier: Apache-2.0
// The connection to the plugin. Must never let what was last said stand when nothing more comes: after STALE_MS it says WAIT.
import { isShow, type Show } from './guide';
import { isAdvice, isLanguage, type Advice, type Exit, type Language } from './words';

export interface State {
  show: Show;
  permille: number;
  remainingMs: number;
  advice: Advice | null;
  walkIn: boolean; // after the document is taken
}

export interface Lane {
  name: string;
  exit: Exit;
  languages: Language[];
}

const STALE_MS = 2000; // four times the plugin's own pace
const RETRY_MS = 1000;

function stateOf(m: Record<string, unknown>): State | null {
  if (!isShow(m.show))
    return null;
  const number = (v: unknown) => (typeof v === 'number' && Number.isFinite(v) ? v : 0);
  return { show: m.show, permille: number(m.permille), remainingMs: number(m.remaining_ms), advice: isAdvice(m.advice) ? m.advice : null,
    walkIn: m.then === 'WALK_IN' };
}

function laneOf(m: Record<string, unknown>): Lane | null {
  const { name, exit, languages } = m;
  if (typeof name !== 'string' || (exit !== 'ahead' && exit !== 'left' && exit !== 'right') || !Array.isArray(languages))
    return null;
  return { name, exit, languages: languages.filter(isLanguage) };
}

export function connect(onState: (s: State) => void, onLane: (l: Lane) => void): void {
  const waiting: State = { show: 'WAIT', permille: 0, remainingMs: 0, advice: null, walkIn: false };
  let watch = 0;
  const lost = () => onState(waiting);
  const open = () => {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`, 'postern-display.1');
    const heard = () => {
      clearTimeout(watch);
      watch = window.setTimeout(() => {
        lost();
        socket.close();
      }, STALE_MS);
    };
    heard();
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      const m: unknown = JSON.parse(String(event.data));
      if (typeof m !== 'object' || m === null)
        return;
      const message = m as Record<string, unknown>;
      const state = message.type === 'state' ? stateOf(message) : null;
      const lane = message.type === 'lane' ? laneOf(message) : null;
      if (state !== null) {
        heard();
        onState(state);
      } else if (lane !== null) {
        onLane(lane);
      } else {
        lost(); // a plugin of another release: nothing that it says can be shown
      }
    });
    socket.addEventListener('close', () => {
      clearTimeout(watch);
      lost();
      window.setTimeout(open, RETRY_MS);
    });
  };
  lost();
  open();
}
