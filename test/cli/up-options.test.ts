import { describe, expect, it, test } from 'vitest';
import type { Call } from '../../src/cli/command.ts';
import { isRemote, nameFor } from '../../src/cli/source-options.ts';
import { upOptions } from '../../src/cli/up-options.ts';
import { processEnvironment } from '../../src/cli/environment.ts';

const environment = { ...processEnvironment(), directory: '/', home: '/home/me', variables: {} };
function call(args: readonly string[], options: Call['options'] = {}): Call {
  return { environment, arguments: args, options, commands: [] };
}

test.each([
  ['/srv/git/shop.git', '', 'shop'],
  ['https://host/team/Shop.git?x=1', '', 'shop'],
  ['git@host:team/web_front.git', '', 'web-front'],
  ['/srv/repo', 'clusters/dev/', 'dev'],
  ['/srv/repo', '.', 'repo'],
  ['/', '', 'app'],
])('the repository %s with path %j is called %s', (repo, path, name) => {
  expect(nameFor(repo, path)).toBe(name);
});

test.each([
  ['https://host/x', true],
  ['ssh://git@host/x', true],
  ['git@host:x', true],
  ['./x', false],
  ['/x@y', false],
])('%s is remote: %s', (repo, remote) => {
  expect(isRemote(repo)).toBe(remote);
});

describe('the options of steer up', () => {
  it('have defaults, and keep their data under the state folder', () => {
    expect(upOptions(call(['https://host/shop.git']))).toEqual({
      repo: 'https://host/shop.git',
      path: '',
      revision: '',
      name: 'shop',
      namespace: 'default',
      dataDir: '/home/me/.local/state/steer/shop',
      port: 0,
      runtime: {
        name: 'simulated',
        why: 'the repository is from elsewhere: its commands would run on this machine; `--runtime process` lets them',
      },
      isolation: undefined,
      reserve: {},
      nodes: 1,
      controllers: ['*'],
      scheduler: undefined,
      leaderElect: false,
      nodeGraceMs: undefined,
      interval: '30s',
      deadline: '5m',
      unserved: 'error',
      once: false,
      auditLog: { path: undefined, level: 'Metadata' },
    });
  });
  test.each([
    ['500', undefined, undefined],
    ['5000', undefined, 500_000],
    ['5000', '1m', 60_000],
  ])('of %s nodes and the grace period %s: %s', (nodes, nodeMonitorGracePeriod, expected) => {
    const given = { nodes, ...(nodeMonitorGracePeriod === undefined ? {} : { nodeMonitorGracePeriod }) };
    expect(upOptions(call(['https://host/shop.git'], given)).nodeGraceMs).toBe(expected);
  });
  test.each([
    [{ nodes: '0' }, '--nodes 0: must be a number from 1 to 9999'],
    [{ schedulerConfig: 'gone.yaml' }, "--scheduler-config gone.yaml: ENOENT: no such file or directory, open '/gone.yaml'"],
    [{ controllers: '*,-nope' }, '--controllers *,-nope: "nope" is not in the list of known controllers: deployment, '],
    [{ nodeMonitorGracePeriod: 'x' }, '--node-monitor-grace-period: "x" is not a duration'],
    [{ port: '99999' }, '--port 99999: must be a number from 0 to 65535'],
    [{ interval: 'soon' }, '--interval: "soon" is not a duration'],
    [{ name: 'Ä' }, '--name Ä: must be lower-case'],
    [{ unserved: 'drop' }, '--unserved drop: must be error or skip'],
    [{ reserve: 'cpu' }, '--reserve cpu: reserve "cpu": write it like cpu=500m,memory=1Gi'],
  ])('refuse %j', (options, message) => {
    expect(() => upOptions(call(['https://host/shop.git'], options))).toThrow(message);
  });
  it('refuse a path that is not there', () => {
    expect(() => upOptions(call(['nowhere']))).toThrow('nowhere: there is no such repository or folder');
  });
});
