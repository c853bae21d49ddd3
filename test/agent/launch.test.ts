import { describe, expect, it, test } from 'vitest';
import { launchOf } from '../../src/agent/launch/launch.ts';
import { resourceValue } from '../../src/agent/launch/downward.ts';
import { portMeant, portVariables } from '../../src/agent/launch/port-variables.ts';
import { rightsOf } from '../../src/agent/launch/rights.ts';
import { variablesOf } from '../../src/agent/launch/service-environment.ts';
import { userOf } from '../../src/agent/launch/user.ts';
import type { Container, Pod, Service } from '../../src/api/kinds.generated.ts';

const pod = (spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: [], ...spec },
});

describe('what a Service gives a container', () => {
  const service = (spec: object): Service =>
    ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'redis-primary', namespace: 'n' }, spec }) as Service;
  it('are its address and ports, and the form of links of old', () => {
    const ports = [
      { name: 'main', port: 6379 },
      { name: 'dns-x', port: 53, protocol: 'UDP' as const },
    ];
    expect(variablesOf(service({ clusterIP: '10.0.0.11', ports }))).toEqual({
      REDIS_PRIMARY_SERVICE_HOST: '10.0.0.11',
      REDIS_PRIMARY_SERVICE_PORT: '6379',
      REDIS_PRIMARY_SERVICE_PORT_MAIN: '6379',
      REDIS_PRIMARY_SERVICE_PORT_DNS_X: '53',
      REDIS_PRIMARY_PORT: 'tcp://10.0.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://10.0.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '10.0.0.11',
      REDIS_PRIMARY_PORT_53_UDP: 'udp://10.0.0.11:53',
      REDIS_PRIMARY_PORT_53_UDP_PROTO: 'udp',
      REDIS_PRIMARY_PORT_53_UDP_PORT: '53',
      REDIS_PRIMARY_PORT_53_UDP_ADDR: '10.0.0.11',
    });
  });
  it('puts IPv6 into brackets in URLs only', () => {
    expect(variablesOf(service({ clusterIP: 'fd00::1', ports: [{ port: 1 }] }))).toMatchObject({
      REDIS_PRIMARY_SERVICE_HOST: 'fd00::1',
      REDIS_PRIMARY_PORT: 'tcp://[fd00::1]:1',
    });
  });
  it('are ports of 127.0.0.1 where they stand for its own, and nothing where none do', () => {
    const of = service({
      clusterIP: '10.0.0.11',
      ports: [
        { name: 'main', port: 6379 },
        { port: 53, protocol: 'UDP' },
      ],
    });
    expect(variablesOf(of, { '6379/TCP': 28_001 })).toEqual({
      REDIS_PRIMARY_SERVICE_HOST: '127.0.0.1',
      REDIS_PRIMARY_SERVICE_PORT: '28001',
      REDIS_PRIMARY_SERVICE_PORT_MAIN: '28001',
      REDIS_PRIMARY_PORT: 'tcp://127.0.0.1:28001',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://127.0.0.1:28001',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '28001',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '127.0.0.1',
    });
    expect(variablesOf(of, {})).toEqual({});
  });
  test.each(['None', ''])('is nothing where its address is %j', (clusterIP) => {
    expect(variablesOf(service({ clusterIP, ports: [{ port: 1 }] }))).toEqual({});
  });
});

describe('ports of a container whose pod shares an address', () => {
  const web: Container = {
    name: 'web',
    ports: [{ name: 'http-main', containerPort: 8080 }, { containerPort: 9090 }, { name: 'dns', containerPort: 8080, protocol: 'UDP' }],
  };
  const beside: Container = { name: 'beside', ports: [{ name: 'metrics', containerPort: 9100 }] };
  const ports = { '8080/TCP': 20_001, '9090/TCP': 20_002, '8080/UDP': 20_003, '9100/TCP': 20_004 };
  const of = pod({ containers: [web, beside] });
  it('are told under the names of all, and its own first one', () => {
    const names = { PORT_HTTP_MAIN: '20001', PORT_9090: '20002', PORT_DNS: '20003', PORT_METRICS: '20004' };
    expect(portVariables(of, web, ports)).toEqual({ ...names, PORT: '20001' });
    expect(portVariables(of, beside, ports)).toEqual({ ...names, PORT: '20004' });
    expect([portVariables(of, { name: 'none' }, ports), portVariables(of, web, undefined)]).toEqual([names, {}]);
  });
  test.each([
    ['PORT', '8080', '20001'],
    ['PORT_ADMIN', '9090', '20002'],
    ['PORT', '5432', '5432'],
    ['LIMIT', '8080', '8080'],
    ['PORTAL', '8080', '8080'],
  ])('are meant where %s is set to %s', (name, value, expected) => {
    expect(portMeant(name, value, { container: web, ports })).toBe(expected);
    expect(portMeant(name, value, { container: web, ports: undefined })).toBe(value);
  });
});

test.each([
  ['limits.cpu', '1', '2'],
  ['limits.cpu', '1m', '1500'],
  ['limits.memory', '1Ki', '131072'],
  ['requests.cpu', '1m', '250'],
  ['requests.memory', '1', '0'],
  ['limits.ephemeral-storage', '1Gi', '10'],
  ['limits.none', '1', undefined],
])('the resource %s in units of %s is %s', (resource, divisor, expected) => {
  const container = { resources: { limits: { cpu: '1500m', memory: '128Mi' }, requests: { cpu: '250m' } } };
  expect(resourceValue(container, { resource, divisor }, { 'ephemeral-storage': '10Gi' })).toBe(expected);
});

describe('the user of a container', () => {
  const of = (ofPod: object, own: object, image = '') =>
    userOf(pod({ securityContext: ofPod }), { name: 'c', securityContext: own }, image);
  it('is its own before that of its pod, with the group', () => {
    expect(of({}, {})).toBeUndefined();
    expect(of({ runAsUser: 1, runAsGroup: 2 }, {})).toBe('1:2');
    expect(of({ runAsUser: 1, runAsGroup: 2 }, { runAsUser: 3 })).toBe('3:2');
    expect(of({ runAsGroup: 2 }, {}, '5:6')).toBe('5:2');
  });
  test.each([
    [{ runAsUser: 0 }, '', `container's runAsUser breaks non-root policy (pod: "p_n(u)", container: c)`],
    [{}, '', 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)'],
    [
      {},
      'app:1',
      'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "p_n(u)", container: c)',
    ],
    [{}, '1000', undefined],
    [{ runAsUser: 7 }, '', undefined],
    [{ runAsNonRoot: false }, '', undefined],
  ])('that may not be root: %j of an image with %j', (own, image, message) => {
    const act = () => of({ runAsNonRoot: true }, own, image);
    if (message === undefined) expect(act).not.toThrow();
    else expect(act).toThrow(message);
  });
});

describe('the rights of a container', () => {
  test.each<[object, object, unknown]>([
    [{}, {}, undefined],
    [{}, { capabilities: { drop: ['all'], add: ['CAP_NET_ADMIN'] } }, { add: ['NET_ADMIN'], drop: ['ALL'] }],
    [{}, { allowPrivilegeEscalation: false }, { noNewPrivileges: true }],
    [{}, { allowPrivilegeEscalation: true, privileged: true }, { privileged: true }],
    [{ seccompProfile: { type: 'RuntimeDefault' } }, {}, { profiles: ['seccomp profile RuntimeDefault'] }],
    [{ seccompProfile: { type: 'RuntimeDefault' } }, { seccompProfile: { type: 'Unconfined' } }, undefined],
    [
      { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
      { seLinuxOptions: { level: 's0' } },
      { profiles: ['SELinux label', 'sysctl net.core.somaxconn'] },
    ],
  ])('of a pod with %j, itself with %j', (ofPod, own, expected) => {
    expect(rightsOf(pod({ securityContext: ofPod }), { name: 'c', securityContext: own })).toEqual(expected);
  });
});

it('a launch has the limits, the words and the ways of its container', () => {
  const container: Container = {
    name: 'c',
    image: 'i',
    command: ['run', '$(A)'],
    args: ['$$(A)', '$(NONE)'],
    tty: true,
    workingDir: '/w',
    resources: { limits: { cpu: '250m', memory: '64Mi' } },
    securityContext: { readOnlyRootFilesystem: true, runAsUser: 5 },
  };
  const image = { id: '', sizeBytes: 0, entrypoint: [], command: [], env: {}, workingDir: '', user: '' };
  expect(launchOf(pod(), container, { image, env: { A: '1' }, mounts: [], attempt: 2, logFile: '/l' })).toEqual({
    container: 'c',
    image: 'i',
    command: ['run', '1', '$(A)', '$(NONE)'],
    env: { A: '1' },
    workingDir: '/w',
    user: '5',
    readOnlyRoot: true,
    tty: true,
    stdin: false,
    mounts: [],
    limits: { cpuMillis: 250, memoryBytes: 64 * 1024 * 1024 },
    logFile: '/l',
    attempt: 2,
  });
});
