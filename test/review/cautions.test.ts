import { describe, expect, it, test } from 'vitest';
import { cautionTexts, merged, shop } from '../support/cautions.ts';

const claim = (size = '1Gi', more = '') => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: shop${more} }
spec: { resources: { requests: { storage: ${size} } }, storageClassName: kept }
---
`;
const store = (name: string, more = '') => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ${name}, namespace: shop }
spec:
  serviceName: ''
  ${more}
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: 'db:1' }] } }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { resources: { requests: { storage: 2Gi } } } }]
---
`;
const web = (spec = '', pod = '', labels = 'app: web') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  ${spec}
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: web, image: 'web:1'${pod} }] }
---
`;
const service = (selector = 'app: web', name = 'web') => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { selector: { ${selector} }, ports: [{ port: 80 }] }
---
`;

describe('what goes with data', () => {
  test.each<[string, string, string, string[]]>([
    [
      'a claim',
      claim(),
      '',
      [
        'blocker deletes-data PersistentVolumeClaim shop/data: is deleted, and the data on its volume goes too unless the volume is retained',
      ],
    ],
    [
      'a claim whose class retains',
      `${claim()}\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: kept }\nreclaimPolicy: Retain`,
      'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: kept }\nreclaimPolicy: Retain',
      [
        'caution deletes PersistentVolumeClaim shop/data: is deleted; its storage class retains the volume, which nothing is bound to any more',
      ],
    ],
    [
      'a claim that says that it stays',
      claim('1Gi', ', annotations: { steersman.dev/prune: never }'),
      '',
      [
        'caution left-behind PersistentVolumeClaim shop/data: leaves the source and stays in the cluster (steersman.dev/prune: never): from then on nobody looks after it',
      ],
    ],
    [
      'a claim that says so in the words of another tool',
      claim('1Gi', ', annotations: { argocd.argoproj.io/sync-options: "Validate=false, Prune=false" }'),
      '',
      [
        'caution left-behind PersistentVolumeClaim shop/data: leaves the source and stays in the cluster (argocd.argoproj.io/sync-options: Prune=false): from then on nobody looks after it',
      ],
    ],
    ['a claim that stays', claim(), claim('2Gi'), []],
    [
      'a StatefulSet',
      store('db'),
      '',
      ['blocker deletes-data apps/StatefulSet shop/db: is deleted with its pods; the claims of its pods (data) and their data stay behind'],
    ],
    [
      'a StatefulSet under another name',
      store('db'),
      store('database'),
      [
        'blocker deletes-data apps/StatefulSet shop/db: is deleted with its pods; the claims of its pods (data) and their data stay behind; apps/StatefulSet shop/database, which comes with the same claims, starts with empty volumes',
      ],
    ],
    [
      'a StatefulSet that takes its claims along',
      store('db', 'persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete }'),
      '',
      [
        'blocker deletes-data apps/StatefulSet shop/db: is deleted, and the claims of its pods (data) with their data too (whenDeleted: Delete)',
      ],
    ],
    [
      'a kind with objects',
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shelves.demo.example }
spec: { group: demo.example, names: { kind: Shelf } }
---
apiVersion: demo.example/v1
kind: Shelf
metadata: { name: a, namespace: shop }`,
      '',
      [
        'blocker deletes-data apiextensions.k8s.io/CustomResourceDefinition shelves.demo.example: is deleted, and with it every demo.example/Shelf object of the cluster (1 in this repository)',
      ],
    ],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });

  it('names what lives in a namespace that goes', () => {
    const space = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\n';
    expect(cautionTexts({ base: space + claim(), head: claim() })).toEqual([
      'blocker deletes-data Namespace shop: is deleted, and everything in it goes too (1 object of this repository among it), also what is not in Git',
      'blocker missing-reference Namespace shop: is deleted, and PersistentVolumeClaim data, which stays in the source, lives in it',
    ]);
  });

  it('says nothing of an object that only changes its application', () => {
    expect(cautionTexts({ base: claim() }, { application: { ...shop, name: 'other' }, head: claim() })).toEqual([]);
  });

  it('tells clusters apart', () => {
    const [dev, prod] = ['dev', 'prod'].map((name) => ({ application: { ...shop, name }, cluster: name }));
    expect(
      merged({ ...dev, base: claim(), head: claim() }, { ...prod, base: claim() }).cautions.map(({ application }) => application),
    ).toEqual([{ ...shop, name: 'prod' }]);
  });

  it('compares an object of two applications with itself in the same one', () => {
    const [one, two] = ['one', 'two'].map((name) => ({ application: { ...shop, name } }));
    const two1 = { ...two, base: claim('2Gi'), head: claim('2Gi') };
    expect(cautionTexts({ ...one, base: claim('1Gi'), head: claim('1Gi') }, two1)).toEqual([]);
    expect(cautionTexts({ ...one, base: claim('1Gi') }, two1)).toEqual([]);
    expect(cautionTexts({ ...one, head: claim('1Gi') }, two1)).toEqual([]);
  });

  it('compares an object that moves with what it was', () => {
    const [one, two] = ['one', 'two'].map((name) => ({ application: { ...shop, name } }));
    expect(merged({ ...one, base: claim('2Gi') }, { ...two, head: claim('1Gi') }).cautions.map(({ rule }) => rule)).toEqual([
      'volume-shrinks',
    ]);
  });

  it('is left behind where nothing is pruned', () => {
    expect(cautionTexts({ base: claim(), prune: false })).toEqual([
      'caution left-behind PersistentVolumeClaim shop/data: leaves the source and stays in the cluster (pruning is switched off): from then on nobody looks after it',
    ]);
  });
});

describe('volumes that shrink', () => {
  test.each([
    ['less', '2Gi', '1Gi', 1],
    ['more', '1Gi', '2Gi', 0],
    ['the same in other words', '1Gi', '1024Mi', 0],
    ['no amount', '1Gi', 'much', 0],
  ])('%s', (_name, from, to, count) => {
    expect(merged({ base: claim(from), head: claim(to) }).cautions.map(({ rule }) => rule)).toEqual(count === 0 ? [] : ['volume-shrinks']);
  });

  it('says it once, whatever the server says beside it', () => {
    const ref = { group: '', kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' };
    const findings = [{ kind: 'invalid', message: 'field can not be less than status.capacity', blocks: true }] as const;
    expect(cautionTexts({ base: claim('2Gi'), head: claim('1Gi'), steps: [{ ref, action: 'blocked', findings }] })).toEqual([
      'blocker volume-shrinks PersistentVolumeClaim shop/data: asks for 1Gi of storage instead of 2Gi: volumes do not shrink, so the server refuses',
    ]);
  });
});

describe('what the server refuses', () => {
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  it('is a blocker with its fields and its place', () => {
    const findings = [{ kind: 'immutable', message: 'field is immutable', fields: ['spec.selector'], blocks: true }] as const;
    expect(
      merged({
        base: web(),
        head: web('replicas: 2'),
        steps: [{ ref, action: 'blocked', findings, origin: { path: 'web.yaml', line: 3 } }],
      }).cautions,
    ).toEqual([
      {
        rule: 'immutable-field',
        severity: 'blocker',
        application: shop,
        ref,
        message: 'is refused: field is immutable',
        fields: ['spec.selector'],
        origin: { path: 'web.yaml', line: 3 },
      },
    ]);
  });
  it('is a caution where the manifest asks for a new object', () => {
    const findings = [{ kind: 'immutable', message: 'field is immutable', fields: ['spec.selector'], blocks: false }] as const;
    expect(cautionTexts({ base: web(), head: web('replicas: 2'), steps: [{ ref, action: 'recreate', phase: 'Sync', findings }] })).toEqual([
      'caution recreated apps/Deployment shop/web: is deleted and made anew, since its manifest asks for that where a field cannot change: field is immutable',
    ]);
  });
});

describe('selectors', () => {
  const database = 'apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: { name: db, namespace: shop }\n---\n';
  test.each<[string, string, string, string[]]>([
    ['the same before', service() + web('', '', 'app: api'), service() + web('', ', x: 1', 'app: api'), []],
    [
      'its pods are renamed',
      service() + web(),
      service() + web('', '', 'app: shop'),
      [
        'caution selects-nothing Service shop/web: selects no pods any more: it chose those of Deployment web, and after the merge nothing has the labels app=web: it has no endpoints',
      ],
    ],
    [
      'its pods go',
      service() + web(),
      service(),
      [
        'caution selects-nothing Service shop/web: selects no pods any more: it chose those of Deployment web, and after the merge nothing has the labels app=web: it has no endpoints',
      ],
    ],
    ['its pods go to a new operator', service() + web(), service() + database, []],
    ['it is new and right', web(), web() + service(), []],
    [
      'it is new and wrong',
      web(),
      web() + service('app: wbe'),
      [
        'caution selects-nothing Service shop/web: selects app=wbe, and no pod template of this repository in its namespace has these labels: it has no endpoints unless somebody else makes such pods',
      ],
    ],
    ['it is new, and an operator may make its pods', web() + database, web() + database + service('cnpg.io/cluster: db'), []],
    ['it is new in a namespace without workloads', '', service('app: elsewhere'), []],
    ['it names one pod of a StatefulSet', store('db'), store('db') + service('app: db, statefulset.kubernetes.io/pod-name: db-0'), []],
    [
      'it asks for a label that comes with the same merge',
      service() + web(),
      service('app: web, tier: front') + web('', '', 'app: web, tier: front'),
      [
        'caution selector-changes Service shop/web: selects app=web,tier=front, which the pods of Deployment web that run now do not have: it is without endpoints from the moment it is applied until the first new pod is ready',
      ],
    ],
    [
      'it is turned to other pods',
      service('app: db') + web() + store('db'),
      service('app: web') + web() + store('db'),
      ['caution selector-changes Service shop/web: chooses other pods: those of Deployment web instead of StatefulSet db'],
    ],
  ])('a Service: %s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });

  it.each([
    ['policy/v1', 'PodDisruptionBudget', 'selector', 'it protects nothing'],
    ['networking.k8s.io/v1', 'NetworkPolicy', 'podSelector', 'it rules nothing'],
  ])('a %s %s without pods is said', (apiVersion, kind, field, without) => {
    const object = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: web, namespace: shop }\nspec: { ${field}: { matchLabels: { app: web } } }\n---\n`;
    const found = merged({ base: web() + object, head: web('', '', 'app: other') + object }).cautions;
    expect(found.filter(({ rule }) => rule === 'selects-nothing').map(({ message }) => message)).toEqual([
      `selects no pods any more: it chose those of Deployment web, and after the merge nothing has the labels app=web: ${without}`,
    ]);
  });
});

describe('references', () => {
  const settings = (data = 'mode: fast', kind = 'ConfigMap') =>
    `apiVersion: v1\nkind: ${kind}\nmetadata: { name: settings, namespace: shop }\n${kind === 'Secret' ? 'stringData' : 'data'}: { ${data} }\n---\n`;
  const reading = (kind = 'configMap', optional = false) =>
    web('', `, envFrom: [{ ${kind}Ref: { name: settings, optional: ${optional} } }]`);
  const key = web('', ', env: [{ name: MODE, valueFrom: { configMapKeyRef: { name: settings, key: mode } } }]');
  const release = (name: string) =>
    `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: ${name}, namespace: shop }\n---\n`;
  const external = 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: settings, namespace: shop }\n---\n';
  test.each<[string, string, string, string[]]>([
    [
      'what is read goes',
      settings() + reading(),
      reading(),
      ['blocker missing-reference apps/Deployment shop/web: reads ConfigMap settings, which this merge deletes: its pods do not start'],
    ],
    ['what may be absent goes', settings() + reading('configMap', true), reading('configMap', true), []],
    ['what is read goes with its reader', settings() + reading(), web(), []],
    ['a Secret is made by somebody else from now on', settings('a: b', 'Secret') + reading('secret'), external + reading('secret'), []],
    [
      'what is read is nowhere',
      web(),
      reading('secret'),
      [
        'caution missing-reference apps/Deployment shop/web: reads Secret settings, which is not in this repository: unless somebody else makes it, its pods do not start',
      ],
    ],
    ['what is read is made by a chart of the same name', web() + release('settings'), reading() + release('settings'), []],
    ['what is read was nowhere before', reading('secret'), reading('secret') + settings(), []],
    ['a key is there', web() + settings(), key + settings(), []],
    [
      'a key is asked for that is not there',
      web() + settings('other: x'),
      key + settings('other: x'),
      [
        'blocker missing-key apps/Deployment shop/web: asks for key mode of ConfigMap settings, which has no such key: its pods do not start',
      ],
    ],
    [
      'a key goes that is asked for',
      key + settings(),
      key + settings('other: x'),
      [
        'blocker missing-key apps/Deployment shop/web: asks for key mode of ConfigMap settings, which has no such key: its pods do not start',
      ],
    ],
    ['a key is to be filled in by somebody', web() + settings(''), key + settings(''), []],
    ['a key was missing before', key + settings('other: x'), key + settings('other: y'), []],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });

  it('are looked for in all applications', () => {
    expect(cautionTexts({ head: reading() }, { application: { ...shop, name: 'other' }, base: settings(), head: settings() })).toEqual([]);
  });
});

describe('powers over a node', () => {
  const powers = (pod: string, base = web()) => cautionTexts({ base, head: web('', pod) });
  it('are blockers where a container becomes as good as root', () => {
    expect(powers(', securityContext: { privileged: true, capabilities: { add: [CAP_SYS_ADMIN, NET_BIND_SERVICE] } }')).toEqual([
      'blocker privileged apps/Deployment shop/web: now runs container web privileged: it can do to its node what root can; gives container web the capability SYS_ADMIN',
    ]);
  });
  it.each([
    ['/var/run/docker.sock', true, 'blocker'],
    ['/etc', false, 'blocker'],
    ['/etc', true, 'caution'],
    ['/var/log', false, 'caution'],
    ['/', true, 'caution'],
    ['/', false, 'blocker'],
  ])('are told of a path: %s, read only: %s', (path, readOnly, severity) => {
    const head = web('', `, volumeMounts: [{ name: host, mountPath: /host, readOnly: ${readOnly} }]`);
    const mounted = head.replace('spec: { containers', `spec: { volumes: [{ name: host, hostPath: { path: ${path} } }], containers`);
    expect(merged({ base: web(), head: mounted }).cautions.map((caution) => [caution.rule, caution.severity])).toEqual([
      ['host-access', severity],
    ]);
  });
  it('are not said again', () => {
    const pod = ', securityContext: { privileged: true }';
    expect(powers(`${pod}, env: []`, web('', pod))).toEqual([]);
  });
  it('are not new when a workload gets another name', () => {
    const pod = web('', ', securityContext: { privileged: true }');
    expect(cautionTexts({ base: pod, head: pod.replace('name: web, namespace', 'name: front, namespace') })).toEqual([]);
  });
});

describe('pods that are fewer', () => {
  const scaler =
    'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web, namespace: shop }\nspec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }\n---\n';
  test.each<[string, string, string, string[]]>([
    [
      'none are left',
      web('replicas: 2'),
      web('replicas: 0'),
      ['caution scale-to-zero apps/Deployment shop/web: is scaled from 2 to 0: no pod of it is left'],
    ],
    ['none were there', web('replicas: 0'), web('replicas: 0\n  paused: false'), []],
    ['some are left', web('replicas: 5'), web('replicas: 2'), []],
    [
      'their number is said no longer',
      web('replicas: 5'),
      web(),
      [
        'caution scale-down apps/Deployment shop/web: says no longer how many pods it wants: of 5 one is left, which is what the server takes then',
      ],
    ],
    ['an autoscaler takes over', web('replicas: 5'), web() + scaler, []],
    [
      'an autoscaler fights with the manifest',
      web('replicas: 5'),
      web('replicas: 5') + scaler,
      [
        'caution autoscaler-fights apps/Deployment shop/web: says spec.replicas: 5 while HorizontalPodAutoscaler web scales it: Steersman leaves the number to the autoscaler, other tools set it back at each sync; take the field out',
      ],
    ],
    ['an autoscaler fought before', web('replicas: 5') + scaler, web('replicas: 6') + scaler, []],
    [
      'it is paused',
      web(),
      web('paused: true'),
      ['caution suspends apps/Deployment shop/web: is paused: changes of its pods wait until it is resumed'],
    ],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });

  it('says that a suspended application waits', () => {
    expect(cautionTexts({ base: web(), head: web('replicas: 2'), suspended: true })).toEqual([
      'caution suspended-application: application shop is suspended: its 1 change waits until it is resumed',
    ]);
  });
});
