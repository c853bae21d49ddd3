import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runtime, Sandbox } from '../../src/agent/runtime.ts';
import {
  isRoot,
  canIsolate,
  execIn,
  isAlive,
  launchOf,
  linesOf,
  makePlace,
  never,
  podNamed,
  runShell,
  said,
  until,
} from '../support/process-runtime.ts';
import type { Mode, Place } from '../support/process-runtime.ts';

const modes: readonly Mode[] = process.platform !== 'linux' ? [] : (await canIsolate()) ? ['plain', 'isolated'] : ['plain'];

describe.each(modes)('the runtime process, %s', (mode) => {
  let place: Place;
  let runtime: Runtime;
  let sandbox: Sandbox;
  beforeEach(async () => {
    place = await makePlace(mode);
    runtime = await place.open();
    sandbox = await runtime.openSandbox(podNamed('web'), never);
  });
  afterEach(async () => {
    expect(await place.end()).toEqual([]);
  });

  describe('a container', () => {
    it('has the environment that it is given, a path and a home, and nothing of ours', async () => {
      const env = {
        GREETING: 'it\'s "fine" $HOME `id`\nsecond line',
        'a.dotted-name': 'x',
        LD_BIND_NOW: '1',
        IFS: 'o',
        WEB_SERVICE_HOST: '10.96.0.7',
      };
      const script = `node -e 'const { STEER_CONTAINER, PWD, OLDPWD, HOME, _, ...rest } = process.env; console.log(JSON.stringify(rest)); console.log(HOME !== "")'`;
      const container = await sandbox.start(launchOf(place, ['node', '-e', script.slice(9, -1)], { env }), never);
      await container.exited;
      const [rest, home] = (await linesOf(container)).map(({ line }) => line);
      expect(JSON.parse(rest as string)).toEqual({ ...env, PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' });
      expect(home).toBe('true');
    });
    it('gets its words as they are', async () => {
      const words = ['two words', '', '*', "quote'd", 'a=b', '--', '$HOME'];
      const container = await sandbox.start(
        launchOf(place, ['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words]),
        never,
      );
      await container.exited;
      expect((await linesOf(container)).map(({ line }) => JSON.parse(line) as unknown)).toEqual([words]);
    });
    it('ends with its exit code, or with 128 and the number of its signal', async () => {
      expect((await runShell(place, sandbox, 'exit 7')).code).toBe(7);
      const killed = await sandbox.start(
        launchOf(place, ['sh', '-c', 'sh -c "kill -9 \\$PPID" & wait; sleep 1'], { attempt: 5000 }),
        never,
      );
      const { code } = await killed.exited;
      // The first process of a PID namespace cannot be killed from within: there it goes on to its own end.
      expect(code).toBe(mode === 'plain' ? 137 : 0);
    });
    it('that names no command waits with the reason, and with the runtime to use instead', async () => {
      await expect(sandbox.start(launchOf(place, []), never)).rejects.toMatchObject({
        reason: 'CreateContainerConfigError',
        message: expect.stringMatching(/container app names no command.*docker or containerd/) as string,
      });
    });
    it.each([
      ['a program that is nowhere', ['no-such-program'], 'exec: "no-such-program": executable file not found in $PATH'],
      ['a path that is not there', ['/no/such/program'], 'exec: "/no/such/program": no such file or directory'],
    ])('that names %s does not start', async (_, command, message) => {
      await expect(sandbox.start(launchOf(place, command), never)).rejects.toMatchObject({ reason: 'RunContainerError', message });
    });
    it('works in the folder that it names', async () => {
      expect(await runShell(place, sandbox, 'pwd', { workingDir: '/usr/bin' })).toEqual({ code: 0, out: '/usr/bin' });
      const nowhere = sandbox.start(launchOf(place, ['true'], { workingDir: '/nowhere' }), never);
      await expect(nowhere).rejects.toMatchObject({ message: expect.stringContaining('/nowhere') as string });
    });
    it('finds the end of its input at once, unless it asks for it to stay open', async () => {
      expect(await runShell(place, sandbox, 'cat; echo over')).toEqual({ code: 0, out: 'over' });
      const open = await sandbox.start(launchOf(place, ['cat'], { stdin: true, attempt: 6000 }), never);
      expect((await open.stop(0)).code).toBe(137);
    });
  });

  describe('its output', () => {
    it('is in a file in the CRI layout, both streams, the last line also without its end', async () => {
      const launch = launchOf(place, ['sh', '-c', 'echo out; echo err >&2; sleep 0.05; printf "no end"']);
      const container = await sandbox.start(launch, never);
      await container.exited;
      const lines = readFileSync(launch.logFile, 'utf8')
        .trimEnd()
        .split('\n')
        .sort((a, b) => (a.slice(31) < b.slice(31) ? -1 : 1));
      expect(lines.map((line) => line.slice(31))).toEqual(['stderr F err', 'stdout F no end', 'stdout F out']);
      expect(lines.every((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /.test(line))).toBe(true);
    });
    it('is followed while it comes', async () => {
      const container = await sandbox.start(
        launchOf(place, ['sh', '-c', 'for i in 1 2 3; do echo "line $i"; sleep 0.1; done; sleep 600']),
        never,
      );
      expect(await said(container, 'line 3')).toBe('line 3');
    });
    it('of the last two runs is kept', async () => {
      const launches = [0, 1, 2].map((attempt) => launchOf(place, ['sh', '-c', `echo run ${attempt}`], { attempt }));
      for (const launch of launches) await (await sandbox.start(launch, never)).exited;
      expect(launches.map(({ logFile }) => existsSync(logFile))).toEqual([false, true, true]);
    });
    it('stays for those who read it when the containers are gone', async () => {
      const container = await sandbox.start(launchOf(place, ['echo', 'words']), never);
      await container.exited;
      await sandbox.remove();
      expect((await linesOf(container)).map(({ line }) => line)).toEqual(['words']);
    });
  });

  describe('stopping', () => {
    it('lets a container tidy up', async () => {
      const script =
        'process.on("SIGTERM", () => { console.log("tidying"); setTimeout(() => process.exit(4), 100); }); console.log("up"); setInterval(() => 0, 1e6)';
      const container = await sandbox.start(launchOf(place, ['node', '-e', script]), never);
      await said(container, 'up');
      expect((await container.stop(10_000)).code).toBe(4);
      expect((await linesOf(container)).map(({ line }) => line)).toEqual(['up', 'tidying']);
    });
    it('ends a stubborn one after its grace', async () => {
      const container = await sandbox.start(launchOf(place, ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done']), never);
      await said(container, 'up');
      const begun = Date.now();
      expect(await container.stop(300)).toMatchObject({ code: 137, signal: 'SIGKILL' });
      expect(Date.now() - begun).toBeGreaterThanOrEqual(295);
    });
    it('ends one without a handler at once, as the signal would', async () => {
      const container = await sandbox.start(launchOf(place, ['sleep', '600']), never);
      const begun = Date.now();
      expect(await container.stop(60_000)).toMatchObject({ code: 143, signal: 'SIGTERM' });
      expect(Date.now() - begun).toBeLessThan(5000);
    });
    it('ends sooner when a shorter grace is named meanwhile', async () => {
      const container = await sandbox.start(launchOf(place, ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done']), never);
      await said(container, 'up');
      const long = container.stop(60_000);
      await container.stop(100);
      expect((await long).code).toBe(137);
    });
    it('reaches a shell that is starting programs all the time', async () => {
      const codes = await Promise.all(
        Array.from({ length: 6 }, async (_, at) => {
          const script = 'while :; do /bin/true; done';
          const container = await sandbox.start(launchOf(place, ['sh', '-c', script], { container: `app-${at}` }), never);
          return (await container.stop(20_000)).code;
        }),
      );
      expect(new Set(codes)).toEqual(new Set([143]));
    });
    it('is not held up by commands beside it that were cut off', async () => {
      const container = await sandbox.start(launchOf(place, ['sleep', '600']), never);
      const streams = () => ({ stdout: new WritableStream<Uint8Array>(), stderr: new WritableStream<Uint8Array>() });
      for (let round = 0; round < 20; round++) {
        const abort = new AbortController();
        const under = container.exec?.(['sleep', '610'], streams(), abort.signal) ?? Promise.resolve(0);
        if (round % 2 === 0) await until('it runs', () => processesNaming(/sleep 610$/));
        abort.abort(new Error('enough'));
        await expect(under).rejects.toThrow('enough');
      }
      expect((await container.stop(5000)).code).toBe(143);
    });
    it('leaves no child behind, however far it has gone', async () => {
      const script = 'setsid sh -c "sleep 601 & env -i setsid sleep 602 & echo \\$\\$ gone; wait" & sleep 0.3; echo up; sleep 603';
      const container = await sandbox.start(launchOf(place, ['sh', '-c', script]), never);
      await said(container, 'up');
      await container.stop(0);
      await until('no sleep is left', () => !processesNaming(/sleep 60[123]$/));
    });
    it('ends what a container leaves running when it ends by itself', async () => {
      await runShell(place, sandbox, 'setsid sleep 604 & sleep 0.2');
      await until('no sleep is left', () => !processesNaming(/sleep 604$/));
    });
  });

  describe('a command beside a container', () => {
    it('gets input, gives both outputs and its exit code', async () => {
      const container = await sandbox.start(launchOf(place, ['sleep', '600'], { env: { KIND: 'of the container' } }), never);
      const result = await execIn(container, ['sh', '-c', 'cat; echo "$KIND"; echo wrong >&2; exit 9'], 'from outside\n');
      expect(result).toEqual({ code: 9, out: 'from outside\nof the container\n', err: 'wrong\n' });
    });
    it('carries more than fits into a pipe', async () => {
      const container = await sandbox.start(launchOf(place, ['sleep', '600']), never);
      const text = 'x'.repeat(3_000_000);
      expect((await execIn(container, ['cat'], text)).out.length).toBe(text.length);
    });
    it('is ended by the signal', async () => {
      const container = await sandbox.start(launchOf(place, ['sleep', '600']), never);
      const abort = new AbortController();
      const streams = { stdout: new WritableStream<Uint8Array>(), stderr: new WritableStream<Uint8Array>() };
      const under = container.exec?.(['sleep', '605'], streams, abort.signal) ?? Promise.resolve(0);
      await until('it runs', () => processesNaming(/sleep 605$/));
      abort.abort(new Error('enough'));
      await expect(under).rejects.toThrow('enough');
      await until('it is gone', () => !processesNaming(/sleep 605$/));
    });
    it('cannot be run in one that has ended, nor can one that is not there', async () => {
      const ended = await sandbox.start(launchOf(place, ['true']), never);
      await ended.exited;
      await expect(execIn(ended, ['true'])).rejects.toMatchObject({ reason: 'ExecFailed' });
    });
  });

  describe('another life of its owner', () => {
    const script = 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.05; done';

    it('finds what runs and what has ended after a kill, with exit codes and logs', async () => {
      await sandbox.remove();
      await runtime.close();
      const runs = launchOf(place, ['sh', '-c', script], { container: 'runs' });
      const ends = launchOf(place, ['sh', '-c', 'echo last words; sleep 0.4; exit 6'], { container: 'ends' });
      const owner = await place.owner([runs, ends], podNamed('kept'));
      owner.kill('SIGKILL');
      await new Promise((resolve) => owner.once('exit', resolve));
      await until('it has ended meanwhile', () => recordsIn(place).includes('"code":6'));
      runtime = await place.open();
      const [found, ...more] = await runtime.recover();
      expect([found?.containers.map(({ container }) => container).sort(), more]).toEqual([['ends', 'runs'], []]);
      const running = found?.containers.find(({ container }) => container === 'runs');
      const ended = found?.containers.find(({ container }) => container === 'ends');
      expect((await ended?.exited)?.code).toBe(6);
      expect((await linesOf(ended as NonNullable<typeof ended>)).map(({ line }) => line)).toEqual(['last words']);
      const number = Number((await linesOf(running as NonNullable<typeof running>)).at(-1)?.line.slice(5));
      expect(await said(running as NonNullable<typeof running>, `line ${number + 5}`)).toBe(`line ${number + 5}`);
      expect((await running?.stop(2000))?.code).toBe(143);
      await found?.remove();
    });
    it('gives the address of a pod that it has found to nobody else', async () => {
      await runtime.close();
      runtime = await place.open();
      const [found] = await runtime.recover();
      const other = await runtime.openSandbox(podNamed('other'), never);
      expect(found?.addresses).toEqual(sandbox.addresses);
      expect(other.addresses).not.toEqual(sandbox.addresses);
    });
    it('leaves pods running when it closes, and the holder when it holds nothing', async () => {
      const container = await sandbox.start(launchOf(place, ['sh', '-c', script]), never);
      await runtime.close();
      runtime = await place.open();
      const [found] = await runtime.recover();
      expect(found?.containers.map(({ id }) => id)).toEqual([container.id]);
    });
  });

  describe('when the process that holds the containers is killed', () => {
    it('every container ends, with all that it has started, and its pod can be opened again', async () => {
      const container = await sandbox.start(launchOf(place, ['sh', '-c', 'setsid sleep 606 & echo up; sleep 607']), never);
      await said(container, 'up');
      process.kill(shimOf(place), 'SIGKILL');
      expect((await container.exited).code).toBe(137);
      await until('no sleep is left', () => !processesNaming(/sleep 60[67]$/));
      expect(sandbox.lost).toBe(true);
      await expect(sandbox.start(launchOf(place, ['true'], { attempt: 1 }), never)).rejects.toThrow(
        'the process that held the pod has ended',
      );
      await sandbox.remove();
      const again = await runtime.openSandbox(podNamed('web'), never);
      expect([again.lost, again.addresses]).not.toEqual([true, sandbox.addresses]);
      expect(await runShell(place, again, 'echo again')).toEqual({ code: 0, out: 'again' });
      await again.remove();
    });
    it.skipIf(mode === 'plain' || !isRoot)('and another takes its network, its pods get addresses of the next', async () => {
      const network = (sandbox.addresses[0] ?? '').split('.').slice(0, 2).join('.');
      process.kill(shimOf(place), 'SIGKILL');
      await runtime.close();
      await until('its link is gone', () => !execFileSync('ip', ['route'], { encoding: 'utf8' }).includes(`${network}.0.0/16`));
      execFileSync('ip', ['link', 'add', 'steertest0', 'type', 'veth', 'peer', 'name', 'steertest1']);
      try {
        for (const words of [
          ['link', 'set', 'steertest0', 'up'],
          ['route', 'add', `${network}.0.0/16`, 'dev', 'steertest0'],
        ])
          execFileSync('ip', words);
        runtime = await place.open();
        const [found] = await runtime.recover();
        expect(found?.lost).toBe(true);
        await found?.remove();
        const again = await runtime.openSandbox(podNamed('web'), never);
        expect(again.addresses[0]?.startsWith(`${network}.`)).toBe(false);
        expect(await runShell(place, again, 'echo here')).toEqual({ code: 0, out: 'here' });
        await again.remove();
      } finally {
        execFileSync('ip', ['link', 'del', 'steertest0']);
      }
    });
    it('and its owner too, the next life says how they ended', async () => {
      await sandbox.remove();
      await runtime.close();
      const owner = await place.owner([launchOf(place, ['sh', '-c', 'setsid sleep 608 & sleep 609'])], podNamed('kept'));
      owner.kill('SIGKILL');
      process.kill(shimOf(place), 'SIGKILL');
      runtime = await place.open();
      const [found] = await runtime.recover();
      expect((await found?.containers[0]?.exited)?.code).toBe(137);
      await until('no sleep is left', () => !processesNaming(/sleep 60[89]$/));
    });
  });

  it('ends the holder by itself when it has neither container nor owner', async () => {
    await sandbox.remove();
    const owner = await place.owner([launchOf(place, ['sleep', '0.3'])], podNamed('short'));
    await runtime.close();
    const shim = shimOf(place);
    owner.kill('SIGKILL');
    await until('it is gone', () => !isAlive(shim));
    expect(existsSync(join(place.folder, 'shim.sock'))).toBe(false);
  });

  it('uses a short path for its socket where that of its folder is too long', async () => {
    const deep = join(place.folder, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const far = await place.open({ folder: deep });
    const other = await far.openSandbox(podNamed('far'), never);
    expect(await runShell(place, other, 'echo here')).toEqual({ code: 0, out: 'here' });
    await other.remove();
    await far.close();
    expect(readdirSync(deep).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });
});

/** The shim: the process whose words are the program and the folder, without those that only made its namespaces. */
function shimOf(place: Place): number {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = wordsOf(pid);
      return words[1]?.endsWith('shim.mjs') === true && words[2] === place.folder;
    });
  if (found.length !== 1) throw new Error(`there are ${found.length} shims of ${place.folder}`);
  return Number(found[0]);
}
function processesNaming(pattern: RegExp): boolean {
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && pattern.test(wordsOf(name).join(' ').trim()));
}
function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It has gone.
  }
}
function recordsIn(place: Place): string {
  const pods = join(place.folder, 'pods');
  return readdirSync(pods)
    .flatMap((uid) => readdirSync(join(pods, uid)).map((name) => join(pods, uid, name)))
    .filter((path) => path.endsWith('.json'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}
