import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** One bundled file a program in dist/ (quick to start; native packages stay outside). */
export async function bundle() {
  rmSync(join(root, 'dist/chunks'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts', index: 'src/index.ts', shim: 'src/cli/shim.ts', bench: 'test/bench/main.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['lmdb', 'fsevents', '@peculiar/x509', 'reflect-metadata'],
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const folder of ['dist', 'dist/chunks']) {
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.js'));
    for (const name of names) narrow(join(root, folder, name));
  }
}

/**
 * One letter beyond Latin-1 makes V8 keep a whole source, megabytes, in two bytes a letter. Only comments of dependencies have such:
 * everywhere else esbuild escapes them.
 */
function narrow(path) {
  const text = readFileSync(path, 'utf8');
  const narrowed = text.replaceAll(/(?:^\s*\/?\*|\/\/ ).*[^\x00-\xff].*$/gm, (line) => line.replaceAll(/[^\x00-\xff]/g, '?'));
  if (narrowed !== text) writeFileSync(path, narrowed);
}
