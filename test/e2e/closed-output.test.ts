import { afterAll, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { startProgram, steer, steerProgram } from '../support/steer.ts';

const folder = tempFolder('steer-closed-');
afterAll(() => folder[Symbol.dispose]());

/** A line of a shell, in which `steer` is this program. */
function shell(line: string): ReturnType<typeof startProgram>['finished'] {
  const words = ['bash', '-o', 'pipefail', '-c', `steer() { "${process.execPath}" "${steerProgram}" "$@"; }; ${line}`];
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder.path, XDG_STATE_HOME: folder.path, XDG_CACHE_HOME: folder.path };
  return startProgram(words, { cwd: folder.path, env }).finished;
}

it('a command whose output nobody reads any more ends without a word, as by SIGPIPE', async () => {
  expect(await shell('steer --help | true')).toEqual({ code: 141, stdout: '', stderr: '' });
});

it('a cluster whose output nobody reads any more is stopped in good order', async () => {
  const { code, stdout, stderr } = await shell('mkdir empty; steer up empty --runtime simulated --data-dir data | head -n 1');
  expect({ code, stdout }).toEqual({ code: 141, stdout: expect.stringMatching(/^target: embedded cluster at \S+ \(\S+\)\n$/) as string });
  expect(stderr).not.toMatch(/EPIPE|Error/);
  expect((await steer(['status', '--data-dir', 'data'], { cwd: folder.path })).stderr).toMatch(
    /no `steer up` runs with the data directory/,
  );
});

it('tells its version', async () => {
  const { code, stdout } = await steer(['--version'], { cwd: folder.path });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^steer \d+\.\d+\.\d+\n$/) as string });
});
