import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { conditionOf, pod } from './workloads.ts';

const extended = { 'scheduling.k8s.io/foo': '5', 'example.com/fakecpu': '1000' };
const capacity = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '50', ...extended };
const plane = conformance({ nodes: [{ capacity }, { capacity }] });
const pods = async (): Promise<Resource> => plane.admin.resource('v1', 'pods', await plane.namespace());
const nodeOf = (object: Live) => fieldsOf(object, 'spec')['nodeName'] as string | undefined;
async function scheduled(of: Resource, object: Live): Promise<string> {
  await of.create(object);
  await plane.until(async () => nodeOf(await of.get(object.metadata.name)) !== undefined);
  return nodeOf(await of.get(object.metadata.name)) ?? '';
}
/** Asks for a pod that no node takes; answers what the scheduler says of it. */
async function unschedulable(of: Resource, object: Live): Promise<Fields> {
  await of.create(object);
  await plane.until(async () => conditionOf(await of.get(object.metadata.name), 'PodScheduled')?.['status'] === 'False');
  await plane.cluster.clock.advance(30_000);
  expect(nodeOf(await of.get(object.metadata.name))).toBeUndefined();
  return conditionOf(await of.get(object.metadata.name), 'PodScheduled') ?? {};
}
const asking = (name: string, requests: Fields, spec: Fields = {}) =>
  pod(name, { spec: { containers: [{ name: 'main', image: 'pause:1', resources: { requests, limits: requests } }], ...spec } });

describe('scheduling/predicates.go', () => {
  it('[sig-scheduling] SchedulerPredicates validates resource limits of pods that are allowed to run', async () => {
    const of = await pods();
    for (const node of ['node-1', 'node-2']) await scheduled(of, asking(`filler-${node}`, { cpu: '2800m' }, { nodeName: node }));
    expect(await unschedulable(of, asking('additional-pod', { cpu: '2' }))).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringContaining('2 Insufficient cpu') as string,
    });
  });

  it('[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if not matching', async () => {
    const condition = await unschedulable(await pods(), pod('restricted-pod', { spec: { nodeSelector: { label: 'nonempty' } } }));
    expect(condition).toMatchObject({ reason: 'Unschedulable' });
  });

  it('[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if matching', async () => {
    const label = 'kubernetes.io/e2e-1';
    await plane.admin.resource('v1', 'nodes').patch('node-2', { metadata: { labels: { [label]: '42' } } });
    const of = await pods();
    for (const name of ['with-labels', 'with-labels-again'])
      expect(await scheduled(of, pod(name, { spec: { nodeSelector: { [label]: '42' } } }))).toBe('node-2');
    await plane.admin.resource('v1', 'nodes').patch('node-2', { metadata: { labels: { [label]: null } } });
  });

  it('[sig-scheduling] SchedulerPredicates validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP', async () => {
    const of = await pods();
    expect(await scheduled(of, withPort('pod4', { hostPort: 54322, hostIP: '' }))).toBe('node-1');
    expect(await unschedulable(of, withPort('pod5', { hostPort: 54322, hostIP: '127.0.0.1' }))).toMatchObject({
      message: expect.stringContaining("didn't have free ports for the requested pod ports") as string,
    });
  });
});
const withPort = (name: string, port: Fields) =>
  pod(name, {
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': 'node-1' },
      containers: [{ name: 'main', image: 'agnhost:1', ports: [{ containerPort: 8080, protocol: 'TCP', ...port }] }],
    },
  });

describe('network/hostport.go', () => {
  it('[sig-network] HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol [LinuxOnly]', async () => {
    const of = await pods();
    expect(await scheduled(of, withPort('pod1', { hostPort: 54323, hostIP: '127.0.0.1' }))).toBe('node-1');
    expect(await scheduled(of, withPort('pod2', { hostPort: 54323, hostIP: '192.0.2.1' }))).toBe('node-1');
    expect(await scheduled(of, withPort('pod3', { hostPort: 54323, hostIP: '192.0.2.1', protocol: 'UDP' }))).toBe('node-1');
  });
});

describe('scheduling/limit_range.go', () => {
  const amounts = (cpu: string, memory: string, storage: string) => ({ cpu, memory, 'ephemeral-storage': storage });
  const limits = {
    type: 'Container',
    min: amounts('50m', '100Mi', '200Gi'),
    max: amounts('500m', '500Mi', '500Gi'),
    defaultRequest: amounts('100m', '200Mi', '200Gi'),
    default: amounts('300m', '400Mi', '400Gi'),
  };
  const limitRange = (name: string, more: Fields = {}) => ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name, ...more },
    spec: { limits: [limits] },
  });
  const waiting = (name: string, resources: Fields) =>
    pod(name, { spec: { nodeSelector: { never: 'there' }, containers: [{ name: 'main', image: 'pause:1', resources }] } });
  const resourcesOf = (live: Live) => (live.spec as { containers: { resources: Fields }[] }).containers[0]?.resources;

  it('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.', async () => {
    const namespace = await plane.namespace();
    const [ranges, of] = [plane.admin.resource('v1', 'limitranges', namespace), plane.admin.resource('v1', 'pods', namespace)];
    const { metadata } = await ranges.list();
    const watching = await ranges.watch(metadata.resourceVersion);
    await ranges.create(limitRange('limit-range'));
    await plane.until(() => watching.events[0]?.type === 'ADDED');
    expect((await ranges.get('limit-range')).spec).toEqual({ limits: [limits] });
    expect(resourcesOf(await of.create(waiting('no-resources', {})))).toEqual({ requests: limits.defaultRequest, limits: limits.default });
    const partial = { requests: { cpu: '150m', memory: '150Mi' }, limits: { cpu: '300m' } };
    expect(resourcesOf(await of.create(waiting('partial', partial)))).toEqual({
      requests: { ...limits.defaultRequest, ...partial.requests },
      limits: { ...limits.default, ...partial.limits },
    });
    const small = waiting('too-small', { requests: amounts('10m', '50Mi', '50Gi') });
    const large = waiting('too-large', { requests: amounts('600m', '600Mi', '600Gi') });
    expect(await refused(of.create(small))).toMatchObject({ code: 403, reason: 'Forbidden' });
    // Beside what the range gives by default it would ask for more than its own limit.
    expect(await refused(of.create(large))).toMatchObject({ code: 422, reason: 'Invalid' });
    const live = await ranges.get('limit-range');
    const lower = { ...limits, min: amounts('9m', '49Mi', '49Gi') };
    expect((await ranges.update({ ...live, spec: { limits: [lower] } })).spec).toEqual({ limits: [lower] });
    await of.create(small);
    expect(await refused(of.create(large))).toMatchObject({ code: 422, reason: 'Invalid' });
    await ranges.delete('limit-range');
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
    expect(await ranges.names()).toEqual([]);
    await of.create(large);
  });

  it('[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection', async () => {
    const [first, second] = [await plane.namespace(), await plane.namespace()];
    const everywhere = plane.admin.resource('v1', 'limitranges');
    const labels = { 'e2e-limitrange': 'collected' };
    for (const namespace of [first, second])
      await plane.admin.resource('v1', 'limitranges', namespace).create(limitRange('e2e-limitrange', { labels }));
    expect(await everywhere.names('e2e-limitrange=collected')).toHaveLength(2);
    const ranges = plane.admin.resource('v1', 'limitranges', first);
    const patch = { metadata: { labels: { patched: 'yes' } }, spec: { limits: [{ ...limits, min: amounts('10m', '10Mi', '10Gi') }] } };
    expect(await ranges.patch('e2e-limitrange', patch, { type: 'strategic' })).toMatchObject(patch);
    await ranges.deleteCollection('patched=yes');
    const left = (await everywhere.list({ labelSelector: 'e2e-limitrange=collected' })).items;
    expect(left.map(({ metadata }) => metadata.namespace)).toEqual([second]);
  });
});

describe('scheduling/preemption.go', () => {
  const foo = (amount: number): Fields => ({ 'scheduling.k8s.io/foo': String(amount) });
  const classOf = (name: string, value: number) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
  });
  /** Two thirds of what each node has of a thing is taken: by a pod of low priority on one, of medium priority on the other. */
  async function fill(prefix: string): Promise<Resource> {
    const classes = plane.admin.resource('scheduling.k8s.io/v1', 'priorityclasses');
    for (const [name, value] of Object.entries({ low: 1, medium: 100, high: 1000 }))
      await classes.create(classOf(`${prefix}-${name}`, value));
    const of = await pods();
    for (const [at, priority] of ['low', 'medium'].entries()) {
      const spec = { priorityClassName: `${prefix}-${priority}`, nodeSelector: { 'kubernetes.io/hostname': `node-${at + 1}` } };
      await scheduled(of, asking(`${prefix}-${priority}`, foo(3), spec));
    }
    return of;
  }
  /** The next test has the nodes for itself. */
  async function empty(of: Resource): Promise<void> {
    for (const name of await of.names()) await of.delete(name);
    await plane.until(async () => (await of.names()).length === 0);
  }
  const gone = async (of: Resource, name: string): Promise<boolean> => !(await of.names()).includes(name);

  it('[sig-scheduling] SchedulerPreemption validates basic preemption works', async () => {
    const of = await fill('basic');
    await of.create(asking('preemptor', foo(3), { priorityClassName: 'basic-high' }));
    await plane.until(async () => nodeOf(await of.get('preemptor')) !== undefined);
    expect([nodeOf(await of.get('preemptor')), await gone(of, 'basic-low'), await gone(of, 'basic-medium')]).toEqual([
      'node-1',
      true,
      false,
    ]);
    await empty(of);
  });

  it('[sig-scheduling] SchedulerPreemption validates lower priority pod preemption by critical pod', async () => {
    const of = await fill('critical');
    const system = plane.admin.resource('v1', 'pods', 'kube-system');
    await system.create(asking('critical-pod', foo(3), { priorityClassName: 'system-cluster-critical' }));
    await plane.until(async () => nodeOf(await system.get('critical-pod')) !== undefined);
    expect([await gone(of, 'critical-low'), await gone(of, 'critical-medium')]).toEqual([true, false]);
    await empty(system);
    await empty(of);
  });

  it('[sig-scheduling] SchedulerPreemption validates pod disruption condition is added to the preempted pod', async () => {
    const of = await fill('disruption');
    const finalizers = ['test.k8s.io/finalizer'];
    await of.patch('disruption-low', { metadata: { finalizers } });
    await of.create(asking('preemptor', foo(3), { priorityClassName: 'disruption-high' }));
    await plane.until(async () => conditionOf(await of.get('disruption-low'), 'DisruptionTarget')?.['status'] === 'True');
    expect(conditionOf(await of.get('disruption-low'), 'DisruptionTarget')).toMatchObject({ reason: 'PreemptionByScheduler' });
    await of.patch('disruption-low', { metadata: { finalizers: null } });
    await plane.until(async () => nodeOf(await of.get('preemptor')) === 'node-1');
    await empty(of);
  });

  it('[sig-scheduling] SchedulerPreemption PreemptionExecutionPath runs ReplicaSets to verify preemption running path', async () => {
    const namespace = await plane.namespace();
    const sets = plane.admin.resource('apps/v1', 'replicasets', namespace);
    const of = plane.admin.resource('v1', 'pods', namespace);
    const classes = plane.admin.resource('scheduling.k8s.io/v1', 'priorityclasses');
    for (let value = 1; value <= 4; value++) await classes.create(classOf(`p${value}-path`, value * 10));
    const setOf = (name: string, priority: string, fakecpu: number) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name },
      spec: {
        replicas: 1,
        selector: { matchLabels: { name } },
        template: {
          metadata: { labels: { name } },
          spec: {
            priorityClassName: priority,
            nodeSelector: { 'kubernetes.io/hostname': 'node-1' },
            containers: [{ name: 'main', image: 'pause:1', resources: { limits: { 'example.com/fakecpu': String(fakecpu) } } }],
          },
        },
      },
    });
    const places = async (): Promise<Record<string, boolean>> => {
      const { items } = await of.list();
      return Object.fromEntries(items.map((object) => [object.metadata.labels?.['name'] ?? '', nodeOf(object) !== undefined]));
    };
    for (const [name, priority, amount] of [
      ['rs-pod1', 'p1-path', 200],
      ['rs-pod2', 'p2-path', 300],
      ['rs-pod3', 'p3-path', 450],
    ] as const) {
      await sets.create(setOf(name, priority, amount));
      await plane.until(async () => (await places())[name] === true);
    }
    await sets.create(setOf('rs-pod4', 'p4-path', 500));
    await plane.until(async () => (await places())['rs-pod4'] === true);
    await plane.cluster.clock.advance(10_000);
    expect(await places()).toEqual({ 'rs-pod1': false, 'rs-pod2': false, 'rs-pod3': true, 'rs-pod4': true });
  });

  it('[sig-scheduling] SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods', async () => {
    const classes = plane.admin.resource('scheduling.k8s.io/v1', 'priorityclasses');
    const make = (name: string, value: number) => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
    });
    for (const [name, value] of [
      ['p1', 1000],
      ['p2', 2000],
    ] as const)
      await classes.create(make(name, value));
    expect(await classes.names()).toEqual(expect.arrayContaining(['p1', 'p2']));
    for (const name of ['p1', 'p2']) {
      expect(await refused(classes.patch(name, { value: 9 }))).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(await refused(classes.update({ ...(await classes.get(name)), value: 9 }))).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(await classes.patch(name, { description: 'patched' })).toMatchObject({ description: 'patched' });
      const updated = await classes.update({
        ...withMetadata(await classes.get(name), { labels: { updated: 'yes' } }),
        description: 'updated',
      });
      expect(updated).toMatchObject({ description: 'updated', metadata: { labels: { updated: 'yes' } } });
    }
    expect(await classes.get('p1')).toMatchObject({ value: 1000 });
  });
});
