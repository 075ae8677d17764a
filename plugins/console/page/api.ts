// SPDX-License-Identifier: Apache-2.0
// What the page asks of its console. Must never keep a password, nor send a change without the session's token.
export interface Me {
  name: string;
  role: string;
  token: string;
  post: string;
  gates_per_officer: number;
  acts: string[];
  reasons: Record<string, string[]>;
}

export interface Answer {
  ok: boolean;
  status: number;
  code: string;
  body: Record<string, unknown>;
}

let token = '';

export function setToken(t: string): void {
  token = t;
}

async function answered(r: Response): Promise<Answer> {
  let body: Record<string, unknown> = {};
  try {
    body = await r.json() as Record<string, unknown>;
  } catch { /* no body: the status says it */ }
  return { ok: r.ok, status: r.status, code: typeof body.code === 'string' ? body.code : `http.${r.status}`, body };
}

async function ask(path: string, init: RequestInit): Promise<Answer> {
  try {
    return await answered(await fetch(path, { cache: 'no-store', ...init }));
  } catch {
    return { ok: false, status: 0, code: 'console.away', body: {} };
  }
}

export const get = (path: string): Promise<Answer> => ask(path, {});

export const post = (path: string, fields: Record<string, string>): Promise<Answer> =>
  ask(path, { method: 'POST', body: new URLSearchParams(fields), headers: { 'X-Postern-Token': token } });
