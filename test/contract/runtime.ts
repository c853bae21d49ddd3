import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import type { Launch, LogRecord, RunningContainer, Runtime, Sandbox } from '../../src/agent/runtime.ts';

export interface RuntimeSubject {
  /** A runtime with nothing in it, usable at once. */
  open(): Promise<Runtime>;
  /** Ends it with all that it has. */
  close(runtime: Runtime): Promise<void>;
  /** A new pod whose container `app` writes `hello` and then ends with 3 (`ends`), or runs until it is stopped (`runs`). */
  pod(kind: 'ends' | 'runs'): Pod;
  /** How the container of such a pod is started. */
  launch(kind: 'ends' | 'runs', attempt: number): Launch;
  /** Tests by name that cannot hold for it, and why. */
  readonly exempt?: Readonly<Record<string, string>>;
}

const never = new AbortController().signal;
async function texts(container: RunningContainer, follow: boolean): Promise<string[]> {
  const out: LogRecord[] = [];
  for await (const record of container.logs({ follow, signal: never })) out.push(record);
  return out.map(({ stream, line }) => `${stream} ${line}`);
}

/** What every runtime promises the agent. */
export function runtimeContract(name: string, subject: RuntimeSubject): void {
  describe(`runtime contract: ${name}`, () => {
    let runtime: Runtime;
    beforeEach(async () => {
      runtime = await subject.open();
    });
    afterEach(() => subject.close(runtime));
    const open = (kind: 'ends' | 'runs'): Promise<Sandbox> => runtime.openSandbox(subject.pod(kind), never);

    it('says that it can work, and has nothing of an earlier life', async () => {
      expect([await runtime.unavailable(), await runtime.recover()]).toEqual([undefined, []]);
    });
    it('knows an image that no registry has been asked for', async () => {
      const pod = subject.pod('runs');
      const info = await runtime.pull('registry.example/app:1', { policy: 'IfNotPresent', secrets: [], signal: never, pod });
      expect(info.id).toContain('registry.example/app:1');
    });
    const own = 'gives each pod an address of its own';
    it.skipIf(own in (subject.exempt ?? {}))(own, async () => {
      const [one, other] = [await open('runs'), await open('runs')];
      expect(one.addresses).toHaveLength(1);
      expect(one.addresses[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(one.addresses).not.toEqual(other.addresses);
    });
    it('names a container after its pod, with an id and the moment of its start', async () => {
      const pod = subject.pod('runs');
      const sandbox = await runtime.openSandbox(pod, never);
      const running = await sandbox.start(subject.launch('runs', 0), never);
      expect(running).toMatchObject({ podUid: pod.metadata.uid, container: 'app' });
      expect(running.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(running.id).not.toBe('');
      expect(sandbox.containers.map(({ id }) => id)).toEqual([running.id]);
    });
    it('tells how a container ended', async () => {
      const running = await (await open('ends')).start(subject.launch('ends', 0), never);
      const exit = await running.exited;
      expect(exit.code).toBe(3);
      expect(exit.finishedAt >= running.startedAt).toBe(true);
    });
    it('keeps the output of a container that has ended, and ends a reader who follows it', async () => {
      const running = await (await open('ends')).start(subject.launch('ends', 0), never);
      const followed = await texts(running, true);
      await running.exited;
      expect([followed, await texts(running, false)]).toEqual([['stdout hello'], ['stdout hello']]);
    });
    it('stops a container, and says the same to all who wait for its end', async () => {
      const running = await (await open('runs')).start(subject.launch('runs', 0), never);
      const exit = await running.stop(5000);
      expect(exit.code).toBe(143);
      expect(await running.exited).toEqual(exit);
      expect(await running.stop(0)).toEqual(exit);
    });
    it('has the present run of a container only', async () => {
      const sandbox = await open('ends');
      const first = await sandbox.start(subject.launch('ends', 0), never);
      await first.exited;
      const second = await sandbox.start(subject.launch('ends', 1), never);
      expect(second.id).not.toBe(first.id);
      expect(sandbox.containers.map(({ id }) => id)).toEqual([second.id]);
    });
    it('ends every container of a sandbox that is removed', async () => {
      const sandbox = await open('runs');
      const running = await sandbox.start(subject.launch('runs', 0), never);
      await sandbox.remove();
      expect((await running.exited).code).not.toBe(0);
    });
    it('counts what each running container uses', async () => {
      const sandbox = await open('runs');
      await sandbox.start(subject.launch('runs', 0), never);
      // A process that has only just been made has no memory of its own yet.
      const used = async () => (await sandbox.stats()).containers.map(({ container, memoryBytes }) => [container, memoryBytes > 0]);
      await expect.poll(used, { timeout: 10_000 }).toEqual([['app', true]]);
    });
  });
}
