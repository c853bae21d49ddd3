import { describe, expect, it, test } from 'vitest';
import { changed, stored, write, type Loose } from './write.ts';

const namespaced = { name: 'one', namespace: 'shop' };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: namespaced };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: namespaced, data: { a: '1' } };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a Secret', () => {
  it('keeps text as data', () => {
    expect(stored({ ...secret, data: { a: base64('old'), b: base64('kept') }, stringData: { a: 'new' } })).toEqual({
      ...secret,
      type: 'Opaque',
      data: { a: base64('new'), b: base64('kept') },
    });
  });
  test.each<[string, Loose, string[]]>([
    [
      'a key that is none',
      { data: { 'a b': '' } },
      [expect.stringContaining('data[a b]: Invalid value: "a b": a valid config key must consist of') as string],
    ],
    ['a certificate without its key', { type: 'kubernetes.io/tls', data: { 'tls.crt': base64('x') } }, ['data[tls.key]: Required value']],
    [
      'a login that cannot be read, without telling it',
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('{hidden') } },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'h\' looking for beginning of object key string',
      ],
    ],
    [
      'a token of nobody',
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    ['more than a mebibyte', { data: { a: base64('x'.repeat(1024 * 1024 + 1)) } }, ['data: Too long: may not be more than 1048576 bytes']],
  ])('is refused: %s', (_why, content, errors) => {
    expect(write({ ...secret, ...content }).errors).toEqual(errors);
  });
  it('keeps its type', () => {
    const old = stored({ ...secret, type: 'example.com/a' });
    expect(write({ ...old, type: 'example.com/b' }, old).errors).toEqual(['type: Invalid value: "example.com/b": field is immutable']);
  });
});

describe('a ConfigMap', () => {
  it('has each key once', () => {
    const { errors } = write({ ...configMap, binaryData: { a: base64('1') } });
    expect(errors).toEqual(['data[a]: Invalid value: "a": duplicate of key present in binaryData']);
  });
  it('that is immutable stays so, and its labels do not', () => {
    const old = stored({ ...configMap, immutable: true });
    const detail = 'Forbidden: field is immutable when `immutable` is set';
    expect(write(changed(old, 'data.a', '2'), old).errors).toEqual([`data: ${detail}`]);
    expect(write(changed(old, 'immutable', false), old).errors).toEqual([`immutable: ${detail}`]);
    expect(write(changed(old, 'metadata.labels', { a: 'b' }), old).errors).toEqual([]);
  });
});

describe('a ServiceAccount', () => {
  it('knows its secrets by their names alone', () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: namespaced };
    expect(stored({ ...account, secrets: [{ kind: 'Secret', namespace: 'other', name: 'a' }, { uid: 'u' }] })).toEqual({
      ...account,
      secrets: [{ name: 'a' }, {}],
    });
  });
});

describe('metadata', () => {
  const labelRule = expect.stringContaining('a valid label must be an empty string or consist of') as string;
  test.each<[string, Loose, string[]]>([
    ['no name', { name: '', namespace: 'shop' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
    ['a bad label', { ...namespaced, labels: { a: 'b c' } }, [labelRule]],
    [
      'a key with two slashes',
      { ...namespaced, labels: { 'a/b/c': '' } },
      [expect.stringContaining('metadata.labels: Invalid value: "a/b/c": a qualified name must consist of') as string],
    ],
    [
      'annotations without measure',
      { ...namespaced, annotations: { a: 'x'.repeat(300_000) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      'an owner without a uid',
      { ...namespaced, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] },
      ['metadata.ownerReferences[0].uid: Invalid value: "": must not be empty'],
    ],
    [
      'contradicting finalizers',
      { ...namespaced, finalizers: ['orphan', 'foregroundDeletion'] },
      ['metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set'],
    ],
  ])('is refused: %s', (_why, metadata, errors) => {
    expect(write({ ...configMap, metadata }).errors).toEqual(errors);
  });
  it('gets no new finalizers while the object goes', () => {
    const old = stored({ ...configMap, metadata: { ...namespaced, finalizers: ['a.b/c'], deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(write(changed(old, 'metadata.finalizers', ['a.b/c', 'd.e/f']), old).errors).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"d.e/f"}',
    ]);
  });
  it('may name a cluster-scoped object with dots, and a namespace without', () => {
    expect(write({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1.example.com' } }).errors).toEqual([]);
    expect(write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } }).errors).toEqual([
      'metadata.name: Invalid value: "a.b": must not contain dots',
    ]);
  });
});

describe('a Namespace', () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  it('carries its name as a label and waits for its content when it goes', () => {
    expect(stored(namespace)).toEqual({
      ...namespace,
      metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });
  it('keeps what it waits for when a writer leaves it out', () => {
    expect(stored({ ...namespace, spec: {} }, stored(namespace))).toHaveProperty('spec.finalizers', ['kubernetes']);
  });
});

describe('others', () => {
  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: namespaced, addressType: 'IPv4', endpoints: [] };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: namespaced };
  const event = { apiVersion: 'v1', kind: 'Event', metadata: namespaced, involvedObject: { kind: 'Pod', name: 'p', namespace: 'other' } };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
  const taint = { key: 'a', effect: 'NoSchedule' };
  test.each<[string, Loose, string[]]>([
    [
      'an endpoint of another family',
      { ...slice, endpoints: [{ addresses: ['::1'] }] },
      ['endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address'],
    ],
    [
      'an endpoint without addresses',
      { ...slice, endpoints: [{ addresses: [] }] },
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      'a lease for no time',
      { ...lease, spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
    ['an event elsewhere', event, ['involvedObject.namespace: Invalid value: "other": does not match event.namespace']],
    [
      'a node tainted twice',
      { ...node, spec: { taints: [taint, taint] } },
      [expect.stringContaining('metadata.taints[1]: Duplicate value') as string],
    ],
  ])('%s is refused', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });
  it('a slice keeps its family', () => {
    const old = stored(slice);
    expect(write({ ...old, addressType: 'IPv6' }, old).errors).toEqual(['addressType: Invalid value: "IPv6": field is immutable']);
  });
  it('a slice says the name and protocol of its ports', () => {
    expect(stored({ ...slice, ports: [{ port: 80 }] })).toHaveProperty('ports', [{ name: '', port: 80, protocol: 'TCP' }]);
  });
  it('a node can give all it has unless it says otherwise', () => {
    expect(stored({ ...node, status: { capacity: { cpu: '4' } } })).toHaveProperty('status.allocatable', { cpu: '4' });
  });
});

describe('an Application', () => {
  const application = {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: namespaced,
    spec: { source: { repo: 'https://git.example.com/shop.git' } },
  };
  it('gets what its paper says', () => {
    expect(stored(application)['spec']).toEqual({
      source: { repo: 'https://git.example.com/shop.git', path: '', revision: '', interval: '30s', verify: { mode: 'none' } },
      renderer: {},
      destination: {},
      namespace: 'default',
      sync: {
        auto: true,
        prune: true,
        adopt: false,
        budget: { objects: 10, percent: 20 },
        deadline: '5m',
        healthyFor: '5s',
        unserved: 'error',
      },
      drift: 'heal',
      rollback: 'manual',
      suspend: false,
      historyLimit: 50,
    });
  });
  const source = (extra: Loose): Loose => changed(application, 'spec.source', { ...application.spec.source, ...extra });
  test.each<[string, Loose, string[]]>([
    ['no source', changed(application, 'spec', {}), ['spec.source: Required value']],
    [
      'a path that leads out',
      source({ path: 'a/../../b' }),
      ['spec.source.path: Invalid value: "a/../../b": must be a relative path that stays inside the repository'],
    ],
    [
      'a branch that is an option',
      source({ revision: '--upload-pack=x' }),
      [expect.stringContaining('spec.source.revision: Invalid value') as string],
    ],
    [
      'a repository that is an option',
      source({ repo: '--upload-pack=x' }),
      [expect.stringContaining('spec.source.repo: Invalid value') as string],
    ],
    [
      'a password in the address, without telling it',
      source({ repo: 'https://me:hidden@git.example.com/x' }),
      ['spec.source.repo: Forbidden: may not hold a password: name a Secret in spec.source.credentials'],
    ],
    [
      'a duration that is none',
      changed(application, 'spec.sync', { deadline: 'soon' }),
      [expect.stringContaining('spec.sync.deadline: Invalid value: "soon"') as string],
    ],
    [
      'signatures of nobody',
      source({ verify: { mode: 'head' } }),
      ['spec.source.verify.signers: Required value: mode head needs the names of those who may sign'],
    ],
    [
      'two renderers',
      changed(application, 'spec.renderer', { helm: {}, kustomize: {} }),
      ['spec.renderer: Invalid value: ["helm","kustomize"]: must name at most one renderer'],
    ],
    [
      'itself as a condition',
      changed(application, 'spec.dependsOn', ['one']),
      ['spec.dependsOn[0]: Invalid value: "one": an application cannot wait for itself'],
    ],
  ])('is refused: %s', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });
  it('has a history that does not change', () => {
    const revision = {
      apiVersion: 'steersman.dev/v1',
      kind: 'ApplicationRevision',
      metadata: namespaced,
      spec: { application: 'one', number: 1, commit: 'abc' },
    };
    const old = stored(revision);
    expect(write(changed(old, 'spec.commit', 'def'), old).errors).toEqual([
      expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/),
    ]);
    expect(write(changed(old, 'status', { outcome: 'Succeeded' }), old).errors).toEqual([]);
  });
});
