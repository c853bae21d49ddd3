import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Launch, Runtime, Sandbox } from '../../src/agent/runtime.ts';
import { isRoot, launchOf, makePlace, never, podNamed, runShell, said } from '../support/process-runtime.ts';
import type { Place } from '../support/process-runtime.ts';

describe.skipIf(process.platform !== 'linux')('a plain pod', () => {
  let place: Place;
  let runtime: Runtime;
  let sandbox: Sandbox;
  beforeAll(async () => {
    place = await makePlace('plain');
    runtime = await place.open();
  });
  afterAll(async () => {
    expect(await place.end()).toEqual([]);
  });
  beforeEach(async () => {
    sandbox = await runtime.openSandbox(podNamed('web'), never);
  });
  afterEach(() => sandbox.remove());

  it('has an address of this machine, on which it is reached', async () => {
    const address = sandbox.addresses[0] as string;
    expect(address).toMatch(/^127\.64\.\d+\.\d+$/);
    const script = `require("net").createServer((s) => s.end("here")).listen(8080, "${address}", () => console.log("listening"))`;
    await said(await sandbox.start(launchOf(place, ['node', '-e', script]), never), 'listening');
    const chunks: Buffer[] = [];
    for await (const chunk of await sandbox.connect(8080)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString('utf8')).toBe('here');
  });
  it('has an address that no pod of another cluster of this machine has, wherever their folders are', async () => {
    const beginsAt = (folder: string) => createHash('sha256').update(folder).digest()[0];
    const alike = Array.from({ length: 10_000 }, (_, count) => `${place.folder}-${count}`).find(
      (folder) => beginsAt(folder) === beginsAt(place.folder),
    );
    const other = await place.open({ folder: alike as string });
    const theirs = await other.openSandbox(podNamed('web'), never);
    const blockOf = ({ addresses }: Sandbox) => addresses[0]?.split('.').slice(0, 3).join('.');
    expect(blockOf(theirs)).not.toBe(blockOf(sandbox));
    await theirs.remove();
    await other.close();
  });
  it('works in a folder of its own, which goes with it', async () => {
    const { out } = await runShell(place, sandbox, 'touch x && pwd');
    expect(out).toContain(sandbox.podUid);
  });
  it('is told what it is not given, a sentence each', async () => {
    const limits = { memoryBytes: 1e9 };
    const mounts = [{ from: '/etc', to: '/config', readOnly: true }];
    const container = await sandbox.start(launchOf(place, ['true'], { mounts, limits, readOnlyRoot: true, tty: true }), never);
    expect(container.notGiven).toEqual([
      'container app: nothing can be mounted at /config: without isolation a pod sees the files of this machine',
      'container app: its root file system cannot be read-only: without isolation it is that of this machine',
      'container app: it gets no terminal: this runtime has none to give',
      ...(isRoot ? [] : ['the limit of 1000000000 bytes of memory is not enforced: no control group can be made for it here']),
    ]);
    await container.exited;
  });
  it('is told of a port that a program has taken on all addresses', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', () => resolve()));
    const { port } = server.address() as { port: number };
    const pod = podNamed('late', { containers: [{ name: 'app', ports: [{ containerPort: port }] }] } as never);
    const late = await runtime.openSandbox(pod, never);
    const container = await late.start(launchOf(place, ['true']), never);
    expect(container.notGiven).toEqual([
      `container app: port ${port} at ${late.addresses[0]} is taken by a program that listens on all addresses of this machine`,
    ]);
    await container.exited;
    await late.remove();
    server.close();
  });
  it('has no folder in memory and no Services of its own network', () => {
    expect([sandbox.memoryFolder, runtime.serve, runtime.dial, runtime.isolation]).toEqual([
      undefined,
      undefined,
      undefined,
      { mode: 'plain', why: 'it was asked for' },
    ]);
  });
  it('has no more rights than it wants', async () => {
    const script = 'grep -E "CapEff|NoNewPrivs" /proc/self/status';
    const of = async (rights: NonNullable<Launch['rights']>) => (await runShell(place, sandbox, script, { rights })).out.split('\n');
    expect(await of({ noNewPrivileges: true })).toContain('NoNewPrivs:\t1');
    expect(await of({ drop: ['ALL'] })).toContain('CapEff:\t0000000000000000');
    if (isRoot) expect(await of({ drop: ['ALL'], add: ['KILL'] })).toEqual(['CapEff:\t0000000000000020', 'NoNewPrivs:\t0']);
  });
  it.skipIf(isRoot)('is told that it cannot have more than its user', async () => {
    const rights = { add: ['NET_ADMIN'], privileged: true as const };
    const container = await sandbox.start(launchOf(place, ['true'], { rights }), never);
    await container.exited;
    expect(container.notGiven).toEqual([
      'container app: it gets no capabilities: it has the rights of the user who runs steer',
      'container app: it is not privileged: it has the rights of the user who runs steer',
    ]);
  });
  it('is told that no port of the machine leads to it', async () => {
    const pod = podNamed('hosted', { containers: [{ name: 'app', ports: [{ containerPort: 80, hostPort: 8080 }] }] } as never);
    const hosted = await runtime.openSandbox(pod, never);
    expect(hosted.notGiven).toEqual([
      `container app: port 8080 of the machine (hostPort) does not lead to it: it is at ${hosted.addresses[0]}:80, or behind a Service`,
    ]);
    await hosted.remove();
  });
  it('shares 127.0.0.1 with others where it has a free port for each that it names', async () => {
    const shared = await makePlace('ports');
    const opened = await shared.open();
    const ports = [
      { containerPort: 80 },
      { containerPort: 80 },
      { containerPort: 53, protocol: 'UDP' },
      { containerPort: 1, protocol: 'SCTP' },
    ];
    const pods = ['one', 'two'].map((name) => podNamed(name, { containers: [{ name: 'app', ports }] } as never));
    const [one, two] = await Promise.all(pods.map((pod) => opened.openSandbox(pod, never)));
    expect([one?.addresses, two?.addresses]).toEqual([['127.0.0.1'], ['127.0.0.1']]);
    expect([one, two].map((each) => Object.keys(each?.ports ?? {}))).toEqual(Array(2).fill(['80/TCP', '53/UDP']));
    const given = [one, two].flatMap((each) => Object.values(each?.ports ?? {}));
    expect(new Set(given).size).toBe(4);
    expect(given.every((port) => port >= 20_000 && port < 28_000)).toBe(true);
    expect(opened.isolation).toEqual({ mode: 'ports', why: 'it was asked for' });
    const server = createServer();
    const port = one?.ports?.['80/TCP'] ?? 0;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
    const late = await one?.start(launchOf(shared, ['true']), never);
    expect(late?.notGiven).toContain(`container app: port ${port} at 127.0.0.1 is taken by another program`);
    await late?.exited;
    server.close();
    await opened.close();
    const again = await shared.open();
    expect((await again.recover()).map((each) => each.ports)).toEqual([one?.ports, two?.ports]);
    expect(await shared.end()).toEqual([]);
  });
  it.skipIf(!isRoot)('runs as the user that it names, in its own folder', async () => {
    expect((await runShell(place, sandbox, 'id -u; id -g; touch x && echo writes', { user: '1234:4321' })).out).toBe('1234\n4321\nwrites');
  });
  it.skipIf(isRoot)('is told of a user that it cannot have', async () => {
    const container = await sandbox.start(launchOf(place, ['true'], { user: '1234' }), never);
    await container.exited;
    expect(container.notGiven).toEqual([
      'container app: it cannot run as user 1234: only root may give a process another user than its own',
    ]);
  });
  it.skipIf(!isRoot)('is ended when it takes more memory than it may', async () => {
    const script = 'const all = []; for (;;) all.push(Buffer.alloc(10e6, 1))';
    const container = await sandbox.start(launchOf(place, ['node', '-e', script], { limits: { memoryBytes: 120e6 } }), never);
    expect(await container.exited).toMatchObject({ code: 137, outOfMemory: true });
  });
});
