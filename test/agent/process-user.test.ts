import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot } from '../support/process-runtime.ts';
import { root } from '../support/sources.ts';

/** `nobody`, in words of setpriv. */
const ordinary = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
function canRead(): boolean {
  try {
    execFileSync('setpriv', [...ordinary, process.execPath, '-e', 'require("fs").accessSync("package.json")'], {
      cwd: root,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false; // This checkout is root's alone: its tests cannot be run by another.
  }
}

describe.skipIf(!isRoot || process.platform !== 'linux' || !canRead())('for an ordinary user', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'steer-home-'));
    chownSync(home, 65534, 65534);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('the runtime process passes the same tests', async () => {
    const files = [
      ...(process.env['STEER_SOAK'] === undefined ? [] : ['test/agent/process.test.ts']),
      'test/agent/process-isolated.test.ts',
      'test/agent/process-plain.test.ts',
      'test/contract/runtime.test.ts',
    ];
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--configLoader', 'runner', '--config', 'test/vitest.config.ts'];
    const words = [
      ...ordinary,
      'env',
      '-i',
      `PATH=${String(process.env['PATH'])}`,
      `HOME=${home}`,
      process.execPath,
      ...vitest,
      '--reporter=json',
      ...files,
    ];
    const { stdout } = await promisify(execFile)('setpriv', words, { cwd: root, maxBuffer: 1e8 }).catch(
      (error: unknown) => error as { stdout: string },
    );
    const report = JSON.parse(stdout.slice(stdout.indexOf('{"'))) as Report;
    const failed = report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'));
    expect(failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]?.slice(0, 300)}`)).toEqual([]);
    expect(report.numPassedTests).toBeGreaterThan(50);
  }, 300_000);
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
