// SPDX-License-Identifier: Apache-2.0
// What each guidance of the core looks like: its picture, its tone, its sound. The names are the schema's (postern.Guidance without its
// prefix) and WAIT, which the plugin says when the core says nothing. Must never hold a guidance that the core does not.
import again from './pictures/again.svg';
import ahead from './pictures/ahead.svg';
import back from './pictures/back.svg';
import closed from './pictures/closed.svg';
import emergency from './pictures/emergency.svg';
import enter from './pictures/in.svg';
import keep from './pictures/keep.svg';
import look from './pictures/look.svg';
import officer from './pictures/officer.svg';
import one from './pictures/one.svg';
import other from './pictures/other.svg';
import out from './pictures/out.svg';
import present from './pictures/present.svg';
import take from './pictures/take.svg';
import wait from './pictures/wait.svg';

// act: do something with the document or yourself; go: walk; hold: stay; stop: not here; flee: leave at once. Each has a symbol of its own
// beside its colour.
export type Tone = 'act' | 'go' | 'hold' | 'stop' | 'flee';

export interface Guide {
  picture: string;
  ahead?: string; // where the exit leaf is straight ahead
  symbol?: string; // instead of the tone's
  tone: Tone;
  sound: readonly number[]; // tones in Hz, one after the other
}

export const guides = {
  WAIT: { picture: wait, tone: 'hold', sound: [] },
  CLOSED: { picture: closed, tone: 'stop', sound: [] },
  PRESENT_DOCUMENT: { picture: present, tone: 'act', sound: [] },
  KEEP_DOCUMENT: { picture: keep, tone: 'hold', sound: [523] },
  TRY_AGAIN: { picture: again, tone: 'act', sound: [392, 392] },
  TAKE_DOCUMENT: { picture: take, tone: 'act', sound: [523, 659] },
  WALK_IN: { picture: enter, tone: 'go', sound: [523, 659, 784] },
  LOOK_HERE: { picture: look, tone: 'act', sound: [659] },
  WALK_OUT: { picture: out, ahead, tone: 'go', sound: [523, 659, 784] },
  WAIT_OFFICER: { picture: officer, tone: 'hold', sound: [440] },
  GO_BACK: { picture: back, tone: 'stop', symbol: 'M20 20V11a6 6 0 0 0-12 0v3M3 10l5 6 5-6', sound: [440, 349] },
  ONE_PERSON: { picture: one, tone: 'stop', sound: [440, 349] },
  EMERGENCY: { picture: emergency, tone: 'flee', sound: [880, 587, 880, 587] },
  OTHER_LANE: { picture: other, tone: 'stop', sound: [440, 440] },
  TO_GATE: { picture: enter, tone: 'go', sound: [523, 659, 784] },
} as const satisfies Record<string, Guide>;

export type Show = keyof typeof guides;

export const guideOf = (show: Show): Guide => guides[show];

export function isShow(name: unknown): name is Show {
  return typeof name === 'string' && Object.hasOwn(guides, name);
}

export const symbols: Record<Tone, string> = { act: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21c0-5 4-7 8-7s8 2 8 7', go: 'M3 12h15M12 5l7 7-7 7',
  hold: 'M6 3h12M6 21h12M7 3c0 5 3 7 5 9 2-2 5-4 5-9M7 21c0-5 3-7 5-9 2 2 5 4 5 9', stop: 'M5 5l14 14M19 5L5 19', flee: 'M3 12h15M12 5l7 7-7 7' };
