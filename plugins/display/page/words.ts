// SPDX-License-Identifier: Apache-2.0
// The catalogues, one file for each language. Must never hold a sentence itself.
import ar from './catalogue/ar.json';
import en from './catalogue/en.json';
import es from './catalogue/es.json';
import fr from './catalogue/fr.json';
import ru from './catalogue/ru.json';
import zh from './catalogue/zh.json';
import type { Show } from './guide';

export type Exit = 'ahead' | 'left' | 'right';

export const advices = ['CLOSER', 'STAND_STILL', 'ALONE', 'UNCOVER'] as const;
export const turns = ['TURN_LEFT', 'TURN_RIGHT'] as const; // of the head, as whoever stands there has left and right
export type Turn = (typeof turns)[number];
export type Advice = (typeof advices)[number] | Turn;

export function isAdvice(word: unknown): word is Advice {
  return advices.some((a) => a === word) || isTurn(word);
}

export function isTurn(word: unknown): word is Turn {
  return turns.some((t) => t === word);
}

export interface Catalogue {
  name: string;
  dir: string;
  voice: string;
  language: string;
  access: string;
  access_off: string;
  seconds: string;
  lane: string;
  exit: Record<Exit, string>;
  advice: Record<(typeof advices)[number], string>;
  turn: Record<Turn, string>;
  turn_back: string;
  then_walk_in: string;
  show: Record<Show, string[]>;
}

export const catalogues = { en, fr, es, ar, ru, zh } satisfies Record<string, Catalogue>;

export type Language = keyof typeof catalogues;

export function isLanguage(code: unknown): code is Language {
  return typeof code === 'string' && Object.hasOwn(catalogues, code);
}

export function titleOf(language: Language, show: Show, advice: Advice | null): string {
  if (show === 'LOOK_HERE' && isTurn(advice))
    return catalogues[language].turn[advice];
  return catalogues[language].show[show][0] ?? '';
}

// The second line; on the way out it says where the leaf is that has opened, before the camera what would help, and who takes the document
// back whether to walk in.
export function hintOf(language: Language, show: Show, exit: Exit, advice: Advice | null, walkIn: boolean): string {
  if (show === 'LOOK_HERE' && advice !== null)
    return isTurn(advice) ? catalogues[language].turn_back : catalogues[language].advice[advice];
  if (show === 'TAKE_DOCUMENT' && walkIn)
    return catalogues[language].then_walk_in;
  return show === 'WALK_OUT' ? catalogues[language].exit[exit] : catalogues[language].show[show][1] ?? '';
}
