import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'vitest';
import { startSteer, steer } from '../support/steer.ts';

const run = promisify(execFile);
/** One request on a connection of its own. Answers the text; an error is an answer too. */
function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(response.statusCode === 200 ? text.trim() : `status ${response.statusCode}`));
      response.on('error', (error) => resolve(String(error)));
    });
    request.on('error', (error) => resolve(String(error)));
    request.setTimeout(60_000, () => request.destroy(new Error('no answer in 60 s')));
  });
}
/** 50 requests a second until it is stopped; answers what was not a greeting, and how many were. */
function visitors(url: string): () => Promise<{ greeted: number; failed: string[] }> {
  const answers: Promise<string>[] = [];
  const timer = setInterval(() => answers.push(ask(url)), 20);
  return async () => {
    clearInterval(timer);
    const all = await Promise.all(answers);
    const failed = all.filter((text) => !/^(Hello|Welcome) from /.test(text));
    return { greeted: all.length - failed.length, failed };
  };
}
/** The process ids of everything that was started from the folder. */
function processesOf(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(place);
    } catch {
      return false; // It has ended meanwhile, or belongs to somebody else.
    }
  });
}
async function commit(folder: string, change: string): Promise<void> {
  const repository = join(folder, 'steer-demo');
  await run('git', ['-C', repository, 'apply', `changes/${change}.patch`]);
  await run('git', ['-C', repository, 'commit', '-qam', `the ${change} change`]);
}
test.concurrent.for(['isolated', 'plain', 'ports'])(
  'what npm start promises holds with %s pods (G37)',
  { timeout: 300_000 },
  async (isolation, { expect, onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), `steer-demo-${isolation}-`));
    const demo = startSteer(['demo', '--isolation', isolation], { cwd: folder });
    onTestFinished(async () => {
      await demo.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const asked = async (...words: string[]) => (await steer(words, { cwd: folder })).stdout;
    const printed = await demo.printed(/steer rollback/);
    const url = /^shop\/web: (http:\S+)$/m.exec(printed)?.[1] ?? '';
    const pods = (await Promise.all(Array.from({ length: 9 }, () => ask(url)))).map((text) => /from (\S+)/.exec(text)?.[1]);
    expect(new Set(pods).size).toBe(3);

    const leave = visitors(url);
    await commit(folder, 'better');
    await demo.printed(/Synced Healthy revision 2 /);
    expect(await ask(url)).toMatch(/^Welcome from web-\S+ \(version 2\)$/);
    await commit(folder, 'broken');
    await demo.printed(/the deadline of 20 s passed/);
    expect(await asked('explain')).toMatch(/apps\/Deployment shop\/web: 1 of 3 pods updated/);
    expect(await asked('rollback')).toContain('rolled back: revision 4 runs with the manifests of revision 2');
    expect(await asked('history')).toMatch(/^4\* .*\n3 bad .*Failed/m);
    const { greeted, failed } = await leave();
    expect(failed).toEqual([]);
    expect(greeted).toBeGreaterThan(500);

    const { code, stdout } = await demo.stop();
    expect(code).toBe(0);
    expect(stdout).toMatch(/The data directory is .*\/state\/steer\/steer-demo\n$/);
    expect(processesOf(folder)).toEqual([]);
  },
);
