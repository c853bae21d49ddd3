import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceTable } from '../../src/api/service-table.ts';
import type { Runtime, Sandbox } from '../../src/agent/runtime.ts';
import {
  canIsolate,
  execIn,
  folderWith,
  isRoot,
  launchOf,
  linesOf,
  makePlace,
  never,
  podNamed,
  runShell,
  said,
} from '../support/process-runtime.ts';
import type { Place } from '../support/process-runtime.ts';

const possible = process.platform === 'linux' && (await canIsolate());
const server = (text: string) =>
  `require("net").createServer((s) => s.end(${JSON.stringify(text)})).listen(8080, "0.0.0.0", () => console.log("listening"))`;

describe.skipIf(!possible)('an isolated pod', () => {
  let place: Place;
  let runtime: Runtime;
  let sandbox: Sandbox;
  beforeAll(async () => {
    place = await makePlace('isolated');
    runtime = await place.open({ dns: { address: '10.96.0.10', domain: 'cluster.local' } });
  });
  afterAll(async () => {
    expect(await place.end()).toEqual([]);
  });
  beforeEach(async () => {
    sandbox = await runtime.openSandbox(podNamed('web', { hostAliases: [{ ip: '192.0.2.9', hostnames: ['old', 'older'] }] }), never);
  });
  afterEach(() => sandbox.remove());
  const shell = (script: string, more = {}) => runShell(place, sandbox, script, more);

  describe('does not see', () => {
    it('the data directory', async () => {
      writeFileSync(join(folderWith(place, 'secret-of-another'), 'steer-token'), 'secret');
      const data = join(place.folder, '..');
      expect(
        (await shell(`ls -A ${data}; cat ${data}/volumes/secret-of-another/steer-token; find / -xdev -name steer-token 2>/dev/null`)).out,
      ).not.toMatch(/^(secret|runtime|volumes|programs)$|^\/.*steer-token$/m);
    });
    it('home folders, run-time state or secrets of this machine', async () => {
      const { out } = await shell('ls -A /root /home; cat /etc/shadow; ls /etc/ssh 2>/dev/null; ls -A /run | grep -v secrets; echo over');
      expect(out.replaceAll(/^\/(root|home):$|^cat: .*/gm, '').trim()).toBe('over');
    });
    it('processes of others', async () => {
      const other = await runtime.openSandbox(podNamed('other'), never);
      await other.start(launchOf(place, ['sleep', '611']), never);
      const { out } = await shell('ls -d /proc/[0-9]* | wc -l; cat /proc/[0-9]*/cmdline | tr "\\0" " "');
      expect(Number(out.split('\n')[0])).toBeLessThanOrEqual(4);
      expect(out).not.toContain('611');
      await other.remove();
    });
    it('files in memory that another pod has', async () => {
      const other = await runtime.openSandbox(podNamed('other'), never);
      expect((await runShell(place, other, 'echo mine >/dev/shm/x; echo mine >/tmp/x; cat /dev/shm/x')).out).toBe('mine');
      expect((await shell('ls -A /dev/shm /tmp')).out).toBe('/dev/shm:\n\n/tmp:');
      await other.remove();
    });
    it('interfaces, neighbours or loopback servers of this machine', async () => {
      const local = await listening('127.0.0.1');
      const { out } = await shell(`ip -br link | cut -d" " -f1; node -e '${dialer('127.0.0.1', local.port)}'`);
      expect(out.split('\n').map((line) => line.replace(/@.*/, ''))).toEqual(['lo', 'eth0', 'ECONNREFUSED']);
      local.server.close();
    });
  });

  describe('may not', () => {
    it.each([
      ['write to files of this machine', 'echo x >/etc/x || echo x >/usr/bin/x || echo x >/var/x || echo x >/x'],
      ['make their mount writable', 'mount -o remount,bind,rw / || mount -o remount,bind,rw /usr || umount /tmp'],
      ['make device nodes', 'mknod /tmp/sda b 8 0'],
      ['change settings of the kernel', 'echo 1 >/proc/sys/kernel/panic || echo b >/proc/sysrq-trigger'],
      ['change its host name', 'hostname other'],
      ['change its network', 'ip link set eth0 down || ip route add 192.0.2.0/24 dev eth0'],
    ])('%s', async (_, script) => {
      const { code, out } = await shell(`{ ${script}; } 2>&1`);
      expect([code, out]).not.toEqual([0, '']);
      expect(code).not.toBe(0);
    });
    it.each([
      ['what is dropped', { drop: ['ALL'] }, 'CapEff:\t0000000000000000'],
      ['all but what is added again', { drop: ['ALL'], add: ['CHOWN'] }, 'CapEff:\t0000000000000001'],
    ])('use %s of its capabilities', async (_, rights, line) => {
      expect((await shell('grep CapEff /proc/self/status', { rights })).out.split('\n')[0]).toBe(line);
    });
    it('use capabilities that reach beyond it, though it may use others that it asks for', async () => {
      const rights = { add: ['SYS_ADMIN', 'NET_ADMIN'], privileged: true as const, profiles: ['seccomp profile RuntimeDefault'] };
      const script = 'ip link set eth0 mtu 1400 && echo changed; mount -t tmpfs tmpfs /mnt || echo refused';
      const container = await sandbox.start(launchOf(place, ['sh', '-c', script], { rights }), never);
      await container.exited;
      expect((await linesOf(container)).filter(({ stream }) => stream === 'stdout').map(({ line }) => line)).toEqual([
        'changed',
        'refused',
      ]);
      expect(container.notGiven).toEqual([
        'container app: it does not get the capability SYS_ADMIN, which reaches beyond its own namespaces',
        'container app: it is not privileged: it keeps to namespaces of its own',
        'container app: its seccomp profile RuntimeDefault is not applied: this runtime has none',
      ]);
    });
    it('start with a capability that nobody knows', async () => {
      const start = sandbox.start(launchOf(place, ['true'], { rights: { add: ['FLY'] } }), never);
      await expect(start).rejects.toMatchObject({ reason: 'CreateContainerError', message: 'unknown capability "CAP_FLY"' });
    });
    it('gain rights by a program that has more', async () => {
      expect((await shell('grep NoNewPrivs /proc/self/status')).out).toBe('NoNewPrivs:\t1');
    });
  });

  describe('has', () => {
    it('its name, in its files too, and the cluster to ask for others', async () => {
      const { out } = await shell('hostname; cat /etc/hostname; grep -E "web|old" /etc/hosts; cat /etc/resolv.conf');
      expect(out.split('\n').filter((line) => !line.startsWith('nameserver 1') || line.includes('10.96'))).toEqual([
        'web',
        'web',
        `${sandbox.addresses[0]}\tweb`,
        '192.0.2.9\told\tolder',
        expect.stringMatching(/^search shop\.svc\.cluster\.local svc\.cluster\.local cluster\.local/) as string,
        'nameserver 10.96.0.10',
        'options ndots:5',
      ]);
    });
    it('folders to write to, unless its root is to be read-only', async () => {
      expect((await shell('echo x >/tmp/x && echo x >/run/x && echo x >/var/tmp/x && echo x >/dev/shm/x')).code).toBe(0);
      expect((await shell('echo x >/tmp/x', { readOnlyRoot: true })).code).not.toBe(0);
    });
    it('the few devices that programs need', async () => {
      expect(
        (await shell('head -c 4 /dev/urandom | wc -c; echo x >/dev/null; ls /dev | grep -c . ; ls /dev/sda /dev/vda /dev/kmsg 2>/dev/null'))
          .out,
      ).toMatch(/^4\n\d+$/);
    });
    it('the files of the machine, with its programs', async () => {
      expect(await shell('node -p 6*7')).toEqual({ code: 0, out: '42' });
    });
  });

  describe('mounts', () => {
    it.each([
      ['where there is nothing', '/opt/app/config/deep'],
      ['in a folder of the machine', '/etc/app-of-ours'],
      ['at the root', '/config'],
      ['behind a link', '/var/run/secrets/kubernetes.io/serviceaccount'],
      ['in a folder that it may write to', '/tmp/config'],
      ['over a folder of the machine', '/usr/share'],
    ])('a folder %s, read-only', async (_, to) => {
      const from = folderWith(place, 'config');
      writeFileSync(join(from, 'key'), 'value');
      const { out } = await shell(`cat ${to}/key; echo; echo x 2>&1 >${to}/key; ls /etc/hosts`, { mounts: [{ from, to, readOnly: true }] });
      expect(out).toMatch(/^value\n.*Read-only file system\n\/etc\/hosts$/i);
    });
    it('a folder to write to, which others see', async () => {
      const from = folderWith(place, 'data');
      await shell('echo written >/data/file', { mounts: [{ from, to: '/data', readOnly: false }] });
      expect((await shell('cat /other/file', { mounts: [{ from, to: '/other', readOnly: false }] })).out).toBe('written');
    });
    it('a single file, new and instead of one of the machine', async () => {
      const from = join(folderWith(place, 'file'), 'one');
      writeFileSync(from, 'ours');
      const mounts = ['/etc/passwd', '/etc/app.conf', '/tmp/sub/app.conf'].map((to) => ({ from, to, readOnly: true }));
      expect((await shell('cat /etc/passwd /etc/app.conf /tmp/sub/app.conf', { mounts })).out).toBe('oursoursours');
    });
    it('a folder inside another', async () => {
      const [outer, inner] = [folderWith(place, 'outer'), folderWith(place, 'inner')];
      writeFileSync(join(inner, 'key'), 'inside');
      const mounts = [
        { from: inner, to: '/data/in/ner', readOnly: true },
        { from: outer, to: '/data', readOnly: false },
      ];
      expect((await shell('cat /data/in/ner/key', { mounts })).out).toBe('inside');
    });
    it('whose changes it sees', async () => {
      const from = folderWith(place, 'changing');
      const put = (name: string, text: string) => {
        mkdirSync(join(from, name));
        writeFileSync(join(from, name, 'key'), text);
        symlinkSync(name, join(from, '..data-new'));
        renameSync(join(from, '..data-new'), join(from, '..data'));
      };
      put('..1', 'first');
      const container = await sandbox.start(
        launchOf(place, ['sleep', '600'], { mounts: [{ from, to: '/config', readOnly: true }] }),
        never,
      );
      put('..2', 'second');
      expect((await execIn(container, ['cat', '/config/..data/key'])).out).toBe('second');
    });
    it('names with blanks', async () => {
      const from = folderWith(place, 'a b\\c');
      writeFileSync(join(from, 'key'), 'value');
      expect((await shell("cat '/with blank/key'", { mounts: [{ from, to: '/with blank', readOnly: true }] })).out).toBe('value');
    });
    it('a folder in memory, of no more than its size', async () => {
      const path = join(folderWith(place, 'memory'), 'of-pod');
      mkdirSync(path);
      await sandbox.memoryFolder?.(path, 1_000_000);
      const { out } = await shell('head -c 5000000 /dev/zero >/cache/x; stat -f -c %T /cache; stat -c %s /cache/x', {
        mounts: [{ from: path, to: '/cache', readOnly: false }],
      });
      expect(out).toMatch(/No space left on device\ntmpfs\n\d{6,7}$/);
    });
    it('nothing that is not there', async () => {
      const start = sandbox.start(launchOf(place, ['true'], { mounts: [{ from: '/nowhere', to: '/data', readOnly: true }] }), never);
      await expect(start).rejects.toMatchObject({ reason: 'CreateContainerError', message: expect.stringContaining('/nowhere') as string });
    });
  });

  describe('a network', () => {
    it('in which two pods listen on all addresses at the same port', async () => {
      const other = await runtime.openSandbox(podNamed('other'), never);
      for (const [one, text] of [
        [sandbox, 'one'],
        [other, 'two'],
      ] as const) {
        await said(await one.start(launchOf(place, ['node', '-e', server(text)]), never), 'listening');
      }
      const texts = await Promise.all([sandbox, other].map(async (one) => textOf(await one.connect(8080))));
      expect(texts).toEqual(['one', 'two']);
      const peer = other.addresses[0] as string;
      expect((await shell(`node -e '${dialer(peer, 8080)}'`, { container: 'client' })).out).toBe('two');
      await other.remove();
    });
    it('that answers from outside by the runtime, and says when nobody listens', async () => {
      await said(await sandbox.start(launchOf(place, ['node', '-e', server('dialled')]), never), 'listening');
      const address = sandbox.addresses[0] as string;
      if (runtime.dial !== undefined) expect(await textOf(await runtime.dial(address, 8080))).toBe('dialled');
      await expect(sandbox.connect(8081)).rejects.toThrow('ECONNREFUSED');
      expect(runtime.dial === undefined).toBe(isRoot);
    });
    it('with a way out that stays while other pods come and go', async () => {
      const send = "require('dgram').createSocket('udp4').send('x', 9, '10.96.0.1', () => process.exit())";
      const neighbours = async () => (await shell(`node -e "${send}"; sleep 0.3; cat /proc/net/arp`)).out;
      expect(await neighbours()).toContain('02:00:00:00:00:01');
      const others = await Promise.all(Array.from({ length: 6 }, (_, count) => runtime.openSandbox(podNamed(`other-${count}`), never)));
      expect(await neighbours()).toContain('02:00:00:00:00:01');
      await Promise.all(others.map((other) => other.remove()));
      expect(await neighbours()).toContain('02:00:00:00:00:01');
    });
    it('in which cluster addresses lead to endpoints, and names to cluster addresses', async () => {
      await said(await sandbox.start(launchOf(place, ['node', '-e', server('served')]), never), 'listening');
      const endpoints = [{ address: sandbox.addresses[0] as string, port: 8080 }];
      const port = { name: '', protocol: 'TCP' as const, port: 80, endpoints, externalEndpoints: endpoints };
      const web = {
        namespace: 'shop',
        name: 'web',
        addresses: ['10.96.7.7'],
        externalAddresses: [],
        balancerAddresses: [],
        hosts: [],
        ports: [port],
      };
      const table: ServiceTable = { services: [web] };
      await runtime.serve?.(table);
      const other = await runtime.openSandbox(podNamed('client'), never);
      expect((await runShell(place, other, `node -e '${dialer('10.96.7.7', 80)}'; node -e '${dialer('web', 80)}'`)).out).toBe(
        'served\nserved',
      );
      await other.remove();
    });
    it('that counts what goes through it', async () => {
      await said(await sandbox.start(launchOf(place, ['node', '-e', server('x'.repeat(100_000))]), never), 'listening');
      const before = await sandbox.stats();
      await textOf(await sandbox.connect(8080));
      expect((await sandbox.stats()).sentBytes - before.sentBytes).toBeGreaterThan(100_000);
    });
    it('that two containers share, also by loopback', async () => {
      await said(await sandbox.start(launchOf(place, ['node', '-e', server('near')], { container: 'near' }), never), 'listening');
      expect((await shell(`node -e '${dialer('127.0.0.1', 8080)}'`)).out).toBe('near');
    });
  });

  it('runs as the user that it names', async () => {
    expect((await shell('id -u; id -g; touch /tmp/x && echo writes', { user: '1234:4321' })).out).toBe('1234\n4321\nwrites');
    const container = await sandbox.start(launchOf(place, ['sleep', '600'], { user: '1234' }), never);
    expect((await execIn(container, ['id', '-u'])).out).toBe('1234\n');
  });
  it.skipIf(!isRoot)('is in the groups that it names', async () => {
    const pod = podNamed('grouped', { securityContext: { fsGroup: 77, supplementalGroups: [88] } });
    const grouped = await runtime.openSandbox(pod, never);
    expect((await runShell(place, grouped, 'id -G', { user: '1234' })).out).toBe('1234 77 88');
    await grouped.remove();
  });
  describe('that shares its processes among its containers', () => {
    let shared: Sandbox;
    beforeEach(async () => (shared = await runtime.openSandbox(podNamed('shared', { shareProcessNamespace: true }), never)));
    afterEach(() => shared.remove());

    it('shows them to each other', async () => {
      await shared.start(launchOf(place, ['sleep', '621'], { container: 'one' }), never);
      const { out } = await runShell(place, shared, 'sleep 0.1; cat /proc/[0-9]*/cmdline | tr "\\0" " "');
      expect(out).toContain('sleep 621');
    });
    it('ends one with all of its own, and leaves the others', async () => {
      const other = await shared.start(launchOf(place, ['sleep', '622'], { container: 'other' }), never);
      const one = await shared.start(launchOf(place, ['sh', '-c', 'setsid sleep 623 & echo up; sleep 624'], { container: 'one' }), never);
      await said(one, 'up');
      expect((await one.stop(3000)).code).toBe(143);
      const left = async () => {
        const { out } = await execIn(other, ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "']);
        return [out.includes('sleep 622'), /sleep 62[34]/.test(out)];
      };
      // What is killed is there until the kernel has come to it.
      await expect.poll(left, { timeout: 5000 }).toEqual([true, false]);
      expect((await other.stop(3000)).code).toBe(143);
    });
  });
  it('keeps the environment of its command from the programs that prepare it', async () => {
    const { out } = await shell('echo done', { env: { LD_PRELOAD: '/no/such/library.so', LIBMOUNT_FSTAB: '/nowhere' } });
    expect(out.split('\n')).toContain('done');
    expect(out).not.toMatch(/nsenter|unshare|mount/);
  });

  describe.skipIf(!isRoot)('with limits', () => {
    it('is ended when it takes more memory, and says so', async () => {
      const script = 'const all = []; for (;;) all.push(Buffer.alloc(10e6, 1))';
      const container = await sandbox.start(launchOf(place, ['node', '-e', script], { limits: { memoryBytes: 120e6 } }), never);
      expect(await container.exited).toMatchObject({ code: 137, outOfMemory: true });
    });
    it('cannot start more processes', async () => {
      const { out } = await shell('for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait', { limits: { pids: 5 } });
      expect(out).toMatch(/cannot fork|Resource temporarily unavailable/i);
    });
    it('gets no more of the processors, and is counted', async () => {
      const container = await sandbox.start(launchOf(place, ['sh', '-c', 'while :; do :; done'], { limits: { cpuMillis: 200 } }), never);
      const before = (await sandbox.stats()).containers[0]?.cpuNanoseconds ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const used = ((await sandbox.stats()).containers[0]?.cpuNanoseconds ?? 0) - before;
      expect(used / 1.5e9).toBeLessThan(0.35);
      await container.stop(0);
    });
  });
  it.skipIf(isRoot)('is told which limits cannot be kept', async () => {
    const container = await sandbox.start(launchOf(place, ['true'], { limits: { memoryBytes: 1e9, pids: 5 } }), never);
    await container.exited;
    expect(container.notGiven).toHaveLength(2);
  });
});

function listening(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end('this machine'));
  return new Promise((resolve) => server.listen(0, host, () => resolve({ server, port: (server.address() as { port: number }).port })));
}
/** A program that prints what it is sent, or why it is not. */
function dialer(host: string, port: number): string {
  return `require("net").connect(${port}, "${host}").on("error", (e) => console.log(e.code)).on("data", (d) => console.log(String(d)))`;
}
async function textOf(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
