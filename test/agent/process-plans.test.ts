import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { addressPool, type AddressPool } from '../../src/agent/process/addresses.ts';
import { BlockClaims } from '../../src/agent/process/block-claims.ts';
import { environmentWords } from '../../src/agent/process/environment-words.ts';
import { escapePath, flagsAt } from '../../src/agent/process/mount-table.ts';
import { podRecord } from '../../src/agent/process/pod-record.ts';
import { lineOf, lineReader } from '../../src/agent/process/protocol.ts';
import { planRoot, resolveLinks, type EntryKind, type MachineView, type WantedMount } from '../../src/agent/process/root-plan.ts';

/** A machine given as a list: `/a/` is a folder, `/a -> b` a link, `/a` a file. */
function machine(...entries: readonly string[]): MachineView {
  const all = new Map<string, { kind: EntryKind; target: string }>([['/', { kind: 'folder', target: '' }]]);
  for (const entry of entries) {
    const [path = '', target = ''] = entry.split(' -> ');
    all.set(path.length > 1 ? path.replace(/\/$/, '') : path, {
      kind: target !== '' ? 'link' : path.endsWith('/') ? 'folder' : 'file',
      target,
    });
  }
  return {
    kind: (path) => all.get(path)?.kind,
    readLink: (path) => all.get(path)?.target ?? '',
    list: (folder) =>
      [...all]
        .filter(([path]) => path !== '/' && path.slice(0, path.lastIndexOf('/')) === (folder === '/' ? '' : folder))
        .map(([path, { kind }]) => ({ name: path.slice(path.lastIndexOf('/') + 1), kind })),
  };
}
const usual = machine(
  '/bin -> usr/bin',
  '/etc/',
  '/etc/hosts',
  '/etc/ssl/',
  '/run/',
  '/tmp/',
  '/usr/',
  '/usr/bin/',
  '/var/',
  '/var/run -> /run',
  '/var/tmp/',
);
const folder = (to: string): WantedMount => ({ from: `/volumes${to}`, to, kind: 'folder', readOnly: true });
const planned = (view: MachineView, mounts: readonly WantedMount[], writable = true) => {
  const plan = planRoot(view, mounts, writable);
  return {
    mounts: plan.mounts.map(({ source, from, to, readOnly }) => `${source} ${from} ${to}${readOnly ? '' : ' rw'}`),
    skeleton: plan.skeleton.map(({ path, kind, target }) => `${kind} ${path}${target === undefined ? '' : ` -> ${target}`}`),
  };
};

describe('the root of a container', () => {
  it('is the machine with folders to write to', () => {
    expect(planned(usual, [])).toEqual({
      mounts: ['machine / /', 'memory tmpfs /run rw', 'memory tmpfs /tmp rw', 'memory tmpfs /var/tmp rw'],
      skeleton: [],
    });
  });
  it('that is to be read-only has none', () => {
    expect(planned(usual, [], false).mounts).toEqual(['machine / /']);
  });
  it('takes a mount over what exists as it is', () => {
    expect(planned(usual, [folder('/usr/bin')], false)).toEqual({
      mounts: ['machine / /', 'outside /volumes/usr/bin /usr/bin'],
      skeleton: [],
    });
  });
  it('is put together from its entries where a mount point is missing in it', () => {
    expect(planned(usual, [folder('/data/deep')], false)).toEqual({
      mounts: [
        'skeleton / /',
        ...['/etc', '/run', '/tmp', '/usr', '/var'].map((path) => `machine ${path} ${path}`),
        'outside /volumes/data/deep /data/deep',
      ],
      skeleton: [
        'folder /',
        'link /bin -> usr/bin',
        'folder /etc',
        'folder /run',
        'folder /tmp',
        'folder /usr',
        'folder /var',
        'folder /data',
        'folder /data/deep',
      ],
    });
  });
  it('replaces only the folder that lacks the mount point', () => {
    expect(planned(usual, [folder('/etc/app')], false)).toEqual({
      mounts: [
        'machine / /',
        'skeleton /etc /etc',
        'machine /etc/hosts /etc/hosts',
        'machine /etc/ssl /etc/ssl',
        'outside /volumes/etc/app /etc/app',
      ],
      skeleton: ['folder /etc', 'file /etc/hosts', 'folder /etc/ssl', 'folder /etc/app'],
    });
  });
  it('follows links to where a mount belongs, and makes room in a folder to write to', () => {
    expect(planned(usual, [folder('/var/run/secrets/token')])).toEqual({
      mounts: [
        'machine / /',
        'skeleton /run /run rw',
        'memory tmpfs /tmp rw',
        'memory tmpfs /var/tmp rw',
        'outside /volumes/var/run/secrets/token /run/secrets/token',
      ],
      skeleton: ['folder /run', 'folder /run/secrets', 'folder /run/secrets/token'],
    });
  });
  it('mounts what is above before what is below, and leaves room inside a mount to the mount', () => {
    const { mounts, skeleton } = planned(usual, [folder('/etc/app/inner'), folder('/etc/app')], false);
    expect(mounts.slice(-2)).toEqual(['outside /volumes/etc/app /etc/app', 'outside /volumes/etc/app/inner /etc/app/inner']);
    expect(skeleton).not.toContain('folder /etc/app/inner');
  });
  it.each([
    ['a folder over a file', folder('/etc/hosts'), 'a folder cannot be mounted at /etc/hosts: the machine has a file there'],
    ['into a file', folder('/etc/hosts/deep'), 'a folder cannot be mounted at /etc/hosts/deep: /etc/hosts is no folder'],
  ])('refuses %s', (_, mount, message) => {
    expect(() => planRoot(usual, [mount], true)).toThrow(message);
  });
});

describe('links', () => {
  it.each([
    ['/bin/sh', '/usr/bin/sh'],
    ['/var/run/x', '/run/x'],
    ['/nowhere/../etc//hosts', '/etc/hosts'],
    ['/../../etc', '/etc'],
  ])('in %s lead to %s', (path, end) => {
    expect(resolveLinks(usual, path)).toBe(end);
  });
  it('that lead to themselves are refused', () => {
    expect(() => resolveLinks(machine('/a -> b', '/b -> a'), '/a/x')).toThrow('too many links in the mount path /a/x');
  });
});

describe('the words of an environment', () => {
  it('carry what programs may take notice of under other names', () => {
    expect(environmentWords({ LD_PRELOAD: 'x', WEB_SERVICE_HOST: '10.96.0.1', 'a.b': "it's", PATH: '/bin' })).toEqual({
      carried: { STEER_0: 'x', WEB_SERVICE_HOST: '10.96.0.1', STEER_2: "it's", STEER_3: '/bin' },
      lines: 'export LD_PRELOAD="$STEER_0"; unset STEER_0\nexport PATH="$STEER_3"; unset STEER_3',
      prefix: `/usr/bin/env -u STEER_2 'a.b'="$STEER_2"`,
    });
  });
  it.each(['LD_X_PORT', 'LIB_SERVICE_HOST', 'BASH_X_PORT', 'MALLOC_SERVICE_PORT', 'IFS', 'ENV'])('never carry %s as it is', (name) => {
    expect(Object.keys(environmentWords({ [name]: 'x' }).carried)).toEqual(['STEER_0']);
  });
});

describe('addresses', () => {
  let place: string;
  beforeEach(() => (place = mkdtempSync(join(tmpdir(), 'steer-addresses-'))));
  afterEach(() => rmSync(place, { recursive: true }));

  const range = { network: '127.64', start: 3, claim: () => Promise.resolve(true) };
  const takeMany = (pool: AddressPool, count: number) => Promise.all(Array.from({ length: count }, () => pool.take()));

  it('are given once, then the one that was unused for longest, over restarts too', async () => {
    const pool = addressPool(place, range);
    const [first = '', second = ''] = await takeMany(pool, 2);
    expect([first, second]).toEqual(['127.64.4.2', '127.64.4.3']);
    pool.give(first);
    pool.give(second);
    const again = addressPool(place, range);
    expect(await again.take()).toBe('127.64.4.4');
    again.hold('127.64.4.5');
    expect(await again.take()).toBe('127.64.4.6');
    again.give('127.64.4.4');
    await takeMany(again, 245);
    expect(await takeMany(again, 3)).toEqual(['127.64.5.2', '127.64.5.3', '127.64.5.4']);
  });
  it('come again while many are free, longest unused first', async () => {
    const pool = addressPool(place, range);
    for (const one of await takeMany(pool, 250)) pool.give(one);
    expect(await takeMany(pool, 2)).toEqual(['127.64.4.2', '127.64.4.3']);
  });
  it('are never those of the network itself, nor given twice', async () => {
    const pool = addressPool(place, range);
    const all = await takeMany(pool, 600);
    expect(new Set(all).size).toBe(600);
    expect(all.some((one) => /\.(0|1|255)$|^127\.64\.(0|255)\./.test(one))).toBe(false);
  });
  it('are of blocks that nobody else of the machine has', async () => {
    const owners = new Map<number, string>();
    const claimFor = (owner: string) => ({
      ...range,
      claim: (block: number) => Promise.resolve((owners.get(block) ?? owners.set(block, owner).get(block)) === owner),
    });
    const [one, other] = [join(place, 'one'), join(place, 'other')];
    for (const folder of [one, other]) mkdirSync(folder);
    const first = addressPool(one, claimFor('one'));
    expect(await first.take()).toBe('127.64.4.2');
    expect(await addressPool(other, claimFor('other')).take()).toBe('127.64.5.2');
    owners.set(4, 'another');
    first.unclaimed();
    expect(await first.take()).toBe('127.64.6.2');
  });
  it('a block is held by one process at a time, which may ask again', async () => {
    const [one, other] = [new BlockClaims(), new BlockClaims()];
    expect(await one.claim('127.64.254')).toBe(true);
    expect(await one.claim('127.64.254')).toBe(true);
    expect(await other.claim('127.64.254')).toBe(false);
  });
});

describe('what is said of a pod', () => {
  const around = {
    place: { address: '10.244.1.2' },
    dns: { address: '10.96.0.10', domain: 'cluster.local' },
    machineResolvConf: 'search lan\nnameserver 192.0.2.53\noptions rotate\n',
  };
  const pod = (spec: object) =>
    ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0', namespace: 'shop', uid: 'u' }, spec }) as unknown as Pod;

  it('puts its name and its Service into its hosts', () => {
    const { hosts, hostname } = podRecord(pod({ hostname: 'first', subdomain: 'web' }), around);
    expect([hostname, hosts.trimEnd().split('\n').at(-1)]).toEqual(['first', '10.244.1.2\tfirst.web.shop.svc.cluster.local\tfirst']);
  });
  it('names the groups of its files and the ports that it will listen on', () => {
    const containers = [
      {
        name: 'a',
        ports: [
          { containerPort: 80, hostPort: 8080 },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
      { name: 'b' },
    ];
    const { groups, ports } = podRecord(pod({ containers, securityContext: { fsGroup: 5, supplementalGroups: [6, 5] } }), around);
    expect({ groups, ports }).toEqual({ groups: [5, 6], ports: [{ container: 'a', port: 80, hostPort: 8080 }] });
  });
  it.each([
    ['ClusterFirst', {}, 'search shop.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n'],
    ['Default', {}, 'search lan\nnameserver 192.0.2.53\noptions rotate\n'],
    ['ClusterFirst', { hostNetwork: true }, 'search lan\nnameserver 192.0.2.53\noptions rotate\n'],
    ['None', { dnsConfig: { nameservers: ['192.0.2.1'], searches: ['x'] } }, 'search x\nnameserver 192.0.2.1\n'],
    [
      'ClusterFirst',
      { dnsConfig: { options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] } },
      'search shop.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:2 edns0\n',
    ],
  ])('asks for names by %s %o', (dnsPolicy, more, text) => {
    expect(podRecord(pod({ dnsPolicy, ...more }), around).resolvConf).toBe(text);
  });
});

describe('lines', () => {
  it('arrive whole, however they are cut', () => {
    const values = [{ a: 1 }, { text: 'zwölf\n' }, { last: true }];
    const bytes = Buffer.from(values.map((value) => lineOf(value)).join(''));
    for (const size of [1, 3, 7, bytes.length]) {
      const out: unknown[] = [];
      const read = lineReader((value) => out.push(value));
      for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
      expect(out).toEqual(values);
    }
  });
});

describe('mounts', () => {
  it('have the flags of the deepest that holds a path', () => {
    const table = [
      { path: '/', flags: [], type: 'ext4' },
      { path: '/data', flags: ['nosuid'], type: 'ext4' },
      { path: '/data/x', flags: ['nodev'], type: 'tmpfs' },
    ];
    expect(['/dat', '/data', '/data/x/y', '/data/xy'].map((path) => flagsAt(table, path))).toEqual([[], ['nosuid'], ['nodev'], ['nosuid']]);
  });
  it('are written with their blanks escaped', () => {
    expect(escapePath('/a b\tc\\d#e')).toBe('/a\\040b\\011c\\134d\\043e');
  });
});
