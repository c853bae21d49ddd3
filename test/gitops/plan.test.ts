import { describe, expect, it, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { refOf, refText } from '../../src/api/object.ts';
import { defaultBudget, holdsOf } from '../../src/gitops/budget.ts';
import { desiredOf, type Desired } from '../../src/gitops/desired.ts';
import { exclusiveClaims } from '../../src/gitops/exclusive.ts';
import { pairOf, type Inspection } from '../../src/gitops/inspect.ts';
import { plan, summaryOf, type PlanInput, type PruneCandidate, type Step } from '../../src/gitops/plan.ts';
import { planIdOf, stepDigest } from '../../src/gitops/plan-id.ts';
import type { Prediction } from '../../src/gitops/predict.ts';
import { trackingValue } from '../../src/gitops/tracking.ts';

const application = { namespace: 'default', name: 'shop' };
const tracking = trackingValue(application);
const blob = 'b10b';

function map(name: string, data: Record<string, string>, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...metadata }, data } as KubeObject;
}
const fieldsFor = (data: Record<string, string>) => ({
  'f:metadata': { 'f:labels': { 'f:steersman.dev/application': {} } },
  'f:data': Object.fromEntries(Object.keys(data).map((key) => [`f:${key}`, {}])),
});
function live(name: string, data: Record<string, string>, options: { label?: string; manager?: string; uid?: string } = {}): KubeObject {
  const { label = tracking, manager = 'steersman', uid = 'u1' } = options;
  const managedFields = [
    { manager, operation: manager === 'steersman' ? 'Apply' : 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: fieldsFor(data) },
  ];
  return map(name, data, { uid, resourceVersion: '5', labels: label === '' ? {} : { 'steersman.dev/application': label }, managedFields });
}
async function desired(objects: readonly KubeObject[]): Promise<readonly Desired[]> {
  const manifests = objects.map((object) => ({ object, blob, origin: { path: 'a.yaml', line: 1 } }));
  const kindOf = (object: KubeObject) =>
    Promise.resolve({ group: refOf(object).group, version: 'v1', kind: object.kind, plural: 'x', namespaced: object.kind !== 'Namespace' });
  return (await desiredOf(manifests, { namespace: 'default', kindOf })).items;
}
function inspection(item: Desired, found: KubeObject | undefined, prediction: Partial<Prediction> = {}): Inspection {
  const sent = { ...item.object, metadata: { ...item.object.metadata, labels: { 'steersman.dev/application': tracking } } };
  const data = (item.object as KubeObject & { data: Record<string, string> }).data;
  const predicted = {
    ...found,
    ...sent,
    metadata: {
      ...found?.metadata,
      ...sent.metadata,
      managedFields: [{ manager: 'steersman', operation: 'Apply' as const, fieldsV1: fieldsFor(data) }],
    },
  };
  const ownership = found === undefined ? 'absent' : found.metadata.labels?.['steersman.dev/application'] === tracking ? 'ours' : 'nobody';
  const full: Prediction = { ownership, sent, predicted, basis: 'dryRun', respected: [], ...prediction };
  const pair = pairOf(item, found, full);
  return { desired: item, live: found, prediction: full, ...(pair === undefined ? {} : { pair }) };
}
function input(inspections: readonly Inspection[], more: Partial<PlanInput> = {}): PlanInput {
  return { application, inspections, candidates: [], prune: true, lastApplied: () => undefined, ownedBy: () => true, ...more };
}
function candidate(object: KubeObject): PruneCandidate {
  return { ref: refOf(object), kind: { group: '', version: 'v1', kind: object.kind, plural: 'x', namespaced: true }, live: object, object };
}
async function one(
  object: KubeObject,
  found: KubeObject | undefined,
  more: Partial<PlanInput> & { prediction?: Partial<Prediction> } = {},
): Promise<Step> {
  const [item] = await desired([object]);
  return plan(input([inspection(item as Desired, found, more.prediction)], more))[0] as Step;
}

describe('a step', () => {
  it('creates what is absent with what the manifest says', async () => {
    const step = await one(map('a', { k: '1' }), undefined);
    expect({ action: step.action, patch: step.patch, send: step.send, uid: step.uid }).toEqual({
      action: 'create',
      patch: [{ op: 'add', path: '', value: map('a', { k: '1' }) }],
      send: 'create',
      uid: '',
    });
  });
  it('configures what differs', async () => {
    const step = await one(map('a', { k: '2' }), live('a', { k: '1' }));
    expect([step.action, step.patch, step.send, step.uid, step.why]).toEqual([
      'configure',
      [
        { op: 'test', path: '/data/k', value: '1' },
        { op: 'replace', path: '/data/k', value: '2' },
      ],
      'apply',
      'u1',
      'k changes',
    ]);
  });
  it('leaves alone what is equal', async () => {
    const step = await one(map('a', { k: '1' }), live('a', { k: '1' }));
    expect([step.action, step.send, step.findings]).toEqual(['unchanged', 'nothing', undefined]);
  });
  it('takes over an equal object of nobody without calling it a change', async () => {
    const step = await one(map('a', { k: '1' }), live('a', { k: '1' }, { label: '', manager: 'kubectl' }));
    expect([step.action, step.patch, step.send]).toEqual(['unchanged', [], 'own']);
    expect(step.findings).toEqual([
      { kind: 'adopt', message: 'it is there already and belongs to no application, written by kubectl', blocks: false },
    ]);
  });
  it('is blocked on an object of another application, until that one lets go', async () => {
    const prediction = { ownership: { application: 'default.other' } };
    const found = live('a', { k: '1' }, { label: 'default.other' });
    const blocked = await one(map('a', { k: '2' }), found, { prediction });
    expect([blocked.action, blocked.send, blocked.findings?.[0]?.kind]).toEqual(['blocked', 'nothing', 'foreign']);
    const moved = await one(map('a', { k: '2' }), found, { prediction, ownedBy: () => false });
    expect([moved.action, moved.findings?.[0]?.message]).toEqual(['configure', 'it moves here from application default.other']);
  });
  it('is blocked by a field that it never set and somebody else owns, unless the manifest takes it', async () => {
    const found = { ...live('a', { k: '1' }, { manager: 'editor' }) };
    const blocked = await one(map('a', { k: '2' }), found);
    expect([blocked.action, blocked.findings]).toEqual([
      'blocked',
      [
        {
          kind: 'conflict',
          message:
            'data.k was set by editor and never by this application; annotate the manifest with steersman.dev/take: "true" to take it',
          fields: ['data.k'],
          writer: 'editor',
          time: '2026-01-01T00:00:00Z',
          blocks: true,
        },
      ],
    ]);
    const taken = await one(map('a', { k: '2' }, { annotations: { 'steersman.dev/take': 'true' } }), found);
    expect([taken.action, taken.findings?.[0]?.message]).toEqual(['configure', 'data.k is taken from editor']);
  });
  it('calls it drift where the last revision had set the field', async () => {
    const found = live('a', { k: '9' }, { manager: 'kubectl-edit' });
    const step = await one(map('a', { k: '1' }), found, { lastApplied: () => map('a', { k: '1' }) });
    expect([step.action, step.findings?.[0]]).toEqual([
      'configure',
      {
        kind: 'drift',
        message: 'data.k was changed by kubectl-edit',
        fields: ['data.k'],
        writer: 'kubectl-edit',
        time: '2026-01-01T00:00:00Z',
        blocks: false,
      },
    ]);
  });
  it('recreates only where the manifest says so and the field cannot change', async () => {
    const prediction: Partial<Prediction> = { failure: { kind: 'immutable', message: 'data.k: field is immutable', fields: ['data.k'] } };
    const found = live('a', { k: '1' });
    const [item] = await desired([map('a', { k: '2' })]);
    const { predicted: _gone, ...refused } = inspection(item as Desired, found, prediction).prediction as Prediction;
    const blocked = plan(input([{ desired: item as Desired, live: found, prediction: refused }]))[0];
    expect([blocked?.action, blocked?.why]).toEqual(['blocked', 'data.k: field is immutable']);
    const [forced] = await desired([map('a', { k: '2' }, { annotations: { 'steersman.dev/force': 'recreate' } })]);
    const step = plan(
      input([{ desired: forced as Desired, live: found, prediction: { ...refused, sent: (forced as Desired).object } }]),
    )[0];
    expect([step?.action, step?.send, step?.why]).toEqual(['recreate', 'recreate', 'an immutable field changes']);
  });
});

describe('a Secret', () => {
  const secret = (value: unknown, found = false): KubeObject =>
    ({ ...map('s', {}, found ? live('s', {}).metadata : {}), kind: 'Secret', data: { password: value, user: 'YQ==' } }) as never;
  test.each([
    ['a valid value', 'aHVudGVyMg=='],
    ['a value of a wrong type', 1234567],
  ])('shows the Git blob id for %s, never the value', async (_name, value) => {
    const step = await one(secret(value), secret('b2xkLXZhbHVl', true));
    expect(step.patch).toEqual([
      { op: 'test', path: '/data/password', value: '<live>' },
      { op: 'replace', path: '/data/password', value: '<b10b>' },
    ]);
    const created = await one(secret(value), undefined);
    expect(JSON.stringify(created.patch)).not.toContain(String(value));
    expect(created.patch[0]).toMatchObject({ value: { data: { password: '<b10b>', user: '<b10b>' } } });
  });
});

describe('pruning', () => {
  const gone = live('old', { k: '1' });
  it('comes last, backwards through the order of applying', async () => {
    const account = { ...live('runner', {}), kind: 'ServiceAccount' } as KubeObject;
    const pod = { ...live('pod', {}), kind: 'Pod', spec: { serviceAccountName: 'runner', containers: [] } } as KubeObject;
    const [item] = await desired([map('a', { k: '1' })]);
    const steps = plan(input([inspection(item as Desired, undefined)], { candidates: [candidate(account), candidate(pod)] }));
    expect(steps.map((step) => [step.action, step.name])).toEqual([
      ['create', 'ConfigMap default/a'],
      ['prune', 'Pod default/pod'],
      ['prune', 'ServiceAccount default/runner'],
    ]);
  });
  test.each<[string, Partial<PlanInput>, string]>([
    ['pruning is switched off', { candidates: [candidate(gone)], prune: false }, 'left there: pruning is switched off'],
    [
      'the annotation says never',
      { candidates: [candidate(live2({ annotations: { 'steersman.dev/prune': 'never' } }))] },
      'left there, as steersman.dev/prune: never says',
    ],
    [
      'another application took it',
      { candidates: [candidate(live('old', {}, { label: 'default.other' }))] },
      'belongs to application default.other now',
    ],
    [
      'another application wants it',
      { candidates: [{ ...candidate(gone), wantedBy: 'default/other' }] },
      'moves to application default/other',
    ],
  ])('leaves an object where %s', (_name, more, why) => {
    const steps = plan(input([], more));
    expect(steps.map((step) => [step.action, step.send, step.why])).toEqual([['skip', 'nothing', why]]);
  });
  it('forgets what is gone already', () => {
    expect(plan(input([], { candidates: [{ ...candidate(gone), live: undefined }] }))).toEqual([]);
  });
  it('goes first where the new object needs the same node port', async () => {
    const service = (name: string): KubeObject =>
      ({ ...map(name, {}), kind: 'Service', spec: { ports: [{ port: 80, nodePort: 30080 }] } }) as never;
    const old = { ...service('old'), metadata: live('old', {}).metadata };
    const [item] = await desired([service('new')]);
    const steps = plan(input([inspection(item as Desired, undefined)], { candidates: [candidate(old)] }));
    expect(steps.map((step) => [step.action, step.ref.name, step.why])).toEqual([
      ['prune', 'old', 'no longer in the source; goes before Service default/new, which needs the same node port 30080/TCP'],
      ['create', 'new', undefined],
    ]);
  });
});
function live2(metadata: object): KubeObject {
  const object = live('old', { k: '1' });
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

describe('planIdOf', () => {
  const step = (action: Step['action'], name: string, value: string) => {
    const ref = { group: '', kind: 'ConfigMap', namespace: 'default', name };
    const patch = [{ op: 'replace' as const, path: '/data/k', value }];
    return {
      action,
      ref,
      phase: 'Sync' as const,
      wave: 0,
      patch,
      uid: 'u',
      digest: stepDigest(action, ref, patch),
      basis: 'dryRun' as const,
    };
  };
  it('counts what changes, in order, and nothing else', () => {
    const id = planIdOf(application, {}, [step('configure', 'a', '1'), step('create', 'b', '1')]);
    expect(id).toMatch(/^p-[0-9a-f]{16}$/);
    expect(
      planIdOf(application, {}, [
        step('unchanged', 'c', '1'),
        { ...step('configure', 'a', '1'), uid: 'other', wave: 7 },
        step('create', 'b', '1'),
      ]),
    ).toBe(id);
    expect(planIdOf(application, {}, [step('create', 'b', '1'), step('configure', 'a', '1')])).not.toBe(id);
    expect(planIdOf(application, {}, [step('configure', 'a', '2'), step('create', 'b', '1')])).not.toBe(id);
    expect(planIdOf(application, { context: 'prod' }, [step('configure', 'a', '1'), step('create', 'b', '1')])).not.toBe(id);
    expect(planIdOf({ ...application, name: 'other' }, {}, [step('configure', 'a', '1'), step('create', 'b', '1')])).not.toBe(id);
  });
  it('counts steps by action', () => {
    expect(summaryOf([step('create', 'a', '1'), step('create', 'b', '1'), step('prune', 'c', '1')])).toEqual({
      create: 2,
      configure: 0,
      recreate: 0,
      unchanged: 0,
      prune: 1,
      skip: 0,
      blocked: 0,
    });
  });
});

describe('the deletion budget', () => {
  const prunes = (count: number, kind = 'ConfigMap', group = '') =>
    Array.from({ length: count }, (_unused, index) => ({
      action: 'prune' as const,
      ref: { group, kind, namespace: 'default', name: `o${index}` },
      phase: 'Sync' as const,
      wave: 0,
      patch: [],
      uid: 'u',
      digest: '',
      basis: 'dryRun' as const,
    }));
  test.each<[string, number, number, readonly string[]]>([
    ['4 of 4 go by themselves: fewer than 5', 4, 4, []],
    ['5 of 25 go by themselves: 20 %', 5, 25, []],
    ['5 of 24 are held', 5, 24, ['deletes 5 of 24 objects, more than 20 %']],
    ['10 of 1000 go by themselves', 10, 1000, []],
    ['11 of 1000 are held', 11, 1000, ['deletes 11 objects, more than 10']],
  ])('%s', (_name, count, owned, holds) => {
    expect(holdsOf(prunes(count), { owned, budget: defaultBudget, adopt: () => false })).toEqual(holds);
  });
  test.each<[string, string]>([
    ['Namespace', ''],
    ['CustomResourceDefinition', 'apiextensions.k8s.io'],
    ['PersistentVolumeClaim', ''],
    ['StatefulSet', 'apps'],
  ])('one %s is held', (kind, group) => {
    expect(holdsOf(prunes(1, kind, group), { owned: 1000, budget: defaultBudget, adopt: () => false })).toHaveLength(1);
  });
  it('holds a takeover unless the application allows it', async () => {
    const step = await one(map('a', { k: '1' }), live('a', { k: '1' }, { label: '', manager: 'kubectl' }));
    expect(holdsOf([step], { owned: 1, budget: defaultBudget, adopt: () => false })).toEqual([
      'takes over ConfigMap default/a, which belongs to nobody',
    ]);
    expect(holdsOf([step], { owned: 1, budget: defaultBudget, adopt: () => true })).toEqual([]);
  });
});

describe('exclusiveClaims', () => {
  test.each<[string, object, string[]]>([
    [
      'a Service',
      { kind: 'Service', spec: { clusterIP: '10.0.0.9', ports: [{ nodePort: 30000, protocol: 'UDP' }, { port: 1 }] } },
      ['node port 30000/UDP', 'cluster IP 10.0.0.9'],
    ],
    ['a headless Service', { kind: 'Service', spec: { clusterIP: 'None' } }, []],
    [
      'an Ingress',
      { kind: 'Ingress', spec: { rules: [{ host: 'a.example', http: { paths: [{ path: '/x' }] } }] } },
      ['Ingress host a.example path /x'],
    ],
    [
      'a DaemonSet',
      { kind: 'DaemonSet', spec: { template: { spec: { containers: [{ ports: [{ hostPort: 53, protocol: 'UDP' }] }] } } } },
      ['host port 53/UDP'],
    ],
    [
      'a Deployment with a volume',
      {
        kind: 'Deployment',
        spec: {
          template: {
            spec: {
              volumes: [{ persistentVolumeClaim: { claimName: 'data' } }, { persistentVolumeClaim: { claimName: 'ro', readOnly: true } }],
            },
          },
        },
      },
      ['volume default/data'],
    ],
  ])('%s', (_name, object, claims) => {
    expect(exclusiveClaims({ ...map('x', {}), ...object } as KubeObject)).toEqual(claims);
  });
});

it('names objects as messages do', () => {
  expect(refText(refOf(map('a', {})))).toBe('ConfigMap default/a');
});
