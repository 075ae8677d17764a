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
export type Advice = (typeof advices)[number];

export function isAdvice(word: unknown): word is Advice {
  return advices.some((a) => a === word);
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
  advice: Record<Advice, string>;
  then_walk_in: string;
  show: Record<Show, string[]>;
}

export const catalogues = { en, fr, es, ar, ru, zh } satisfies Record<string, Catalogue>;

export type Language = keyof typeof catalogues;

export function isLanguage(code: unknown): code is Language {
  return typeof code === 'string' && Object.hasOwn(catalogues, code);
}

export function titleOf(language: Language, show: Show): string {
  return catalogues[language].show[show][0] ?? '';
}

// The second line; on the way out it says where the leaf is that has opened, before the camera what would help, and who takes the document
// back whether to walk in.
export function hintOf(language: Language, show: Show, exit: Exit, advice: Advice | null, walkIn: boolean): string {
  if (show === 'LOOK_HERE' && advice !== null)
    return catalogues[language].advice[advice];
  if (show === 'TAKE_DOCUMENT' && walkIn)
    return catalogues[language].then_walk_in;
  return show === 'WALK_OUT' ? catalogues[language].exit[exit] : catalogues[language].show[show][1] ?? '';
}
