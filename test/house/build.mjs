// Builds dist/: the bundled programs, and the types of the library.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundle, root } from './bundle.mjs';

rmSync(join(root, 'dist'), { recursive: true, force: true });
await bundle();
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
// Types are checked by `npm run check`: who installs from a repository need not wait for that again.
execFileSync(process.execPath, [tsc, '-p', root, '--emitDeclarationOnly', '--noCheck'], { stdio: 'inherit' });
