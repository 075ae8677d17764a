// SPDX-License-Identifier: Apache-2.0
// What rings: an alarm until somebody acknowledges it, and once for a person who begins to wait. Must never ring for what the page does not show.
let context: AudioContext | null = null;

// A browser lets a page sound only after somebody has touched it.
export function unlock(): void {
  if (typeof AudioContext === 'undefined')
    return;
  context ??= new AudioContext();
  if (context.state === 'suspended')
    void context.resume();
}

export const audible = (): boolean => context !== null && context.state === 'running';

function tone(hertz: number, after: number, seconds: number, loud: number): void {
  if (context === null || context.state !== 'running')
    return;
  const at = context.currentTime + after;
  const o = context.createOscillator();
  const g = context.createGain();
  o.frequency.value = hertz;
  g.gain.setValueAtTime(0, at);
  g.gain.linearRampToValueAtTime(loud, at + 0.02);
  g.gain.setValueAtTime(loud, at + seconds - 0.04);
  g.gain.linearRampToValueAtTime(0, at + seconds);
  o.connect(g).connect(context.destination);
  o.start(at);
  o.stop(at + seconds);
}

export function ring(): void {
  for (let i = 0; i < 3; i++) {
    tone(980, i * 0.36, 0.17, 0.5);
    tone(740, i * 0.36 + 0.18, 0.17, 0.5);
  }
}

export function chime(): void {
  tone(660, 0, 0.18, 0.2);
  tone(880, 0.2, 0.3, 0.2);
}
