// SPDX-License-Identifier: Apache-2.0
// What the gate has shown of one crossing: the person's data, the checks, matches and earlier stays, as elements. Must never colour what is as it should be.
import { h, icon, type Icon } from './dom';
import { iconBox, resultIcons } from './tile';
import { because, checkName, fill, sentence, t, term, type Key } from './words';

export interface Day { year: number; month: number; day: number }
export interface Check { name: string; result: string; field: string; reason: string; expected: string; found: string; plain?: boolean }
export interface Match { entry_id: string; list_id: string; handling_code: string; basis: string; score_permille: number; reasons: string[] }
export interface Person {
  document: {
    document_code: string; issuer: string; number: string; surname: string; given_names: string; name_truncated: boolean; nationality: string;
    birth_date: Day | null; sex: string; expiry_date: Day | null; age_years: number; days_to_expiry: number;
  } | null;
  checks: Check[]; chip_checks: Check[]; chip_result: string; matches: Match[]; dismissed: Match[]; watchlist_result: string; list_stale: boolean;
  history_result: string; stays: { entry_date: Day | null; exit_date: Day | null; permitted: boolean }[];
  permits_result: string; authorisation_result: string; bans_result: string; expected_result: string; reference_date: Day | null;
  bans: { issuer: string; valid_until: Day | null }[]; permits: { kind: string; issuer: string; valid_until: Day | null }[];
  face: { checks: Check[] } | null;
  rules: { findings: { rule: string; verdict: string; code: string; args: string[] }[]; pack: string; pack_version: string } | null;
}
export interface Portrait { source: string; media_type: string; size: number }
export interface Shown {
  gate: string; crossing_id: string; verdict_hash: string; verdict: string; exception: string; reason: string; reason_argument: string;
  record: Person | null; portraits: Portrait[]; second_officer_needed: boolean; checks_left_out: number; purpose: string; printed_by_reader: boolean;
}

export const day = (d: Day | null): string =>
  (d === null || d.year === 0 ? '' : [String(d.year), d.month === 0 ? '??' : String(d.month).padStart(2, '0'), d.day === 0 ? '??' : String(d.day).padStart(2, '0')].join('-'));

const TRIES = 12, TRY_MS = 250; // its bytes come after the referral

// Whether it is not there yet, or is of a format that this browser does not draw (JPEG 2000), an error does not say.
function picture(frame: HTMLElement, words: HTMLElement, url: string, label: string): void {
  const attempt = (n: number): void => {
    const image = h('img', { src: url, alt: label });
    image.addEventListener('load', () => frame.replaceWith(image));
    image.addEventListener('error', () => {
      if (n < TRIES && frame.isConnected)
        window.setTimeout(() => attempt(n + 1), TRY_MS);
      else
        words.textContent = t('portrait_format');
    });
  };
  window.setTimeout(() => attempt(1), 0);
}

// A missing picture is said, not left out.
export function portraits(list: Portrait[], crossing: string, printedByReader: boolean): HTMLElement {
  const one = (source: string, label: Key, none: Key = 'no_portrait'): HTMLElement => {
    const given = list.some((p) => p.source === source);
    const words = h('span', {}, t(given ? 'portrait_coming' : none));
    const frame = h('div', { class: 'no-picture' }, icon('person'), words);
    if (given)
      picture(frame, words, `/api/portrait?crossing=${encodeURIComponent(crossing)}&source=${source.slice('PORTRAIT_'.length).toLowerCase()}`, t(label));
    return h('figure', { 'data-source': source }, frame, h('figcaption', {}, t(label)));
  };
  return h('div', { class: 'portraits' }, one('PORTRAIT_LIVE', 'portrait_live'), one('PORTRAIT_CHIP', 'portrait_chip'),
    one('PORTRAIT_PRINTED', 'portrait_printed', printedByReader ? 'no_printed_now' : 'no_printed'));
}

export function personFacts(p: Person): HTMLElement {
  const d = p.document;
  if (d === null)
    return h('p', { class: 'irregular' }, t('no_document'));
  const expired = d.days_to_expiry < 0;
  const row = (label: Key, value: string, irregular = false, more = '') =>
    [h('dt', {}, t(label)), h('dd', irregular ? { class: 'irregular' } : {}, value === '' ? '–' : value, more === '' ? null : h('span', { class: 'soft' }, ` ${more}`))];
  return h('dl', { class: 'facts person' }, ...row('surname', d.surname, false, d.name_truncated ? t('truncated') : ''), ...row('given_names', d.given_names),
    ...row('born', day(d.birth_date), d.age_years < 0, d.age_years < 0 ? t('age_unknown') : fill('age', { n: d.age_years })),
    ...row('sex', d.sex), ...row('nationality', d.nationality), ...row('document', d.document_code), ...row('number', d.number), ...row('issuer', d.issuer),
    ...row('expires', day(d.expiry_date), expired, expired ? t('expired') : fill('days_left', { n: d.days_to_expiry })));
}

const irregular = (result: string): boolean => result !== 'CHECK_SUCCESSFUL' && result !== 'CHECK_NOT_PERFORMED';

// The machine's name for it, which the journal has, stands beside what is irregular; of the rest it is a tip.
function checkRow(c: Check): HTMLElement {
  const plain = c.plain === true, bad = irregular(c.result);
  const file = c.name === 'pa.dg.hash' ? ` ${c.field.toUpperCase()}` : '';
  const name = h('span', plain ? { class: 'check' } : { class: 'check', title: c.name }, (plain ? c.name : checkName(c.name)) + file);
  const reason = c.reason === '' ? null : h('span', { class: 'soft because' }, ` ${because(c.reason)}`);
  const code = plain || !bad ? null : h('span', { class: 'code mono soft', dir: 'ltr' }, c.name);
  const differs = c.expected === '' && c.found === '' ? null
    : h('span', { class: 'differs' }, ` ${t('expected')} ${c.expected || '–'} · ${t('found')} ${c.found || '–'}`);
  return h('li', { 'data-result': c.result, 'data-irregular': String(bad) }, iconBox(resultIcons[c.result] ?? 'unsure'),
    h('span', {}, name, reason, differs, code), h('span', { class: 'soft' }, term('', c.result)));
}

// Worst first; a group opens by itself where something in it is irregular.
function group(title: Key, checks: Check[], none: Key): HTMLElement {
  const order = ['CHECK_FAILED', 'CHECK_ABORTED', 'CHECK_UNDETERMINED', 'CHECK_RESULT_UNSPECIFIED', 'CHECK_SUCCESSFUL', 'CHECK_NOT_PERFORMED'];
  const sorted = [...checks].sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  const bad = sorted.filter((c) => irregular(c.result)).length;
  const done = sorted.filter((c) => c.result !== 'CHECK_NOT_PERFORMED').length;
  const state: Icon = bad > 0 ? resultIcons[sorted[0]?.result ?? ''] ?? 'unsure' : done > 0 ? 'ok' : 'none';
  const words = bad > 0 ? fill('group_irregular', { n: bad, of: done }) : done > 0 ? fill('group_regular', { n: done }) : t(none);
  const d = h('details', { 'data-irregular': String(bad > 0), 'data-result': bad > 0 ? sorted[0]?.result ?? '' : '' },
    h('summary', {}, iconBox(state), h('b', {}, t(title)), h('span', {}, words)), h('ul', { class: 'checks' }, ...sorted.map(checkRow)));
  d.open = bad > 0;
  return d;
}

export function checkGroups(p: Person, leftOut: number): HTMLElement {
  const made = (name: string, result: string, reason = ''): Check => ({ name: t(`search.${name}` as Key), result, field: '', reason, expected: '', found: '', plain: true });
  const lists = made('lists', p.matches.length > 0 ? 'CHECK_FAILED' : p.list_stale ? 'CHECK_UNDETERMINED' : p.watchlist_result, p.matches.length > 0 ? fill('search_hits', { n: p.matches.length }) : '');
  const background = [lists, made('history', p.history_result), made('permits', p.permits_result), made('authorisation', p.authorisation_result),
    made('bans', p.bans.length > 0 ? 'CHECK_FAILED' : p.bans_result), made('expected', p.expected_result)];
  return h('div', { class: 'groups' }, group('BLOCK_OPTICAL', p.checks, 'group_none'), group('BLOCK_ELECTRONIC', p.chip_checks, 'group_no_chip'),
    group('BLOCK_BIOMETRIC', p.face?.checks ?? [], 'group_no_person'), group('BLOCK_BACKGROUND', background, 'group_none'),
    leftOut > 0 ? h('p', { class: 'soft' }, fill('left_out', { n: leftOut })) : null);
}

// Beside the one that decided, which stands above them.
export function findings(p: Person, decided: string): HTMLElement | null {
  const list = (p.rules?.findings ?? []).filter((f) => f.verdict !== 'VERDICT_CLEAR' && f.code !== decided);
  return list.length === 0 ? null : h('ul', { class: 'findings' }, ...list.map((f) =>
    h('li', {}, sentence(f.code, f.args), ' ', h('span', { class: 'soft' }, term('', f.verdict)))));
}

function matchCard(m: Match, dismissed: boolean): HTMLElement {
  const score = h('meter', { min: 0, max: 1000, value: m.score_permille, 'aria-label': t('score') });
  return h('li', { class: 'match', 'data-dismissed': String(dismissed) }, h('p', {}, h('b', {}, `${m.list_id} · ${m.entry_id}`), ' ', dismissed ? t('dismissed') : ''),
    h('p', {}, term('basis.', m.basis), ' · ', h('span', { class: 'mono' }, m.handling_code)), h('p', {}, score, ` ${(m.score_permille / 10).toFixed(1)} %`),
    m.reasons.length === 0 ? null : h('p', { class: 'soft' }, m.reasons.map((r) => term('', r)).join(' · ')));
}

export function matchList(p: Person): HTMLElement | null {
  return p.matches.length + p.dismissed.length === 0 ? null : h('section', { class: 'card matches' }, h('h2', {}, t('matches')),
    h('ul', {}, ...p.matches.map((m) => matchCard(m, false)), ...p.dismissed.map((m) => matchCard(m, true))));
}

const number = (d: Day | null): number => (d === null || d.year === 0 ? 0 : Date.UTC(d.year, Math.max(d.month, 1) - 1, Math.max(d.day, 1)) / 86400000);

export function stayList(p: Person): HTMLElement {
  const rows = [...p.stays].sort((a, b) => number(b.entry_date) - number(a.entry_date)).map((s) => {
    const out = number(s.exit_date), days = (out === 0 ? number(p.reference_date) : out) - number(s.entry_date) + 1;
    return h('tr', {}, h('td', { class: 'number' }, day(s.entry_date)), h('td', { class: out === 0 ? 'irregular' : 'number' }, out === 0 ? t('stay_open') : day(s.exit_date)),
      h('td', { class: 'number' }, days > 0 ? String(days) : '–'), h('td', {}, s.permitted ? t('stay_permitted') : ''));
  });
  const known = p.history_result === 'CHECK_SUCCESSFUL';
  const head = (['entered', 'left', 'days', 'stay_note'] as Key[]).map((k) => h('th', { scope: 'col' }, t(k)));
  return h('section', { class: 'card stays' }, h('h2', {}, t('stays')), known ? null : h('p', { class: p.history_result === 'CHECK_NOT_PERFORMED' ? 'soft' : 'irregular' }, `${t('search.history')}: ${term('', p.history_result)}`),
    rows.length === 0 ? h('p', { class: 'soft' }, t('stays_none')) : h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)));
}
