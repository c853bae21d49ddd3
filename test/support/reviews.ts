import type { Forecast } from '../../src/api/forecast.ts';
import type { ObjectRef } from '../../src/api/object.ts';
import type { Action, FieldChange, Plan, PlanStep } from '../../src/api/plan.ts';
import type { ApplicationReview, Caution, Review } from '../../src/api/review.ts';

export interface Situation {
  readonly review: Review;
  readonly forecast?: Forecast;
}

const base = { revision: 'main', commit: '1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' };
const head = { revision: 'feature', commit: '2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', subject: 'More of everything' };

export function refOf(kind: string, name: string, group = groupOf(kind)): ObjectRef {
  return { group, kind, namespace: kind === 'Namespace' || kind === 'CustomResourceDefinition' ? '' : 'shop', name };
}
function groupOf(kind: string): string {
  if (['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) return 'apps';
  return kind === 'CustomResourceDefinition' ? 'apiextensions.k8s.io' : '';
}

export function stepOf(action: Action, ref: ObjectRef, more: Partial<PlanStep> = {}): PlanStep {
  const digest = `${action}-${ref.kind}-${ref.name}`;
  const origin = action === 'prune' ? {} : { origin: { path: `apps/${ref.name}.yaml`, line: 1 } };
  return { action, ref, phase: 'Sync', wave: 0, patch: [], uid: '', digest, basis: 'dryRun', ...origin, ...more };
}
export function updateOf(kind: string, name: string, changes: readonly FieldChange[]): PlanStep {
  return stepOf('configure', refOf(kind, name), { changes });
}
export function createOf(kind: string, name: string, more: Readonly<Record<string, unknown>> = {}): PlanStep {
  const ref = refOf(kind, name);
  const apiVersion = ref.group === '' ? 'v1' : `${ref.group}/v1`;
  const value = { apiVersion, kind, metadata: { name, namespace: ref.namespace }, ...more };
  return stepOf('create', ref, { patch: [{ op: 'add', path: '', value }] });
}
export function pruneOf(kind: string, name: string): PlanStep {
  return stepOf('prune', refOf(kind, name), { why: 'no longer in the source', patch: [{ op: 'remove', path: '' }] });
}

function planOf(name: string, steps: readonly PlanStep[], more: Partial<Plan> = {}): Plan {
  const summary = { create: 0, configure: 0, recreate: 0, unchanged: 0, prune: 0, skip: 0, blocked: 0 };
  for (const { action } of steps) summary[action]++;
  const source = { repo: 'https://forge.test/shop/deploy', path: `apps/${name}` };
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Plan',
    planId: 'p-0123456789abcdef',
    application: { namespace: 'default', name },
    destination: {},
    source: { ...source, revision: head.revision, commit: head.commit },
    base: { ...source, ...base },
    summary,
    steps,
    holds: [],
    notes: [],
    ...more,
  };
}

export function applicationOf(name: string, steps: readonly PlanStep[], more: Partial<ApplicationReview> = {}): ApplicationReview {
  return {
    application: { namespace: 'default', name },
    form: 'Folder',
    path: `apps/${name}`,
    change: steps.length === 0 ? 'unchanged' : 'changed',
    plan: planOf(name, steps),
    hidden: [],
    moves: [],
    ...more,
  };
}

export function reviewOf(applications: readonly ApplicationReview[], more: Partial<Review> = {}): Review {
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Review',
    repo: 'https://forge.test/shop/deploy',
    base,
    head,
    judgedBy: 'embedded 1.35',
    applications,
    cautions: [],
    images: [],
    found: [`${applications.length} folders`],
    notUnderstood: [],
    timings: { read: 12, render: 40, plan: 260 },
    ...more,
  };
}

export function forecastOf(more: Partial<Forecast>): Forecast {
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Forecast',
    ended: 'rest',
    durationMs: 42_000,
    assumptions: ['nodes: 3 of 4 cpu, 16Gi', 'an image starts in 2 s'],
    coverage: { changed: 2, judged: 2, notJudged: [] },
    rollouts: [],
    findings: [],
    ...more,
  };
}

const imageChange = { path: 'spec.template.spec.containers[web].image', from: 'shop/web:1.4.0', to: 'shop/web:2.0.0' };
const cautionOf = (severity: Caution['severity'], rule: string, ref: ObjectRef, message: string): Caution => {
  return {
    severity,
    rule,
    ref,
    message,
    application: { namespace: 'default', name: 'shop' },
    origin: { path: `apps/${ref.name}.yaml`, line: 7 },
  };
};

function small(): Situation {
  const steps = [updateOf('Deployment', 'web', [{ path: 'spec.replicas', from: 3, to: 5 }]), stepOf('unchanged', refOf('Service', 'web'))];
  return { review: reviewOf([applicationOf('shop', steps), applicationOf('db', [])]) };
}

function blocker(): Situation {
  const db = refOf('StatefulSet', 'db');
  const gone = stepOf('blocked', refOf('Deployment', 'api'), {
    changes: [{ path: 'spec.selector.matchLabels.app', from: 'api', to: 'api-v2' }],
    findings: [{ kind: 'immutable', message: 'spec.selector: Invalid value: field is immutable', fields: ['spec.selector'], blocks: true }],
  });
  const steps = [
    gone,
    pruneOf('StatefulSet', 'db'),
    pruneOf('PersistentVolumeClaim', 'data'),
    updateOf('Deployment', 'web', [imageChange]),
  ];
  const cautions = [
    cautionOf('blocker', 'deletes-data', db, 'is deleted; what its 3 volumes hold stays, and nothing reads it any more'),
    cautionOf('blocker', 'deletes-data', refOf('PersistentVolumeClaim', 'data'), 'is deleted with the 20Gi that it holds'),
    cautionOf('caution', 'image-major', refOf('Deployment', 'web'), 'shop/web goes from 1.4.0 to 2.0.0, a major version'),
  ];
  const images = [{ image: 'shop/web', from: '1.4.0', to: '2.0.0', major: true, usedBy: [refOf('Deployment', 'web')] }];
  return {
    review: reviewOf([applicationOf('shop', steps), applicationOf('edge', [createOf('ConfigMap', 'edge', { data: { a: 'b' } })])], {
      cautions,
      images,
    }),
  };
}

function renderFailure(): Situation {
  const failure = {
    stage: 'render' as const,
    message: 'kustomize build failed',
    problems: [
      { path: 'apps/pay/kustomization.yaml', line: 4, column: 5, message: 'accumulating resources from "../gone": no such file' },
      { path: 'apps/pay/web.yaml', line: 12, column: 3, message: 'spec.replicsa: unknown field; did you mean replicas?' },
    ],
  };
  const { plan: _, ...failed } = applicationOf('pay', [], { change: 'failed', failure });
  const notUnderstood = [
    { path: 'clusters/prod/git.yaml', line: 3, message: 'GitRepository flux-system/other: another repository is not read' },
  ];
  return { review: reviewOf([failed, applicationOf('shop', [createOf('ConfigMap', 'web', { data: { a: 'b' } })])], { notUnderstood }) };
}

/** Everything that a repository may write into a name, a value or a message. */
export const hostileTexts = [
  '`code` ``` fence',
  '| pipe | pipe |',
  '<img src=x onerror=alert(1)>',
  '</details></summary><script>alert(1)</script>',
  '@everyone @org/team',
  '#1 !2 ~bug %milestone &epic $3',
  '[link](javascript:alert(1)) ![i](http://evil.test/x.png)',
  'https://evil.test www.evil.test me@evil.test',
  '-->  <!-- steersman:x:1:default:1 -->',
  '**bold** __bold__ ~~gone~~ # heading',
  '\u001b[2J\u202egnol\u0000',
  '&lt;b&gt; &#64;all',
];
function hostile(): Situation {
  const name = hostileTexts.join(' ');
  const changes = [
    ...hostileTexts.map((text, index) => ({ path: `data['${text}']`, from: text, to: `${text}${index}` })),
    { path: 'data.script', from: '```\n</details>\n', to: '````\n<script>alert(1)</script>\n@everyone\n' },
  ];
  const steps = [
    updateOf('ConfigMap', name, changes),
    createOf('ConfigMap', 'new', { data: { x: hostileTexts.join('\n') } }),
    pruneOf('ConfigMap', name),
  ];
  const cautions = hostileTexts.map((text) => ({ ...cautionOf('caution', 'odd', refOf('ConfigMap', text), text), fields: [text] }));
  const images = [{ image: '`|<b>@x', from: '|1', to: '<i>2', major: true, usedBy: [refOf('Deployment', '|@x|')] }];
  const origin = { path: `apps/${hostileTexts[2]}|.yaml`, line: 1 };
  const application = { namespace: 'default', name };
  const rollouts = [
    { ...rolloutOf('a|b'), because: [{ what: 'field' as const, name: '<b>|@x' }], stuck: { reason: '|', message: '<script>' } },
  ];
  const review = reviewOf([{ ...applicationOf(name, steps, { origin }), application }, applicationOf('x', [createOf('ConfigMap', 'y')])], {
    cautions,
    images,
    head: { ...head, revision: 'feature/`|<b>@x' },
    judgedBy: 'profile |<b>`.json',
    notUnderstood: [{ path: '<b>', line: 1, message: hostileTexts.join(' ') }],
  });
  return { review, forecast: forecastOf({ rollouts }) };
}

function rolloutOf(name: string) {
  return {
    workload: refOf('Deployment', name),
    kind: 'restarts' as const,
    because: [{ what: 'field' as const, name: 'spec.template.spec.containers[web].image' }],
    ended: 3,
    started: 3,
    startMs: 400,
    endMs: 24_400,
    desired: 3,
    worst: { available: 2, atMs: 4_000 },
    mostPods: 4,
    timeline: [],
  };
}

function forecasted(): Situation {
  const steps = [
    updateOf('Deployment', 'web', [imageChange]),
    updateOf('ConfigMap', 'web-config', [
      { path: "data['app.conf']", from: 'listen 80\nworkers 4\nlog info\n', to: 'listen 80\nworkers 8\nlog info\n' },
    ]),
    stepOf('unchanged', refOf('Deployment', 'api')),
  ];
  const rollouts = [
    rolloutOf('web'),
    { ...rolloutOf('api'), because: [{ what: 'ConfigMap' as const, name: 'web-config' }], worst: { available: 3, atMs: 0 } },
  ];
  const { endMs: _, ...never } = rolloutOf('big');
  const stuck = { reason: 'Unschedulable', message: '0/3 nodes are available: 3 Insufficient cpu.' };
  const notJudged = [
    {
      ref: { group: 'cert-manager.io', kind: 'Certificate', namespace: 'shop', name: 'web' },
      why: 'nobody here knows what its controller does',
    },
  ];
  const findings = [
    cautionOf('blocker', 'unschedulable', refOf('Deployment', 'big'), 'none of 3 nodes has 12 cpu: its 2 pods stay Pending'),
  ];
  const forecast = forecastOf({
    ended: 'horizon',
    rollouts: [...rollouts, { ...never, stuck }],
    findings,
    coverage: { changed: 3, judged: 2, notJudged },
  });
  return { review: reviewOf([applicationOf('shop', [...steps, createOf('Deployment', 'big', { spec: { replicas: 2 } })])]), forecast };
}

function moved(): Situation {
  const [from, to] = [refOf('Deployment', 'web'), refOf('Deployment', 'storefront')];
  const steps = [createOf('Deployment', 'storefront', { spec: { replicas: 3 } }), pruneOf('Deployment', 'web')];
  const owner = { fromApplication: { namespace: 'default', name: 'shop' }, toApplication: { namespace: 'default', name: 'edge' } };
  const config = refOf('ConfigMap', 'shared');
  const moves = [{ from, to, similarity: 0.973 }];
  const owners = [{ from: config, to: config, similarity: 1, ...owner }];
  return { review: reviewOf([applicationOf('shop', steps, { moves }), applicationOf('edge', [], { change: 'changed', moves: owners })]) };
}

function secrets(): Situation {
  const values = { password: '<0a1b2c3d4e5f>', token: '<0a1b2c3d4e5f>' };
  const steps = [
    stepOf('configure', refOf('Secret', 'db'), {
      changes: [
        { path: 'data.password', from: '<live>', to: '<0a1b2c>' },
        { path: 'data.old', from: '<live>' },
        { path: 'metadata.labels.tier', to: 'db' },
      ],
    }),
    createOf('Secret', 'new', { data: values }),
  ];
  return { review: reviewOf([applicationOf('shop', steps)]) };
}

function drifted(): Situation {
  const steps = [updateOf('Deployment', 'web', [imageChange])];
  const drift = planOf('shop', [updateOf('Deployment', 'api', [{ path: 'spec.replicas', from: 9, to: 3 }])]);
  const live = { target: 'cluster of kubeconfig, context prod', readAt: '2026-11-21T12:00:00Z' };
  return {
    review: reviewOf(
      [
        applicationOf('shop', steps, {
          drift,
          health: { status: 'Progressing', message: 'apps/Deployment shop/api: 2 of 3 pods available | @all' },
          hidden: [
            { rule: 'map order', count: 4 },
            { rule: 'defaults', count: 8 },
          ],
        }),
        applicationOf('edge', [updateOf('Deployment', 'edge', [imageChange])], { health: { status: 'Healthy' } }),
      ],
      { live },
    ),
  };
}

function manyChanges(): Situation {
  const applications = Array.from({ length: 50 }, (_, a) => {
    const updates = Array.from({ length: 9 }, (__, index) => {
      return updateOf('Deployment', `web-${a}-${index}`, [
        { path: 'spec.template.spec.containers[web].image', from: `shop/web:1.${index}`, to: `shop/web:1.${index + 1}` },
        { path: 'spec.replicas', from: index, to: index + 1 },
      ]);
    });
    return applicationOf(`shop-${a}`, [
      ...updates,
      a % 10 === 0 ? pruneOf('StatefulSet', `db-${a}`) : createOf('ConfigMap', `c-${a}`, { data: { a: 'b' } }),
    ]);
  });
  return { review: reviewOf(applications) };
}

/** One application of which all text would take 70,000 characters. */
function tooLong(): Situation {
  const text = (mark: string) => Array.from({ length: 200 }, (_, line) => `line ${line} ${mark} ${'x'.repeat(60)}`).join('\n');
  const steps = [
    pruneOf('PersistentVolumeClaim', 'data'),
    stepOf('recreate', refOf('Service', 'lb'), {
      why: 'spec.clusterIP cannot change',
      changes: [{ path: 'spec.clusterIP', from: 'None', to: '10.96.0.9' }],
    }),
    ...Array.from({ length: 3 }, (_, index) =>
      updateOf('ConfigMap', `conf-${index}`, [{ path: 'data.file', from: text('old'), to: text('new') }]),
    ),
    createOf('ConfigMap', 'big', { data: { file: `${text('created')}\n` } }),
  ];
  return { review: reviewOf([applicationOf('shop', steps)]) };
}

function comesAndGoes(): Situation {
  const definition = stepOf('configure', refOf('CustomResourceDefinition', 'widgets.example.com'), {
    changes: Array.from({ length: 14 }, (_, index) => ({
      path: `spec.versions[v1].schema.openAPIV3Schema.properties.f${index}`,
      to: { type: 'string' },
    })),
  });
  const gone = applicationOf('old', [pruneOf('Deployment', 'old'), pruneOf('Namespace', 'old')], { change: 'removed' });
  const origin = { path: 'clusters/prod/apps.yaml', line: 31 };
  const fresh = applicationOf('new', [createOf('Deployment', 'new', { spec: { replicas: 1 } })], {
    change: 'added',
    form: 'FluxKustomization',
    origin,
  });
  return { review: reviewOf([gone, fresh, applicationOf('crds', [definition])]) };
}

/** The situations of which the reports are kept as golden files. */
export const situations: Readonly<Record<string, () => Situation>> = {
  nothing: () => ({ review: reviewOf([applicationOf('shop', []), applicationOf('db', [], { hidden: [{ rule: 'defaults', count: 2 }] })]) }),
  small,
  blocker,
  'render-failure': renderFailure,
  hostile,
  forecast: forecasted,
  moves: moved,
  secrets,
  drift: drifted,
  'many-changes': manyChanges,
  'too-long': tooLong,
  'comes-and-goes': comesAndGoes,
};
