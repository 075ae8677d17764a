// SPDX-License-Identifier: Apache-2.0
// What is printed: the refusal form of Annex V, part B, of Regulation (EU) 2016/399, the shift's report, the safeguarding note. What is written
// into them is neither sent nor kept: the paper is the copy. Must never outlive the screen that opened it.
import type { Me } from './api';
import { h } from './dom';
import type { Figures } from './shift';
import { decisionRows, figureRows, table } from './shift';
import { fill, moment, sentence, t, term, type Key } from './words';

export interface Refused { surname: string; givenNames: string; born: string; sex: string; nationality: string; document: string; number: string; reason: string; lane: string }

const blank = (label: string, value = ''): HTMLElement => {
  const input = h('input', { type: 'text', value, autocomplete: 'off' });
  return h('label', { class: 'blank' }, h('span', {}, label), input);
};

function sheet(title: string, ...content: HTMLElement[]): HTMLElement {
  const close = () => root.dispatchEvent(new Event('close'));
  const root = h('section', { class: 'paper', 'aria-label': title, keydown: (e) => {
    if (e instanceof KeyboardEvent && e.key === 'Escape') {
      e.stopPropagation();
      close();
    }
  } }, h('div', { class: 'paper-bar' }, h('button', { type: 'button', class: 'first', id: 'print', click: () => window.print() }, t('print')),
    h('button', { type: 'button', id: 'paper-close', click: close }, t('close')), h('p', { class: 'soft' }, t('paper_about'))), h('h1', {}, title), ...content);
  return root;
}

const signatures = (left: Key, right: Key): HTMLElement => h('div', { class: 'signatures' }, h('p', {}, t(left)), h('p', {}, t(right)));

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;

export function refusalSheet(me: Me, r: Refused): HTMLElement {
  const box = (letter: typeof letters[number]): HTMLElement => {
    const tick = h('input', { type: 'checkbox' });
    tick.checked = r.reason === `annex_v.${letter}`;
    return h('li', {}, h('label', {}, tick, h('b', {}, `(${letter.toUpperCase()})`), ' ', t(`annex.${letter}`)));
  };
  return sheet(t('form_title'), h('p', { class: 'soft' }, t('form_source')), h('p', {}, fill('form_before', { time: moment(Date.now()), post: me.post, officer: me.name })),
    h('div', { class: 'blanks' }, blank(t('surname'), r.surname), blank(t('given_names'), r.givenNames), blank(t('born'), r.born), blank(t('form_birthplace')),
      blank(t('sex'), r.sex), blank(t('nationality'), r.nationality), blank(t('form_resident')), blank(t('document'), r.document), blank(t('number'), r.number),
      blank(t('form_issued')), blank(t('form_visa')), blank(t('form_from')), blank(t('form_means'))),
    h('p', {}, t('form_hereby')), blank(t('form_law')), h('ol', { class: 'annex' }, ...letters.map(box)), blank(t('form_comments')), h('p', {}, t('form_appeal')),
    signatures('form_person', 'form_officer'));
}

export function reportSheet(me: Me, f: Figures): HTMLElement {
  const rows = (list: [Key, number][]) => list.map(([k, n]): (string | number)[] => [t(k), n]);
  return sheet(t('report'), h('p', {}, `${me.post} · ${moment(f.since_wall_ms)} – ${moment(Date.now())} · ${me.name}, ${term('role.', me.role)}`),
    table([t('crossings'), t('count')], rows(figureRows(f))), table([t('decisions'), t('count')], rows(decisionRows(f))),
    table([t('reason'), t('count'), t('false_alarms')], f.reasons.map((r) => [sentence(r.reason, []), r.count, r.admitted])),
    table([t('step'), t('count'), `${t('p50')}, s`, `${t('p95')}, s`], f.steps.map((s) => [term('step.', s.step), s.count, s.p50_ms / 1000, s.p95_ms / 1000])),
    h('label', { class: 'blank tall' }, h('span', {}, t('remarks')), h('textarea', { rows: 5 })), signatures('form_handed', 'form_officer'));
}

const signs: Key[] = ['sign.alone', 'sign.companion', 'sign.fear', 'sign.papers', 'sign.story', 'sign.injury', 'sign.child'];

export function noteSheet(me: Me, lane: string, crossing: string): HTMLElement {
  return sheet(t('note'), h('p', { class: 'soft' }, t('note_about')),
    h('div', { class: 'blanks' }, blank(t('lane'), lane), blank(t('crossing'), crossing), blank(t('time'), moment(Date.now())), blank(t('officer'), me.name)),
    h('h2', {}, t('signs')), h('ul', { class: 'annex' }, ...signs.map((k) => h('li', {}, h('label', {}, h('input', { type: 'checkbox' }), ' ', t(k))))),
    h('label', { class: 'blank tall' }, h('span', {}, t('remarks')), h('textarea', { rows: 6 })), blank(t('note_handed')), signatures('form_handed', 'form_officer'));
}
