import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { evaluate } from '../../src/apiserver/pod-security/evaluate.ts';
import type { PodLike } from '../../src/apiserver/pod-security/findings.ts';
import { policyOf, type Level } from '../../src/apiserver/pod-security/levels.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

type Spec = Partial<NonNullable<Pod['spec']>>;
const pod = (spec: Spec, annotations: Record<string, string> = {}): PodLike => ({
  metadata: { name: 'p', annotations },
  spec: { containers: [{ name: 'a', image: 'x' }], ...spec } as NonNullable<Pod['spec']>,
});
type Context = NonNullable<NonNullable<Pod['spec']>['containers'][number]['securityContext']>;
const container = (securityContext: Context, name = 'a') => ({ name, image: 'x', securityContext });
const said = (level: Level, of: PodLike, minor: number | 'latest' = 'latest') =>
  evaluate(of, { level, minor }).map(({ reason, detail }) => `${reason}: ${detail}`);

describe('baseline', () => {
  const unconfined = { type: 'Unconfined' as const };
  test.each<[string, PodLike, string[], number?]>([
    ['a bare pod', pod({}), []],
    [
      'a privileged container',
      pod({ containers: [container({ privileged: true })] }),
      ['privileged: container "a" must not set securityContext.privileged=true'],
    ],
    [
      'privileged containers of two sorts',
      pod({ initContainers: [container({ privileged: true }, 'i')], containers: [container({ privileged: true })] }),
      ['privileged: containers "i", "a" must not set securityContext.privileged=true'],
    ],
    [
      'namespaces of the host',
      pod({ hostNetwork: true, hostIPC: true, hostPID: true }),
      ['host namespaces: hostNetwork=true, hostPID=true, hostIPC=true'],
    ],
    [
      'paths of the host',
      pod({
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'w', emptyDir: {} },
        ],
      }),
      ['hostPath volumes: volume "v"'],
    ],
    [
      'ports of the host',
      pod({
        containers: [
          {
            name: 'a',
            image: 'x',
            ports: [
              { containerPort: 1, hostPort: 80 },
              { containerPort: 2, hostPort: 443 },
            ],
          },
        ],
      }),
      ['hostPort: container "a" uses hostPorts 443, 80'],
    ],
    [
      'probes of other hosts',
      pod({ containers: [{ name: 'a', image: 'x', livenessProbe: { httpGet: { port: 80, host: '127.0.0.1' } } }] }),
      ['probe or lifecycle host: container "a" uses probe or lifecycle host "127.0.0.1"'],
    ],
    [
      'probes of other hosts before 1.34',
      pod({ containers: [{ name: 'a', image: 'x', livenessProbe: { httpGet: { port: 80, host: 'h' } } }] }),
      [],
      33,
    ],
    [
      'capabilities beyond the default',
      pod({ containers: [container({ capabilities: { add: ['CHOWN', 'SYS_ADMIN', 'NET_RAW'] } })] }),
      ['non-default capabilities: container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add'],
    ],
    [
      'AppArmor by field',
      pod({ securityContext: { appArmorProfile: unconfined }, containers: [container({ appArmorProfile: unconfined })] }),
      ['forbidden AppArmor profile: pod and container "a" must not set AppArmor profile type to "Unconfined"'],
    ],
    [
      'AppArmor by annotation',
      pod({}, { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' }),
      [
        String.raw`forbidden AppArmor profile: annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a=\"unconfined\""`,
      ],
    ],
    [
      'SELinux of its own',
      pod({ securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u', role: 'r' } } }),
      ['seLinuxOptions: pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set'],
    ],
    ['SELinux of container engines', pod({ securityContext: { seLinuxOptions: { type: 'container_engine_t' } } }), []],
    [
      'SELinux of container engines before 1.31',
      pod({ securityContext: { seLinuxOptions: { type: 'container_engine_t' } } }),
      ['seLinuxOptions: pod set forbidden securityContext.seLinuxOptions: type "container_engine_t"'],
      30,
    ],
    [
      'an unmasked /proc',
      pod({ containers: [container({ procMount: 'Unmasked' })] }),
      ['procMount: container "a" must not set securityContext.procMount to "Unmasked"'],
    ],
    ['an unmasked /proc with users of its own', pod({ hostUsers: false, containers: [container({ procMount: 'Unmasked' })] }), []],
    [
      'no seccomp',
      pod({ securityContext: { seccompProfile: unconfined } }),
      ['seccompProfile: pod must not set securityContext.seccompProfile.type to "Unconfined"'],
    ],
    [
      'no seccomp by annotation before 1.19',
      pod({}, { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }),
      ['seccompProfile: forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined"'],
      18,
    ],
    [
      'kernel settings',
      pod({
        securityContext: {
          sysctls: [
            { name: 'net.ipv4.tcp_rmem', value: '1' },
            { name: 'kernel.msgmax', value: '1' },
          ],
        },
      }),
      ['forbidden sysctls: kernel.msgmax'],
    ],
    [
      'kernel settings before 1.32',
      pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } }),
      ['forbidden sysctls: net.ipv4.tcp_rmem'],
      31,
    ],
    [
      'processes of a Windows host',
      pod({ containers: [container({ windowsOptions: { hostProcess: true } })] }),
      ['hostProcess: container "a" must not set securityContext.windowsOptions.hostProcess=true'],
    ],
  ])('judges %s', (_name, of, expected, minor) => {
    expect(said('baseline', of, minor)).toEqual(expected);
  });
});

describe('restricted', () => {
  const fine: Context = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const good: Spec = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, containers: [container(fine)] };
  test.each<[string, PodLike, string[], number?]>([
    ['a good pod', pod(good), []],
    [
      'a bare pod',
      pod({}),
      [
        'allowPrivilegeEscalation != false: container "a" must set securityContext.allowPrivilegeEscalation=false',
        'unrestricted capabilities: container "a" must set securityContext.capabilities.drop=["ALL"]',
        'runAsNonRoot != true: pod or container "a" must set securityContext.runAsNonRoot=true',
        'seccompProfile: pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
      ],
    ],
    ['a bare pod in 1.0', pod({}), ['runAsNonRoot != true: pod or container "a" must set securityContext.runAsNonRoot=true'], 0],
    [
      'volumes of the machine',
      pod({
        ...good,
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'n', nfs: { server: 's', path: '/' } },
        ],
      }),
      ['restricted volume types: volumes ["h" "n"] have restricted types'],
    ],
    [
      'volumes of the cluster',
      pod({
        ...good,
        volumes: [
          { name: 's', secret: { secretName: 's' } },
          { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
        ],
      }),
      [],
    ],
    ['root', pod({ ...good, containers: [container({ ...fine, runAsUser: 0 })] }), ['runAsUser=0: container "a" must not set runAsUser=0']],
    [
      'explicit root',
      pod({ ...good, containers: [container({ ...fine, runAsNonRoot: false })] }),
      ['runAsNonRoot != true: container "a" must not set securityContext.runAsNonRoot=false'],
    ],
    [
      'root among users of its own',
      pod({ ...good, hostUsers: false, containers: [container({ ...fine, runAsUser: 0, runAsNonRoot: false })] }),
      [],
    ],
    [
      'capabilities that are added',
      pod({ ...good, containers: [container({ ...fine, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } })] }),
      ['unrestricted capabilities: container "a" must not include "CHOWN" in securityContext.capabilities.add'],
    ],
    [
      'no seccomp in one container',
      pod({ ...good, containers: [container({ ...fine, seccompProfile: { type: 'Unconfined' } })] }),
      ['seccompProfile: container "a" must not set securityContext.seccompProfile.type to "Unconfined"'],
    ],
    ['a pod of Windows', pod({ os: { name: 'windows' }, securityContext: { runAsNonRoot: true } }), []],
    [
      'an unmasked /proc with users of its own',
      pod({ ...good, hostUsers: false, containers: [container({ ...fine, procMount: 'Unmasked' })] }),
      ['procMount: container "a" must not set securityContext.procMount to "Unmasked"'],
    ],
  ])('judges %s', (_name, of, expected, minor) => {
    expect(said('restricted', of, minor)).toEqual(expected);
  });

  it('holds what is privileged for fine at the level of that name', () => {
    expect(said('privileged', pod({ hostNetwork: true }))).toEqual([]);
  });
});

test('labels that cannot be read are told, and taken strictly where they are enforced', () => {
  const labels = {
    'pod-security.kubernetes.io/enforce': 'x',
    'pod-security.kubernetes.io/warn': 'y',
    'pod-security.kubernetes.io/audit-version': '1.2',
  };
  const { policy, errors } = policyOf(labels);
  expect([policy.enforce.level, policy.warn.level]).toEqual(['restricted', 'privileged']);
  expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
    'metadata.labels[pod-security.kubernetes.io/enforce]: must be one of privileged, baseline, restricted',
    'metadata.labels[pod-security.kubernetes.io/audit-version]: must be "latest" or "v1.x"',
    'metadata.labels[pod-security.kubernetes.io/warn]: must be one of privileged, baseline, restricted',
  ]);
});

describe('a namespace', () => {
  let api: TestServer;
  const notes: (ReadonlyMap<string, string> | undefined)[] = [];
  beforeEach(async () => {
    notes.length = 0;
    api = await startApiServer({ audit: (audited) => void notes.push(audited.notes) });
  });
  afterEach(() => api.stop());
  const namespace = (labels: Record<string, string>) =>
    api.request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } } });
  const run = (name: string, spec: object = {}) =>
    api.request('POST', '/api/v1/namespaces/shop/pods', {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'a', image: 'x' }], ...spec } },
    });

  it('refuses pods below the level that it enforces, and writes down which', async () => {
    await namespace({ 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/enforce-version': 'v1.30' });
    const refused = await run('a', { hostNetwork: true });
    expect([refused.status, (refused.object as { message: string }).message]).toEqual([
      403,
      'pods "a" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
    ]);
    expect(notes.at(-1)?.get('pod-security.kubernetes.io/enforce-policy')).toBe('baseline:v1.30');
    expect((await run('b')).status).toBe(201);
  });

  it('warns of pods and of what makes pods, and writes it down', async () => {
    await namespace({ 'pod-security.kubernetes.io/warn': 'baseline', 'pod-security.kubernetes.io/audit': 'baseline' });
    const text = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';
    const made = await run('a', { hostPID: true });
    expect([made.status, made.headers['warning']]).toEqual([201, `299 - "${text.replaceAll('"', '\\"')}"`]);
    expect(notes.at(-1)?.get('pod-security.kubernetes.io/audit-violations')).toBe(text);
    const template = { metadata: { labels: { app: 'a' } }, spec: { hostPID: true, containers: [{ name: 'a', image: 'x' }] } };
    const deployment = await api.request('POST', '/apis/apps/v1/namespaces/shop/deployments', {
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { selector: { matchLabels: { app: 'a' } }, template },
      },
    });
    expect([deployment.status, deployment.headers['warning']]).toEqual([201, `299 - "${text.replaceAll('"', '\\"')}"`]);
  });

  it('must name a level that there is, and is told of its pods when it gets stricter', async () => {
    expect((await namespace({ 'pod-security.kubernetes.io/enforce': 'strict' })).status).toBe(422);
    await namespace({});
    await run('one', { hostNetwork: true });
    await run('two', { hostNetwork: true });
    await run('fine');
    const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    const patched = await api.request('PATCH', '/api/v1/namespaces/shop', {
      body: { metadata: { labels } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(patched.headers['warning']).toBe(
      String.raw`299 - "existing pods in namespace \"shop\" violate the new PodSecurity enforce level \"baseline:latest\"", 299 - "one (and 1 other pod): host namespaces"`,
    );
  });
});
