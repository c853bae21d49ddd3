import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestKubectl } from '../support/process-cluster.ts';
import { root } from '../support/sources.ts';

/** `nobody`, in words of setpriv. */
const nobody = 65_534;
const ordinary = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
const files = ['process-pods', 'process-volumes', 'process-services'].map((name) => `test/e2e/${name}.test.ts`);
/** Of what runs in two ways the first. */
const chosen = '^(?!.*, plain )';

/** Why the rows cannot be shown for an ordinary user here. */
function hindrance(): string | undefined {
  if (process.platform !== 'linux') return 'this machine is no Linux';
  if (newestKubectl === undefined) return 'there is no kubectl on this machine';
  if (process.getuid?.() !== 0) return 'these tests are run by an ordinary user already';
  try {
    execFileSync('setpriv', [...ordinary, process.execPath, '-e', 'require("fs").accessSync("dist/main.js")'], { cwd: root });
    return undefined;
  } catch (error) {
    const why = `no ordinary user can run what is in ${root}: ${(error as Error).message}`;
    if (process.env['CI'] !== undefined) throw new Error(why, { cause: error });
    return why;
  }
}
const why = hindrance();
if (why !== undefined) console.log(`skipped: the rows of the runtime process for an ordinary user (${why})`);

describe.skipIf(why !== undefined)('for an ordinary user', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'steer-user-'));
    chownSync(home, nobody, nobody);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('the rows hold too that tests show for root (A1.17, A2.2, A2.3, A3.2, A4.7, A5.1, A5.3, A5.4, A5.5, A5.14, A6.1 to A6.4, A6.8, G37)', async () => {
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--configLoader', 'runner', '--config', 'test/vitest.config.ts'];
    const environment = [`PATH=${String(process.env['PATH'])}`, `HOME=${home}`, `TMPDIR=${home}`, 'STEER_BUILT=1'];
    const words = [...ordinary, 'env', '-i', ...environment, process.execPath, ...vitest, '--reporter=json', '-t', chosen, ...files];
    const { stdout } = await promisify(execFile)('setpriv', words, { cwd: root, maxBuffer: 1e8 }).catch(
      (error: unknown) => error as { stdout: string },
    );
    const { numPassedTests, testResults } = JSON.parse(stdout.slice(stdout.indexOf('{"'))) as Report;
    const failed = testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'));
    expect(failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]?.slice(0, 500)}`)).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(15);
  }, 400_000);
});

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
