import { readdirSync, readFileSync, rmSync } from 'node:fs';
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
    // The text of a program stays in memory: half of it is white space and comments, and one letter beyond Latin-1 in a comment doubles it.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const folder of ['dist', 'dist/chunks']) {
    for (const name of readdirSync(join(root, folder)).filter((one) => one.endsWith('.js'))) refuseWide(join(root, folder, name));
  }
}

/** esbuild escapes letters beyond Latin-1 but in regular expressions. @throws when there is one: write it as \uXXXX in the source */
function refuseWide(path) {
  const found = /.{0,60}[^\x00-\xff]/.exec(readFileSync(path, 'utf8'));
  if (found !== null)
    throw new Error(
      `${path}: write the last letter of ${JSON.stringify(found[0])} as an escape, so that the program takes half the memory`,
    );
}
