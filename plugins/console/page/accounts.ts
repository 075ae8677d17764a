// SPDX-License-Identifier: Apache-2.0
// What an administrator is told about accounts. Must never hold one: they are kept on the post, by its own command.
import type { Screen, Shortcut } from './app';
import { h } from './dom';
import { t, type Key } from './words';

const commands = ['list', 'add NAME', 'lock NAME', 'unlock NAME', 'password NAME', 'totp NAME', 'certificate NAME'];

export class Accounts implements Screen {
  readonly title: Key = 'accounts';
  readonly keys: Shortcut[] = [];
  readonly root = h('div', { class: 'sheet-page' }, h('section', { class: 'card' }, h('h1', {}, t('accounts')), h('p', {}, t('admin_about')),
    h('ul', { class: 'mono', dir: 'ltr' }, ...commands.map((c) => h('li', {}, `postern account ${c}`)))));

  update(): void { /* nothing here runs */ }
  end(): void { /* nor is held */ }
}
