// SPDX-License-Identifier: Apache-2.0
// Builds a page: node build.mjs MODULES SOURCE OUT DEPFILE. SOURCE/main.ts and what it imports become app.js, SOURCE/style.css
// style.css; index.html and icon.svg are copied; what is large gets its compressed form beside it. Must never put anything into OUT that the source does not name.
import { createRequire } from 'node:module';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync, constants } from 'node:zlib';

const [modules, source, out, depfile] = process.argv.slice(2);
const esbuild = createRequire(join(resolve(modules), 'x.js'))('esbuild');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const result = await esbuild.build({
  entryPoints: { app: join(resolve(source), 'main.ts'), style: join(resolve(source), 'style.css') },
  outdir: resolve(out), bundle: true, minify: true, metafile: true, charset: 'utf8', format: 'iife', legalComments: 'none',
  target: ['chrome110'], loader: { '.svg': 'text' }, nodePaths: [join(modules, 'node_modules')], logLevel: 'warning',
  absWorkingDir: resolve(source),
});
for (const name of ['index.html', 'icon.svg'])
  copyFileSync(join(source, name), join(out, name));
for (const name of ['index.html', 'app.js', 'style.css']) {
  const packed = gzipSync(readFileSync(join(out, name)), { level: constants.Z_BEST_COMPRESSION });
  packed.fill(0, 4, 8); // no time in it: the same sources give the same bytes
  writeFileSync(join(out, `${name}.gz`), packed);
}
const inputs = [join(source, 'index.html'), join(source, 'icon.svg'), ...Object.keys(result.metafile.inputs).map((p) => resolve(source, p))];
writeFileSync(depfile, `${out}: ${inputs.map((p) => resolve(p).replaceAll(' ', '\\ ')).join(' ')}\n`);
