import { describe, expect, test } from 'vitest';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { Base } from '../../src/gitops/base-state.ts';
import { startOffline } from '../../src/review/offline.ts';
import { builtInKinds } from '../support/api-server.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { openRenderers } from '../support/render-tools.ts';
import { applicationAt, outline, review } from '../support/review.ts';

const configMap = (name: string, value: string, namespace = 'default'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace} }\ndata: { key: "${value}" }\n`;
const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
const definition = (schema = '{ type: object, x-kubernetes-preserve-unknown-fields: true }'): string =>
  `\n${customDefinition({ group: 'example.org', kind: 'Widget', plural: 'widgets', schema })}`;
const widget = (name: string, size: string): string =>
  `apiVersion: example.org/v1\nkind: Widget\nmetadata: { name: ${name} }\nspec: { size: ${size} }\n`;

/** Renderers that tell what they rendered. */
function counting(rendered: string[], renderers = createRenderers()): readonly Renderer[] {
  return renderers.map((one) => ({
    ...one,
    render: (artifact, path, signal, settings) => {
      rendered.push(path);
      return one.render(artifact, path, signal, settings);
    },
  }));
}

test('applications come, go, change and stay', async () => {
  const { review: document } = await review(
    { 'a/a.yaml': configMap('a', '1'), 'b/b.yaml': configMap('b', '1'), 'c/c.yaml': configMap('c', '1') },
    { 'a/a.yaml': configMap('a', '2'), 'b/b.yaml': null, 'd/d.yaml': configMap('d', '1') },
  );
  expect(outline(document)).toEqual({
    'a changed': ['configure ConfigMap default/a'],
    'b removed': ['prune ConfigMap default/b'],
    'c unchanged': [],
    'd added': ['create ConfigMap default/d'],
  });
  expect(document).toMatchObject({
    repo: 'repo',
    base: { subject: 'base' },
    head: { revision: 'main', subject: 'head' },
    judgedBy: 'embedded 1.35',
  });
});

test('what nothing changes is neither rendered nor planned', async () => {
  const rendered: string[] = [];
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`app-${at}/cm.yaml`, configMap(`cm-${at}`, '1')]));
  const { review: document, applications } = await review(
    files,
    { 'app-7/cm.yaml': configMap('cm-7', '2') },
    { renderers: counting(rendered) },
  );
  expect([...new Set(rendered)]).toEqual(['app-7']);
  expect(document.applications.filter(({ plan }) => plan !== undefined).map(({ path }) => path)).toEqual(['app-7']);
  expect(applications.map(({ base, head }) => [base.items.length, head.items.length])).toEqual([[1, 1]]);
});

test('an application is planned when a folder changes that its kustomization leads to', async () => {
  const rendered: string[] = [];
  const files = {
    'base/kustomization.yaml': 'resources: [../shared]\n',
    'shared/kustomization.yaml': 'resources: [cm.yaml]\n',
    'shared/cm.yaml': configMap('a', '1'),
    'other/cm.yaml': configMap('b', '1'),
    'over/kustomization.yaml': 'resources:\n- ../base\n',
  };
  const find = () => Promise.resolve({ applications: ['other', 'over'].map((path) => applicationAt(path)), said: [], problems: [] });
  const renderers = counting(rendered, openRenderers());
  await review(files, { 'shared/cm.yaml': configMap('a', '2') }, { renderers, find });
  expect([...new Set(rendered)]).toEqual(['over']);
});

describe('an object that changes its application', () => {
  const base = { 'a/x.yaml': configMap('x', '1'), 'a/w.yaml': configMap('w', '1'), 'b/b.yaml': configMap('b', '1') };
  test('is not deleted and made anew', async () => {
    const { review: document } = await review(base, { 'a/x.yaml': null, 'b/x.yaml': configMap('x', '2') });
    expect(outline(document)).toEqual({
      'a changed': ['skip ConfigMap default/x (moves to application default/b)'],
      'b changed': ['configure ConfigMap default/x'],
    });
    const [ref] = document.applications.flatMap(({ moves }) => moves);
    const object = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'x' };
    const [a, b] = ['a', 'b'].map((name) => ({ namespace: 'default', name }));
    expect(ref).toEqual({ from: object, to: object, fromApplication: a, toApplication: b, similarity: 0 });
  });
  test('and nothing else leaves nothing to do', async () => {
    const { review: document } = await review(base, { 'a/x.yaml': null, 'b/x.yaml': configMap('x', '1') });
    expect(outline(document)).toMatchObject({ 'b changed': [] });
    expect(document.applications[1]?.moves).toMatchObject([{ similarity: 1 }]);
  });
});

test('an object under a new name is a move, with its two steps', async () => {
  const text = (name: string) => `${configMap(name, '1').replace('\ndata: {', '\ndata: { a: b, c: d, e: f,')}`;
  const { review: document } = await review({ 'a/x.yaml': text('old') }, { 'a/x.yaml': text('new') });
  expect(outline(document)).toEqual({ 'a changed': ['create ConfigMap default/new', 'prune ConfigMap default/old'] });
  expect(document.applications[0]?.moves.map(({ from, to, similarity }) => [from.name, to.name, similarity])).toEqual([['old', 'new', 1]]);
});

test('what one application brings is there for the others: namespaces and kinds', async () => {
  const closed = '{ type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } }';
  const { review: document } = await review(
    { 'a/cm.yaml': configMap('a', '1') },
    {
      'a/cm.yaml': configMap('a', '1', 'new'),
      'a/widget.yaml': widget('w', '1'),
      'z/ground.yaml': `${namespace('new')}---${definition(closed)}`,
    },
  );
  expect(outline(document)).toEqual({
    'a changed': ['create ConfigMap new/a', 'create example.org/Widget default/w', 'prune ConfigMap default/a'],
    'z added': ['create Namespace new', 'create apiextensions.k8s.io/CustomResourceDefinition widgets.example.org'],
  });
  expect(document.applications[0]?.plan?.steps.map(({ basis }) => basis)).toEqual(['dryRun', 'dryRun', 'dryRun']);
});

describe('custom kinds without a definition among the applications', () => {
  const base = { 'a/w.yaml': widget('w', '1'), 'a/v.yaml': widget('v', '1') };
  const head = { 'a/w.yaml': widget('w', 'large') };
  const closed = '{ type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } }';
  test('are taken as written, and listed', async () => {
    const { review: document, definitions } = await review(base, head);
    expect(outline(document)).toEqual({ 'a changed': ['configure example.org/Widget default/w'] });
    expect(document.notUnderstood).toEqual([
      { path: 'a/v.yaml', line: 1, message: 'example.org/v1 Widget: no definition of it was found, so 4 objects are taken as written' },
    ]);
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual(['widgets.example.org']);
  });
  test('are errors where that is asked for', async () => {
    const { review: document } = await review(base, head, { strict: true });
    expect(document.applications[0]).toMatchObject({
      change: 'failed',
      failure: { stage: 'validate', problems: [{ path: 'a/v.yaml', line: 2 }, { path: 'a/w.yaml' }] },
    });
  });
  test('are judged by a definition that stands elsewhere in the repository', async () => {
    const { review: document } = await review({ ...base, 'crds.yaml': definition(closed) }, head);
    expect(document.applications[0]?.failure?.stage).toBe('validate');
    expect(document.applications[0]?.failure?.problems).toMatchObject([{ path: 'a/w.yaml', line: 4 }]);
    expect(document.notUnderstood).toEqual([]);
  });
});

test('a head that cannot be read fails alone, with file and line', async () => {
  const { review: document } = await review(
    { 'a/a.yaml': configMap('a', '1'), 'b/b.yaml': configMap('b', '1') },
    { 'a/a.yaml': 'a: [\n', 'b/b.yaml': configMap('b', '2') },
  );
  expect(document.applications).toMatchObject([
    { change: 'failed', failure: { stage: 'render', problems: [{ path: 'a/a.yaml' }] } },
    { change: 'changed' },
  ]);
});

test('what is written differently and does not change is counted by its rule', async () => {
  const service = (ports: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { selector: { app: s }, ports: [${ports}] }\n`;
  const deployment = (name: string, body: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name} }\nspec: { ${body}selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i, resources: { limits: { cpu: CPU } } }] } } }\n`;
  const { review: document } = await review(
    {
      'a/s.yaml': service('{ port: 80, targetPort: 80 }'),
      'a/d.yaml': deployment('d', '').replace('CPU', '1'),
      'a/e.yaml': deployment('e', '').replace('CPU', '1'),
      'a/m.yaml': configMap('m', '1'),
    },
    {
      'a/s.yaml': service('{ targetPort: 80, port: 80 }'),
      'a/d.yaml': deployment('d', 'replicas: 1, ').replace('CPU', '1'),
      'a/e.yaml': deployment('e', '').replace('CPU', '1000m'),
      'a/m.yaml': configMap('m', '1').replace('\ndata:', '\nbinaryData: null\ndata:'),
    },
  );
  expect(outline(document)).toEqual({ 'a unchanged': [] });
  expect(document.applications[0]?.hidden).toEqual([
    { rule: 'defaults', count: 1 },
    { rule: 'map order', count: 1 },
    { rule: 'null', count: 1 },
    { rule: 'spelling', count: 1 },
  ]);
});

test('only the applications asked for are planned', async () => {
  const base = { 'a/a.yaml': configMap('a', '1'), 'b/b.yaml': configMap('b', '1') };
  const { review: document } = await review(base, { 'a/a.yaml': configMap('a', '2'), 'b/b.yaml': configMap('b', '2') }, { only: ['b'] });
  expect(outline(document)).toEqual({ 'b changed': ['configure ConfigMap default/b'] });
});

test('an application from elsewhere is told so, and is no failure', async () => {
  const find = () =>
    Promise.resolve({
      applications: [applicationAt('a', { elsewhere: 'its chart comes from https://charts.example.org' })],
      said: [],
      problems: [],
    });
  const { review: document } = await review({ 'a/a.yaml': configMap('a', '1') }, { 'a/a.yaml': configMap('a', '2') }, { find });
  expect(outline(document)).toEqual({ 'a unchanged': [] });
  expect(document.notUnderstood).toEqual([{ path: 'a', message: 'default/a: its chart comes from https://charts.example.org' }]);
});

test('what a live cluster has differently from the base is told apart from what the merge changes', async () => {
  const settings = { random: seededRandom(1), kinds: builtInKinds(), version: '0.0.0', log: silentLog };
  const live = await startOffline({ clock: new SimulatedClock(), ...settings });
  try {
    const data = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data: { key: '1', other: '1' } };
    const application = { namespace: 'default', name: 'called-otherwise' };
    const manifest = { object: data, origin: { path: 'a/a.yaml', line: 1 }, blob: '' };
    await (await Base.begin(live.cluster, [manifest], { application, namespace: 'default' })).standBefore();
    await live.cluster.patch(ConfigMap, { namespace: 'default', name: 'a' }, { data: { other: 'by hand' } }, { fieldManager: 'someone' });
    const text = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: "${value}", other: "1" }\n`;
    const target = { target: 'the house', cluster: live.cluster };
    const { review: document } = await review({ 'a/a.yaml': text('1') }, { 'a/a.yaml': text('2') }, { live: target });
    expect(document.live?.target).toBe('the house');
    const [only] = document.applications;
    expect(only?.plan?.steps.map(({ changes }) => changes)).toEqual([[{ path: 'data.key', from: '1', to: '2' }]]);
    expect(only?.drift?.steps.map(({ action, changes }) => [action, changes])).toEqual([
      ['configure', [{ path: 'data.other', from: 'by hand', to: '1' }]],
    ]);
    expect(only?.health).toEqual({ status: 'Healthy' });
    await live.cluster.delete(ConfigMap, { namespace: 'default', name: 'a' });
    const { review: later } = await review({ 'a/a.yaml': text('1') }, { 'a/a.yaml': text('2') }, { live: target });
    expect(later.applications.map(({ health }) => health)).toEqual([{ status: 'Missing', message: 'ConfigMap default/a: is not there' }]);
  } finally {
    await live.stop();
  }
});
