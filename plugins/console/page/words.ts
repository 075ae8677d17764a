// SPDX-License-Identifier: Apache-2.0
// The catalogues. Must never hold a sentence itself: a key that no catalogue knows is shown as it is, which is what the journal says.
import ar from './catalogue/ar.json';
import en from './catalogue/en.json';
import es from './catalogue/es.json';
import fr from './catalogue/fr.json';
import ru from './catalogue/ru.json';
import zh from './catalogue/zh.json';

type Catalogue = Record<keyof typeof en, string>;
const catalogues = { en, fr, es, ar, ru, zh } satisfies Record<string, Catalogue>;
export type Language = keyof typeof catalogues;
export type Key = keyof typeof en;
export const languages = Object.keys(catalogues) as Language[];

let language: Language = 'en';

export function isLanguage(code: string | null): code is Language {
  return code !== null && Object.hasOwn(catalogues, code);
}

export function setLanguage(code: Language): void {
  language = code;
  document.documentElement.lang = code;
  document.documentElement.dir = code === 'ar' ? 'rtl' : 'ltr';
}

export const current = (): Language => language;
export const languageName = (code: Language): string => catalogues[code].language;
export const t = (key: Key): string => catalogues[language][key];

// A name that comes from the schema or a catalogue key of the daemon's.
export function term(prefix: string, name: string): string {
  const words: Record<string, string> = catalogues[language];
  return words[prefix + name] ?? name;
}

// States of the lane's table as an officer tells them apart.
const groups: Record<string, string> = {
  BOOT_SELFTEST: 'starting', OUT_OF_SERVICE: 'out', IDLE: 'idle', DOC_READ: 'document', ELIGIBILITY: 'checking', REFERRED_OUTSIDE: 'waits',
  DOC_LEFT: 'forgotten', DOC_TAKE_BACK: 'document', DOC_FORGOTTEN: 'forgotten', ENTRY_OPENING: 'entering', ENTRY_OPEN: 'entering',
  ENTRY_CLOSING: 'entering', ENTRY_REOPENED: 'entering', ENTRY_BLOCKED: 'blocked', OCCUPIED_VERIFY: 'inside', DECISION_COMMIT: 'inside',
  EXIT_OPENING: 'leaving', EXIT_OPEN: 'leaving', EXIT_PROMPT: 'leaving', EXIT_HELD: 'blocked', EXIT_CLOSING: 'leaving',
  EXIT_REOPENED: 'leaving', EXIT_BLOCKED: 'blocked', CLEAR_CHECK: 'clearing', LEFT_OBJECT: 'object', HOLD_OFFICER: 'waits_inside',
  HOLD_ALERTED: 'waits_inside', HOLD_ESCALATED: 'waits_inside', RETURN_PATH: 'returning', RETURN_HELD: 'returning', ASSIST_OPEN: 'assist',
  SHUTTING: 'shutting', SHUT_BLOCKED: 'blocked', FAULT_LOCKED: 'fault', FAULT_OCCUPIED: 'fault_occupied', GATE_MISSING: 'fault_occupied',
  EMERGENCY_OPEN: 'emergency', MAINTENANCE: 'maintenance',
};

export const stateGroup = (state: string): string => groups[state] ?? 'fault';
