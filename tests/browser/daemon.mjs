// SPDX-License-Identifier: Apache-2.0
// The demonstration with a real posternd, simulated lanes, travellers' displays and, where wanted, the officers' console, for the browser tests. Must never end a process
// that it did not start, nor listen beyond loopback.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

export async function until(what, condition, ms = 20000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    const value = await condition();
    if (value)
      return value;
  }
  throw new Error(`in ${ms} ms not: ${what}`);
}

const decisions = { EXCEPTION_DATABASE_HIT: ['second-line', 'list.hit'], EXCEPTION_TAILGATING: ['send-back', 'two.persons'],
  EXCEPTION_MINOR: ['admit', 'guardian.present'] };

export class Daemon {
  // more: lanes, console (an officers' console at the post, its lanes with a line to it), officer_required, link (to the centre, which
  // can be cut), traveller (one lane more, where person() is who comes), cards (accounts whose smart card is enrolled: the console is
  // under TLS then), faces (chips with portraits, and a camera at each lane), kiosk (the first lane is a
  // gate behind a kiosk, and somebody stands at both by hand: lay(), personAt())
  constructor(build, source, port, more = {}) {
    this.more = { lanes: 1, console: false, officer_required: false, link: false, traveller: false, cards: [], faces: false, kiosk: false, ...more };
    this.build = build;
    this.source = source;
    this.port = port; // and some more: 0 centre, 1 link (nobody there), 2.. chips, 20 console and its gates, 27.. displays
    this.user = 40000 + (port - 21600) * 10; // no daemon's but its own: the limit on processes is one of a user's
    this.folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
    chmodSync(this.folder, 0o755);
    this.postern = join(build, 'tools/postern/postern');
    this.run = join(this.folder, 'run');
    this.url = `http://127.0.0.1:${port + 27}/`;
    this.console = `http${this.more.cards.length > 0 ? 's' : ''}://127.0.0.1:${port + 20}/`;
  }

  start(scenario, travellers) {
    const file = join(this.folder, 'scenario.yaml');
    writeFileSync(file, scenario);
    const made = spawnSync(join(this.source, 'etc/demo/make-config'), [this.build, this.folder, String(this.more.lanes), String(travellers)], {
      encoding: 'utf8', env: { ...process.env, POSTERN_PORT: String(this.port), POSTERN_FIRST_USER: String(this.user), POSTERN_SCENARIO: file, POSTERN_CHIPS: this.more.faces ? '1' : '0',
        POSTERN_FACES: this.more.faces ? '1' : '0',
        POSTERN_DISPLAY_PORT: String(this.port + 27), POSTERN_OFFICER_REQUIRED: String(this.more.officer_required),
        ...(this.more.traveller ? { POSTERN_TRAVELLER_PORT: String(this.port + 40) } : {}),
        ...(this.more.link ? { POSTERN_LINK_PORT: String(this.port + 1) } : {}),
        ...(this.more.console ? { POSTERN_CONSOLE_PORT: String(this.port + 20) } : {}) } });
    if (made.status !== 0)
      throw new Error(made.stderr);
    if (this.more.cards.length > 0)
      this.enrol(made.stdout.trim());
    if (this.more.faces) // a matcher on a busy machine is slow, not dead
      this.change(made.stdout.trim(), (text) => text.replaceAll('    officer_required: true\n', '    officer_required: true\n    stale_after_ms: 8000\n'));
    if (this.more.kiosk)
      this.behindKiosk(made.stdout.trim());
    if (this.more.link)
      this.link = spawn('python3', [join(this.source, 'etc/demo/link'), String(this.port + 1), String(this.port)], { stdio: 'ignore' });
    const log = openSync(join(this.folder, 'posternd.log'), 'w');
    this.child = spawn(join(this.build, 'core/posternd'), ['--config', made.stdout.trim()], { stdio: ['ignore', log, log] });
  }

  // The kiosk's reader is at the other end of a line that this test holds: before start().
  async openKiosk() {
    this.kiosk = spawn('python3', ['-c', `import os, sys, tty
far, near = os.openpty()
tty.setraw(near)
print(os.ttyname(near), flush=True)
for line in sys.stdin.buffer:
    os.write(far, b'\\x02' + line.rstrip(b'\\n') + b'\\x03')`], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.kioskLine = await new Promise((r) => this.kiosk.stdout.once('data', (d) => r(String(d).trim())));
  }

  // A document laid on the kiosk's reader, and taken again.
  lay(lines) {
    this.kiosk.stdin.write(lines.map((l) => `${l}\n`).join(''));
  }

  behindKiosk(config) {
    const d = this.folder, unit = `  - name: lane-1
    role: gate
    crossing_point: OSL
    time_zone: UTC
    direction: entry
    mode: controlled
    officer_required: true
    lane: ${d}/segregated.yaml
    kiosk_results: {valid_s: 600}
    trust: ${d}/pki/trust
    plugins:
      - {instance: reader, plugin: reader-serial, devices: {line: line-1}, options: {removed_frame: "--"}}
      - {instance: check, plugin: check-document}
      - {instance: watchlist, plugin: watchlist, folders: {lists: ${d}/lists, trust: ${d}/pki/trust}}
      - {instance: rules, plugin: rules-lua, folders: {packs: ${d}/packs, trust: ${d}/pki/trust}}
      - instance: gate
        plugin: sim-lane
        devices: {line: line-1-far}
        folders: {scenario: ${d}/scenario}
        sockets: [inet-client, inet-server]
        connect_ports: [1]
        bind_ports: [${this.port + 41}]
        options: {scenario: demo.yaml, travellers: 1, first_index: 0, topology: segregated, traveller_port: ${this.port + 41}}
      - {instance: kiosk-reader, plugin: reader-serial, kiosk: kiosk-1, devices: {line: kiosk-line}, options: {removed_frame: "--"}}
      - instance: post-link
        plugin: post-link
        sockets: [inet-client]
        connect_ports: [${this.port + 21}]
        folders: {pki: ${d}/pki/gates/lane-1}
        options: {host: "127.0.0.1", port: ${this.port + 21}}
`;
    copyFileSync(join(this.source, 'hw/lanes/segregated.yaml'), join(d, 'segregated.yaml'));
    this.change(config, (text) => (text.slice(0, text.indexOf('  - name: lane-1\n')) + unit + text.slice(text.indexOf('  - name: lane-2\n')))
      .replace('devices:\n', `devices:\n  - {name: kiosk-line, path: ${this.kioskLine}}\n`));
  }

  change(config, how) {
    writeFileSync(config, how(readFileSync(config, 'utf8')));
  }

  enrol(config) {
    this.change(config, (text) => text.replace('tls: false', 'tls: true, cards: true'));
    const accounts = join(this.folder, 'accounts/accounts.yaml');
    for (const name of this.more.cards) {
      const r = spawnSync(this.postern, ['account', 'certificate', name, '--certificate', this.card(name).certPath, '--file', accounts], { encoding: 'utf8' });
      if (r.status !== 0)
        throw new Error(r.stderr);
    }
    chmodSync(accounts, 0o644);
  }

  // What an officer's smart card holds.
  card(name) {
    return { certPath: join(this.folder, `pki/cards/${name}.pem`), keyPath: join(this.folder, `pki/cards/${name}.key`) };
  }

  tool(...argv) {
    const r = spawnSync(this.postern, [...argv, '--run-folder', this.run], { encoding: 'utf8', timeout: 20000 });
    return r.status === 0 ? r.stdout : '';
  }

  // What a person does at the last lane, act by act; what they saw.
  person(...acts) {
    return this.personAt(this.port + 40, ...acts);
  }

  personAt(port, ...acts) {
    const r = spawnSync(this.postern, ['traveller', '--port', String(port), ...acts], { encoding: 'utf8', timeout: 120000 });
    if (r.status !== 0)
      throw new Error(`${acts}: ${r.stderr}${r.stdout}`);
    return r.stdout;
  }

  lane(name = 'lane-1') {
    const text = this.tool('status', '--json');
    return text === '' ? undefined : JSON.parse(text).find((u) => u.unit === name);
  }

  plugin(instance, unit = 'lane-1') {
    return this.lane(unit)?.plugins.find((p) => p.instance === instance);
  }

  // The present one-time code of an account of the demonstration.
  code(name) {
    return spawnSync(this.postern, ['account', 'code', name, '--file', join(this.folder, 'accounts/accounts.yaml')], { encoding: 'utf8' }).stdout.trim();
  }

  async ready() {
    await until('every plugin of the lane ready', () => {
      if (this.child.exitCode !== null)
        throw new Error(this.log());
      const units = [...Array.from({ length: this.more.lanes + (this.more.traveller ? 1 : 0) }, (_, n) => `lane-${n + 1}`), ...(this.more.console ? ['post-1'] : [])];
      const told = JSON.parse(this.tool('status', '--json') || '[]');
      return units.every((u) => told.find((x) => x.unit === u)?.plugins.every((p) => p.state === 'ready' || p.instance === 'uplink'));
    }, 60000);
  }

  log() {
    return readFileSync(join(this.folder, 'posternd.log'), 'utf8').split('\n').slice(-20).join('\n');
  }

  cutLink(cut) {
    this.link.kill(cut ? 'SIGUSR1' : 'SIGUSR2');
  }

  // The newest of a unit's children by that name, a child of the daemon that we started.
  childPid(unit, child) {
    const lines = readFileSync(join(this.folder, 'posternd.log'), 'utf8').split('\n');
    const line = lines.filter((l) => l.includes('child.started') && l.includes(`unit=${unit} `) && l.includes(`child=${child} `)).at(-1);
    return Number(/pid=(\d+)/.exec(line ?? '')?.[1] ?? 0);
  }

  corePid() {
    return this.childPid('lane-1', 'core');
  }

  // The officer of the demonstration: decides what waits, brings the lane back into service.
  officer() {
    const u = this.lane();
    if (!u)
      return;
    if (u.waiting_verdict_hash) {
      const [decision, reason] = decisions[u.waiting_exception] ?? ['send-back', 'manual.check'];
      this.tool('officer', 'decide', '--lane', 'lane-1', '--crossing', u.crossing_id, '--decision', decision, '--reason', reason,
        '--officer', 'officer-1', '--key', join(this.folder, 'pki/officers/officer-1.key'));
    } else if (['OUT_OF_SERVICE', 'FAULT_LOCKED'].includes(u.gate_state)) {
      this.tool('lane', 'resume', '--lane', 'lane-1', '--officer', 'officer-1');
    }
  }

  // What stands in a lane's journal, oldest first.
  records(lane) {
    const r = spawnSync(this.postern, ['journal', 'export', join(this.folder, `state/${lane}/journal.db`)], { encoding: 'utf8', maxBuffer: 1 << 26 });
    return r.stdout.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));
  }

  // Travellers who have walked off, by the simulator's own log.
  travellersDone() {
    const path = join(this.folder, 'state/lane-1.gate/truth.jsonl');
    if (!existsSync(path))
      return [];
    return readFileSync(path, 'utf8').split('\n').filter((l) => l.includes('"traveller_done"')).map((l) => JSON.parse(l).detail);
  }

  async stop() {
    if (this.child && this.child.exitCode === null) {
      const gone = new Promise((r) => this.child.once('exit', r));
      this.child.kill('SIGTERM');
      await Promise.race([gone, sleep(10000)]);
      if (this.child.exitCode === null && this.child.signalCode === null)
        this.child.kill('SIGKILL');
    }
    this.link?.kill('SIGTERM');
    this.kiosk?.kill('SIGTERM');
    // Of a build with sanitizers.
    const path = join(this.folder, 'posternd.log');
    const found = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((l) => /Sanitizer|runtime error:/.test(l)) : [];
    if (found.length > 0)
      throw new Error(`see ${path}:\n${found.slice(0, 20).join('\n')}`);
    if (!process.env.POSTERN_KEEP)
      rmSync(this.folder, { recursive: true, force: true });
  }
}
