// SPDX-License-Identifier: Apache-2.0
// The catalogues, and what the rules' own texts say. Must never hold a sentence itself: a key that no catalogue knows is shown as it is,
// which is what the journal says.
import ar from './catalogue/ar.json';
import en from './catalogue/en.json';
import es from './catalogue/es.json';
import fr from './catalogue/fr.json';
import ru from './catalogue/ru.json';
import zh from './catalogue/zh.json';
import packAr from '../../../rules/eligibility/texts_ar.txt';
import packEn from '../../../rules/eligibility/texts_en.txt';
import packEs from '../../../rules/eligibility/texts_es.txt';
import packFr from '../../../rules/eligibility/texts_fr.txt';
import packRu from '../../../rules/eligibility/texts_ru.txt';
import packZh from '../../../rules/eligibility/texts_zh.txt';
import coreAr from '../../../rules/texts/texts_ar.txt';
import coreEn from '../../../rules/texts/texts_en.txt';
import coreEs from '../../../rules/texts/texts_es.txt';
import coreFr from '../../../rules/texts/texts_fr.txt';
import coreRu from '../../../rules/texts/texts_ru.txt';
import coreZh from '../../../rules/texts/texts_zh.txt';

type Catalogue = Record<keyof typeof en, string>;
const catalogues = { en, fr, es, ar, ru, zh } satisfies Record<string, Catalogue>;
export type Language = keyof typeof catalogues;
export type Key = keyof typeof en;
export const languages = Object.keys(catalogues) as Language[];

function lines(...files: string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const line of files.join('\n').split('\n')) {
    const at = line.indexOf(' = ');
    if (at > 0 && !line.startsWith('#'))
      map.set(line.slice(0, at), line.slice(at + 3));
  }
  return map;
}

const rules: Record<Language, Map<string, string>> = { en: lines(packEn, coreEn), fr: lines(packFr, coreFr), es: lines(packEs, coreEs),
  ar: lines(packAr, coreAr), ru: lines(packRu, coreRu), zh: lines(packZh, coreZh) };

let language: Language = 'en';

export function isLanguage(code: string | null | undefined): code is Language {
  return typeof code === 'string' && Object.hasOwn(catalogues, code);
}

export function setLanguage(code: Language): void {
  language = code;
  document.documentElement.lang = code;
  document.documentElement.dir = code === 'ar' ? 'rtl' : 'ltr';
}

export const current = (): Language => language;
export const languageName = (code: Language): string => catalogues[code].language;
export const t = (key: Key): string => catalogues[language][key];

export function fill(key: Key, values: Record<string, string | number>): string {
  return t(key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

// A name that comes from the schema or a catalogue key of the daemon's.
export function term(prefix: string, name: string): string {
  const words: Record<string, string> = catalogues[language];
  return words[prefix + name] ?? name;
}

// Why something was refused, by its code.
export const explain = (code: string): string => term('code.', code);

// What a check asks, in words; a name that no catalogue knows is shown as it is.
export const checkName = (name: string): string => term('check.', name);

// Why a check came out as it did.
export function because(reason: string): string {
  const words: Record<string, string> = catalogues[language];
  return words[`because.${reason}`] ?? rules[language].get(reason) ?? reason;
}

// A check's name within a sentence is told apart from it.
function named(argument: string): string {
  const check = checkName(argument);
  return check === argument ? because(argument) : fill('quoted', { name: check });
}

// What a rule's code says; an argument that nobody gave is left open.
export function sentence(code: string, args: string[]): string {
  const text = rules[language].get(code);
  return text === undefined ? code : text.replace(/\{(\d)\}/g, (_, n: string) => named(args[Number(n) - 1] || '…')).replace('….', '…');
}

// Why the machine refers: what the rule says, and what it names, which is in the sentence or stands behind it; and its code, for who needs it.
export function why(code: string, argument: string): { words: string; name: string } {
  const said = sentence(code, [argument]), more = argument === '' ? '' : named(argument);
  return { words: said.includes(more) ? said : `${said} ${more}`, name: more === argument ? '' : argument };
}

export const time = (wallMs: number): string =>
  new Date(wallMs).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', numberingSystem: 'latn' });
// Names and figures side by side keep the order of the page, whichever way each is written (Unicode's FSI and PDI).
export const apart = (words: string): string => `\u2068${words}\u2069`;

// A day reads the same in every country: ISO 8601.
export const moment = (wallMs: number): string => {
  const at = new Date(wallMs), two = (n: number): string => String(n).padStart(2, '0');
  return apart(`${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`);
};

// States of the lane's table as an officer tells them apart.
const groups: Record<string, string> = {
  BOOT_SELFTEST: 'starting', OUT_OF_SERVICE: 'out', IDLE: 'idle', DOC_READ: 'document', ELIGIBILITY: 'checking', REDEMPTION: 'checking',
  KIOSK_VERIFY: 'checking', ISSUING: 'checking', RESULT_SHOWN: 'document', REFERRED_OUTSIDE: 'waits',
  DOC_LEFT: 'forgotten', DOC_TAKE_BACK: 'document', DOC_FORGOTTEN: 'forgotten', ENTRY_OPENING: 'entering', INVITING: 'entering',
  ENTRY_OPEN: 'entering', ENTRY_CLOSING: 'entering', ENTRY_REOPENED: 'entering', ENTRY_BLOCKED: 'blocked', INSIDE_DOCUMENT: 'inside',
  INSIDE_ELIGIBILITY: 'inside', INSIDE_TAKE_BACK: 'inside', INSIDE_FORGOTTEN: 'inside', OCCUPIED_VERIFY: 'inside', DECISION_COMMIT: 'inside',
  EXIT_OPENING: 'leaving', EXIT_OPEN: 'leaving', EXIT_PROMPT: 'leaving', EXIT_HELD: 'blocked', EXIT_CLOSING: 'leaving',
  EXIT_REOPENED: 'leaving', EXIT_BLOCKED: 'blocked', CLEAR_CHECK: 'clearing', LEFT_OBJECT: 'object', HOLD_OFFICER: 'waits_inside',
  HOLD_ALERTED: 'waits_inside', HOLD_ESCALATED: 'waits_inside', RETURN_PATH: 'returning', RETURN_HELD: 'returning', ASSIST_OPEN: 'assist',
  SHUTTING: 'shutting', SHUT_BLOCKED: 'blocked', FAULT_LOCKED: 'fault', FAULT_OCCUPIED: 'fault_occupied', GATE_MISSING: 'fault_occupied',
  EMERGENCY_OPEN: 'emergency', MAINTENANCE: 'maintenance',
};

export const stateName = (state: string): string => term('state.', groups[state] ?? state);
