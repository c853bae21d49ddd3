import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { parseTime, realClock } from '../../src/base/clock.ts';
import type { Kubectl } from '../support/kubectl.ts';
import type { Running } from '../support/steer.ts';
import { fieldsOf, type Fields, type Live } from './client.ts';
import { anything, definition, definitions } from './definitions.ts';
import { hasKubectl, overTls } from './over-tls.ts';
import { deployment, pod, template } from './workloads.ts';

const plane = overTls();
const clock = realClock();
const text = (object: object) => JSON.stringify(object);
const imageOf = ({ spec }: Live) => (spec as { containers: { image: string }[] }).containers[0]?.image;

describe.skipIf(!hasKubectl)('kubectl/kubectl.go', () => {
  it('[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api versions', async () => {
    expect((await plane.kubectl().ok(['api-versions'])).split('\n')).toContain('v1');
  });

  it('[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info', async () => {
    const said = await plane.kubectl().ok(['cluster-info']);
    expect(said).toContain('Kubernetes control plane');
    expect(said).toContain(`is running at`);
    expect(said).toContain(plane.url);
  });

  it('[sig-cli] Kubectl client Kubectl version should check is all data is printed', async () => {
    const said = await plane.kubectl().ok(['version']);
    for (const part of ['Client Version:', 'Server Version:']) expect(said).toMatch(new RegExp(`${part} v1\\.\\d+`));
    const { clientVersion, serverVersion } = await plane.kubectl().json<Record<'clientVersion' | 'serverVersion', Fields>>(['version']);
    for (const version of [clientVersion, serverVersion]) {
      for (const field of ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']) {
        expect(version).toHaveProperty(field, expect.any(String));
      }
    }
  });

  it('[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    const made = deployment('e2e-diff', 1);
    await kubectl.ok(['create', '-f', '-'], text(made));
    const changed = text(made).replace('httpd:2.4', 'busybox:1');
    const { code, stdout } = await kubectl.run(['diff', '-f', '-'], changed);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^-\s+-? ?image: httpd:2\.4$/m);
    expect(stdout).toMatch(/^\+\s+-? ?image: busybox:1$/m);
  });

  it('[sig-cli] Kubectl client Kubectl label should update the label on a resource', async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    await kubectl.ok(['create', '-f', '-'], text(pod('pause')));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/pause', '--timeout=20s']);
    await kubectl.ok(['label', 'pods', 'pause', 'testing-label=testing-label-value']);
    expect(await kubectl.ok(['get', 'pod', 'pause', '-L', 'testing-label'])).toContain('testing-label-value');
    expect(await kubectl.ok(['get', 'pods', '-l', 'testing-label=testing-label-value', '-o', 'name'])).toBe('pod/pause\n');
    await kubectl.ok(['label', 'pods', 'pause', 'testing-label-']);
    expect(await kubectl.ok(['get', 'pod', 'pause', '-L', 'testing-label'])).not.toContain('testing-label-value');
  });

  it('[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is Never', async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    await kubectl.ok(['run', 'e2e-test-httpd-pod', '--restart=Never', '--pod-running-timeout=2m0s', '--image=httpd:2.4']);
    const made = await kubectl.json<Live>(['get', 'pod', 'e2e-test-httpd-pod']);
    expect(made).toMatchObject({ spec: { restartPolicy: 'Never', containers: [{ image: 'httpd:2.4' }] } });
    expect((made.spec as { containers: unknown[] }).containers).toHaveLength(1);
  });

  it("[sig-cli] Kubectl client Kubectl replace should update a single-container pod's image", async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    await kubectl.ok(['run', 'e2e-test-httpd-pod', '--image=httpd:2.4', '--labels=run=e2e-test-httpd-pod']);
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/e2e-test-httpd-pod', '--timeout=20s']);
    const running = await kubectl.ok(['get', 'pod', 'e2e-test-httpd-pod', '-o', 'json']);
    await kubectl.ok(['replace', '-f', '-'], running.replaceAll('"image": "httpd:2.4"', '"image": "busybox:1"'));
    expect(imageOf(await kubectl.json<Live>(['get', 'pod', 'e2e-test-httpd-pod']))).toBe('busybox:1');
  });

  it('[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods', async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    await kubectl.ok(['run', 'e2e-test-httpd-pod', '--image=httpd:2.4', '--labels=run=e2e-test-httpd-pod']);
    const patch = { spec: { containers: [{ name: 'e2e-test-httpd-pod', image: 'busybox:1' }] } };
    const dry = await kubectl.json<Live>(['patch', 'pod', 'e2e-test-httpd-pod', '-p', text(patch), '--dry-run=server']);
    expect(imageOf(dry)).toBe('busybox:1');
    expect(imageOf(await kubectl.json<Live>(['get', 'pod', 'e2e-test-httpd-pod']))).toBe('httpd:2.4');
  });

  it('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path', async () => {
    const socketPath = join(plane.folder, 'proxy.sock');
    const proxy = plane.kubectl().start(['proxy', `--unix-socket=${socketPath}`]);
    await proxy.printed(/Starting to serve on/);
    await expectVersions(proxy, { socketPath });
  });

  it('[sig-cli] Kubectl client Proxy server should support proxy with --port 0', async () => {
    const proxy = plane.kubectl().start(['proxy', '-p', '0', '--disable-filter']);
    await proxy.printed(/Starting to serve on/);
    const [, port] = /Starting to serve on 127\.0\.0\.1:(\d+)/.exec(proxy.output()) ?? [];
    await expectVersions(proxy, { port: Number(port) });
  });
});

/** The API answers through a proxy of kubectl's, which is stopped. */
async function expectVersions(proxy: Running, to: { socketPath: string } | { port: number }): Promise<void> {
  const body = await new Promise<string>((resolve, reject) => {
    const sent = request({ ...to, path: '/api/', headers: { host: 'localhost' } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    sent.on('error', reject);
    sent.end();
  });
  await proxy.stop();
  expect(JSON.parse(body)).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
}

describe.skipIf(!hasKubectl)('kubectl/kubectl.go, of ReplicationControllers', () => {
  const controller = (name: string, replicas: number) => {
    const spec = { replicas, selector: { name }, template: template(name) };
    return { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, labels: { name } }, spec };
  };
  /** In a namespace of its own, with all its pods ready. */
  const running = async (name: string, replicas: number) => {
    const kubectl = plane.kubectl(await plane.namespace());
    await kubectl.ok(['create', '-f', '-'], text(controller(name, replicas)));
    return { kubectl, ready: (count: number) => untilCount(kubectl, name, count) };
  };
  const untilCount = (kubectl: Kubectl, name: string, count: number) =>
    plane.until(async () => {
      const { status } = await kubectl.json<Live>(['get', 'rc', name]);
      const { replicas, readyReplicas = 0 } = status as { replicas: number; readyReplicas?: number };
      return replicas === count && readyReplicas === count;
    });

  it('[sig-cli] Kubectl client Update Demo should create and stop a replication controller', async () => {
    const { kubectl, ready } = await running('update-demo', 2);
    await ready(2);
    await kubectl.ok(['delete', '--grace-period=0', '--force', '-f', '-'], text(controller('update-demo', 2)));
    await plane.until(async () => (await kubectl.ok(['get', 'rc,pods', '-l', 'name=update-demo', '-o', 'name'])) === '');
  });

  it('[sig-cli] Kubectl client Update Demo should scale a replication controller', async () => {
    const { kubectl, ready } = await running('update-demo', 2);
    await ready(2);
    for (const count of [1, 2]) {
      await kubectl.ok(['scale', 'rc', 'update-demo', `--replicas=${count}`, '--timeout=5m']);
      await ready(count);
      await plane.until(
        async () => (await kubectl.ok(['get', 'pods', '-l', 'name=update-demo', '-o', 'name'])).split('\n').length === count + 1,
      );
    }
  });

  it('[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods', async () => {
    const { kubectl, ready } = await running('agnhost-primary', 1);
    await ready(1);
    await kubectl.ok(['expose', 'rc', 'agnhost-primary', '--port=6379']);
    const rc = await kubectl.ok(['describe', 'rc', 'agnhost-primary']);
    for (const [heading, value] of [
      ['Name', 'agnhost-primary'],
      ['Selector', 'name=agnhost-primary'],
      ['Replicas', '1 current'],
      ['Pods Status', '1 Running'],
      ['Image', 'httpd:2.4'],
    ]) {
      expect(rc).toMatch(new RegExp(`^ *${heading}: +${value}`, 'm'));
    }
    expect(rc).toMatch(/^Events:/m);
    const pods = await kubectl.ok(['describe', 'pod', '-l', 'name=agnhost-primary']);
    for (const heading of ['Name', 'Namespace', 'Node', 'Labels', 'Status', 'IP', 'Controlled By', 'Image', 'State', 'QoS Class']) {
      expect(pods).toMatch(new RegExp(`^ *${heading}: +\\S`, 'm'));
    }
    expect(pods).toMatch(/^Controlled By: +ReplicationController\/agnhost-primary$/m);
    expect(await kubectl.ok(['describe', 'service', 'agnhost-primary'])).toMatch(/^TargetPort: +6379\/TCP$/m);
  });

  it('[sig-cli] Kubectl client Kubectl expose should create services for rc', async () => {
    const { kubectl, ready } = await running('agnhost-primary', 1);
    await ready(1);
    const portsOf = async (name: string) => {
      const { spec } = await kubectl.json<Live>(['get', 'service', name]);
      return (spec as { ports: { port: number; targetPort: number }[] }).ports.map(({ port, targetPort }) => [port, targetPort]);
    };
    await kubectl.ok(['expose', 'rc', 'agnhost-primary', '--name=rm2', '--port=1234', '--target-port=6379']);
    expect(await portsOf('rm2')).toEqual([[1234, 6379]]);
    await kubectl.ok(['expose', 'service', 'rm2', '--name=rm3', '--port=2345', '--target-port=6379']);
    expect(await portsOf('rm3')).toEqual([[2345, 6379]]);
    await plane.until(async () => /^Endpoints: +\d+(\.\d+){3}:6379$/m.test(await kubectl.ok(['describe', 'service', 'rm3'])));
  });

  it('[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc', async () => {
    const { kubectl, ready } = await running('agnhost-primary', 1);
    await ready(1);
    const name = await kubectl.ok(['get', 'pods', '-l', 'name=agnhost-primary', '-o', 'name']);
    await kubectl.ok(['patch', name.trim(), '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
    expect(await kubectl.ok(['get', name.trim(), '-o', 'jsonpath={.metadata.annotations.x}'])).toBe('y');
  });
});

describe.skipIf(!hasKubectl)('kubectl/logs.go', () => {
  it('[sig-cli] Kubectl logs logs should be able to retrieve and filter logs', async () => {
    const kubectl = plane.kubectl(await plane.namespace());
    const log = ['first line', 'second line', 'last line'];
    await kubectl.ok(['create', '-f', '-'], text(pod('logs-generator', { script: { log: log.join('\n') } })));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/logs-generator', '--timeout=20s']);
    const logs = (...args: string[]) => kubectl.ok(['logs', 'logs-generator', 'main', ...args]);
    expect((await logs()).trim().split('\n')).toEqual(log);
    expect(await logs('--tail=1')).toBe('last line\n');
    expect(await logs('--limit-bytes=1')).toBe('f');
    const [stamp = '', ...words] = (await logs('--tail=1', '--timestamps')).trim().split(' ');
    expect(words.join(' ')).toBe('last line');
    expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect((await logs('--since=24h')).trim().split('\n')).toEqual(log);
    const since = parseTime(stamp) ?? 0;
    await plane.until(() => clock.now() > since + 1500);
    expect(await logs('--since=1s')).toBe('');
  });
});

describe.skipIf(!hasKubectl)('apimachinery/crd_publish_openapi.go, by kubectl', () => {
  /** Defines a kind and waits until its documents are published; answers what makes one of its objects. */
  async function define(group: string, schema: Fields): Promise<(spec: Fields, name?: string) => string> {
    await definitions(plane.admin).create(
      definition({ group, plural: 'e2e-test-crds', kind: 'E2eTestCrd', versions: [{ name: 'v1', schema }] }),
    );
    await plane.until(async () => (await plane.admin.call('GET', '/openapi/v3')).text.includes(`apis/${group}/v1`));
    return (spec, name = 'test-cr') => text({ apiVersion: `${group}/v1`, kind: 'E2eTestCrd', metadata: { name }, ...spec });
  }
  async function expectAccepted(body: string, changed: string): Promise<void> {
    const kubectl = plane.kubectl(await plane.namespace());
    const { metadata } = JSON.parse(body) as KubeObject;
    await kubectl.ok(['create', '-f', '-'], body);
    await kubectl.ok(['delete', 'e2e-test-crds', metadata.name]);
    await kubectl.ok(['apply', '-f', '-'], body);
    await kubectl.ok(['apply', '-f', '-'], changed);
    const { apiVersion: _, kind: __, metadata: ___, ...wanted } = JSON.parse(changed) as Live;
    expect(await kubectl.json(['get', 'e2e-test-crds', metadata.name])).toMatchObject(wanted);
  }
  async function gone(group: string): Promise<void> {
    await definitions(plane.admin).delete(`e2e-test-crds.${group}`);
    await plane.until(async () => !(await definitions(plane.admin).names()).includes(`e2e-test-crds.${group}`));
  }
  const explain = (...path: string[]) => plane.kubectl().ok(['explain', ['e2e-test-crds', ...path].join('.')]);

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD with validation schema', async () => {
    const bar = {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', description: 'Name of Bar.' },
        age: { type: 'string', description: 'Age of Bar.' },
        bazs: { type: 'array', items: { type: 'string' }, description: 'List of Bazs.' },
      },
    };
    const spec = {
      type: 'object',
      description: 'Specification of Foo',
      properties: { bars: { type: 'array', description: 'List of Bars and their specs.', items: bar } },
    };
    const make = await define('with-schema.example.com', { type: 'object', description: 'Foo CRD for Testing', properties: { spec } });
    const good = { spec: { bars: [{ name: 'test-bar' }] } };
    await expectAccepted(make(good), make({ spec: { bars: [{ name: 'test-bar', age: '10' }] } }));
    const kubectl = plane.kubectl(await plane.namespace());
    for (const verb of ['create', 'apply']) {
      expect(await kubectl.fails([verb, '-f', '-'], make({ spec: { foo: true } }))).toMatch(/unknown field "spec\.foo"/);
      expect(await kubectl.fails([verb, '-f', '-'], make({ spec: { bars: [{ age: '10' }] } }))).toMatch(/spec\.bars\[0\]\.name/);
    }
    expect(await explain()).toMatch(/Foo CRD for Testing/);
    expect(await explain('spec')).toMatch(/Specification of Foo/);
    expect(await explain('spec', 'bars')).toMatch(/List of Bars and their specs/);
    expect(await explain('spec', 'bars', 'bazs')).toMatch(/List of Bazs/);
    expect(await explain('metadata')).toMatch(/metadata/);
    await plane.kubectl().fails(['explain', 'e2e-test-crds.spec.bars2']);
    await gone('with-schema.example.com');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD without validation schema', async () => {
    const make = await define('schemaless.example.com', anything);
    await expectAccepted(make({ a: { b: [{ c: 'd' }] } }), make({ a: { b: [{ c: 'e' }] } }));
    expect(await explain()).toMatch(/DESCRIPTION:\s+<empty>/);
    await gone('schemaless.example.com');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields at the schema root', async () => {
    const properties = { spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string' } } } };
    const make = await define('preserving.example.com', { ...anything, properties });
    await expectAccepted(
      make({ a: { b: [{ c: 'd' }] }, spec: { dummy: 'one' } }),
      make({ a: { b: [{ c: 'e' }] }, spec: { dummy: 'two' } }),
    );
    expect(await explain()).toMatch(/KIND:\s+E2eTestCrd/);
    await gone('preserving.example.com');
  });

  it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields in an embedded object', async () => {
    const embedded = {
      ...anything,
      description: 'Specification of Waldo',
      properties: { dummy: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    };
    const make = await define('nested.example.com', { type: 'object', properties: { spec: embedded } });
    await expectAccepted(make({ spec: { b: [{ c: 'd' }] } }), make({ spec: { b: [{ c: 'e' }] } }));
    expect(await explain()).toMatch(/KIND:\s+E2eTestCrd/);
    expect(await explain('spec')).toMatch(/Specification of Waldo/);
    await gone('nested.example.com');
  });
});

describe('auth/service_accounts.go', () => {
  it('[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace', async () => {
    const maps = plane.admin.resource('v1', 'configmaps', await plane.namespace());
    const name = 'kube-root-ca.crt';
    const there = () => plane.until(async () => (await maps.names()).includes(name));
    await there();
    const { data, metadata } = await maps.get(name);
    expect(data).toEqual({ 'ca.crt': expect.stringContaining('BEGIN CERTIFICATE') as string });
    await maps.delete(name);
    await there();
    const again = await maps.get(name);
    expect(again.metadata.uid).not.toBe(metadata.uid);
    expect(again.data).toEqual(data);
    await maps.update({ ...again, data: { 'ca.crt': '' } });
    await plane.until(async () => JSON.stringify((await maps.get(name)).data) === JSON.stringify(data));
  });
});

describe('network/apiserver.go', () => {
  it('[sig-network] API Server should provide secure master service', async () => {
    const service = await plane.admin.resource('v1', 'services', 'default').get('kubernetes');
    expect(service.spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] });
  });

  it('[sig-network] API Server should have Endpoints and EndpointSlices pointing to API Server', async () => {
    const { hostname, port } = new URL(plane.url);
    const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, 'default');
    expect((await of('v1', 'services').get('kubernetes')).metadata.namespace).toBe('default');
    expect((await of('v1', 'endpoints').get('kubernetes'))['subsets']).toEqual([
      { addresses: [{ ip: hostname }], ports: [{ name: 'https', port: Number(port), protocol: 'TCP' }] },
    ]);
    const slices = (await of('discovery.k8s.io/v1', 'endpointslices').list({ labelSelector: 'kubernetes.io/service-name=kubernetes' }))
      .items;
    expect(slices).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: [hostname], conditions: { ready: true } }],
        ports: [{ name: 'https', port: Number(port), protocol: 'TCP' }],
      },
    ]);
  });
});

describe('network/service_latency.go', () => {
  it('[sig-network] Service endpoints latency should not be very high', async () => {
    const namespace = await plane.namespace();
    const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, namespace);
    const [services, slices, pods] = [of('v1', 'services'), of('discovery.k8s.io/v1', 'endpointslices'), of('v1', 'pods')];
    await pods.create(pod('svc-latency'));
    await plane.until(async () => fieldsOf(await pods.get('svc-latency'), 'status')['phase'] === 'Running');
    const watching = await slices.watch((await slices.list()).metadata.resourceVersion);
    const spec = { selector: { name: 'svc-latency' }, ports: [{ port: 80 }] };
    const took: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      const name = `latency-svc-${round}`;
      const since = clock.now();
      await services.create({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
      const isOurs = (object: Live) =>
        object.metadata.labels?.['kubernetes.io/service-name'] === name && (object['endpoints'] as unknown[]).length > 0;
      await plane.until(() => watching.events.some(({ object }) => isOurs(object)));
      took.push(clock.now() - since);
    }
    await watching.stop();
    const [median = Infinity, slow = Infinity] = [50, 90].map((at) => [...took].sort((a, b) => a - b)[at]);
    expect(median).toBeLessThan(20_000);
    expect(slow).toBeLessThan(50_000);
  });
});
