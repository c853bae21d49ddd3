import { describe, expect, it, test } from 'vitest';
import { cautionTexts } from '../support/cautions.ts';

const document = (text: string) => `${text.trim()}\n---\n`;
const web = (spec = '', pod = '') =>
  document(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  ${spec}
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1'${pod} }] }`);

describe('rights', () => {
  const role = (rules: string, kind = 'Role') =>
    document(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: web${kind === 'Role' ? ', namespace: shop' : ', labels: { part: all }'} }
rules: [${rules}]`);
  const binding = (to = 'Role', kind = 'RoleBinding', subject = 'kind: ServiceAccount, name: web, namespace: shop') =>
    document(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: web${kind === 'RoleBinding' ? ', namespace: shop' : ''} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ${to}, name: web }
subjects: [{ ${subject} }]`);
  const account = (name = 'web') => document(`apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: shop }`);
  const read = "{ apiGroups: [''], resources: [pods], verbs: [get, list] }";
  const secrets = "{ apiGroups: [''], resources: [secrets], verbs: [get] }";
  const base = account() + role(read) + binding();

  test.each<[string, string, string, string[]]>([
    ['the same in another order', base, account() + role("{ apiGroups: [''], resources: [pods], verbs: [list, get] }") + binding(), []],
    ['fewer', base, account() + role("{ apiGroups: [''], resources: [pods], verbs: [get] }") + binding(), []],
    [
      'more in a namespace',
      base,
      account() + role(`${read}, ${secrets}`) + binding(),
      ['caution rbac-widens rbac.authorization.k8s.io/Role shop/web: lets ServiceAccount shop/web do more in namespace shop: get secrets'],
    ],
    [
      'everywhere what was in a namespace',
      base + role(read, 'ClusterRole'),
      base + role(read, 'ClusterRole') + binding('ClusterRole', 'ClusterRoleBinding'),
      [
        'caution rbac-widens rbac.authorization.k8s.io/ClusterRoleBinding web: lets ServiceAccount shop/web do more in the whole cluster: get, list pods',
      ],
    ],
    [
      'the secrets of the whole cluster',
      base,
      base + role(secrets, 'ClusterRole') + binding('ClusterRole', 'ClusterRoleBinding'),
      [
        'blocker rbac-widens rbac.authorization.k8s.io/ClusterRoleBinding web: lets ServiceAccount shop/web do more in the whole cluster: get secrets',
      ],
    ],
    [
      'anything for everybody',
      '',
      role(read, 'ClusterRole') + binding('ClusterRole', 'ClusterRoleBinding', 'kind: Group, name: system:authenticated'),
      [
        'blocker rbac-widens rbac.authorization.k8s.io/ClusterRoleBinding web: lets Group system:authenticated do more in the whole cluster: get, list pods',
      ],
    ],
    [
      'a role that is not here',
      base.replace(role(read), ''),
      account() + binding('ClusterRole').replace('kind: ClusterRole, name: web', 'kind: ClusterRole, name: edit'),
      [
        'caution rbac-widens rbac.authorization.k8s.io/RoleBinding shop/web: lets ServiceAccount shop/web do more in namespace shop: all of ClusterRole edit; all of ClusterRole view',
      ],
    ],
    [
      'another name for the same account',
      base,
      account('api') + role(read) + binding('Role', 'RoleBinding', 'kind: ServiceAccount, name: api, namespace: shop'),
      [],
    ],
    [
      'what an aggregated role gathers',
      role(read, 'ClusterRole') +
        binding('ClusterRole', 'ClusterRoleBinding').replace('name: web }\nsubjects', 'name: all }\nsubjects') +
        account() +
        document(
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: all }\naggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: all } }] }',
        ),
      role(`${read}, { apiGroups: [apps], resources: [deployments], verbs: [get] }`, 'ClusterRole') +
        binding('ClusterRole', 'ClusterRoleBinding').replace('name: web }\nsubjects', 'name: all }\nsubjects') +
        account() +
        document(
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: all }\naggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: all } }] }',
        ),
      [
        'caution rbac-widens rbac.authorization.k8s.io/ClusterRoleBinding web: lets ServiceAccount shop/web do more in the whole cluster: get apps/deployments',
      ],
    ],
  ])('%s', (_name, before, after, expected) => {
    expect(cautionTexts({ base: before, head: after })).toEqual(expected);
  });
});

describe('budgets', () => {
  const budget = (spec: string) =>
    document(
      `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web, namespace: shop }\nspec: { selector: { matchLabels: { app: web } }, ${spec} }`,
    );
  const scaler = document(
    'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web, namespace: shop }\nspec: { minReplicas: 1, maxReplicas: 4, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }',
  );
  const drain = 'a node with such a pod cannot be drained';
  test.each<[string, string, string, string[]]>([
    ['leave room', web('replicas: 3'), web('replicas: 3') + budget('minAvailable: 2'), []],
    [
      'leave none',
      web('replicas: 2'),
      web('replicas: 2') + budget('minAvailable: 2'),
      [
        `caution blocks-evictions policy/PodDisruptionBudget shop/web: allows no eviction, ever: 2 pods of Deployment web must be available, and there are 2; ${drain}`,
      ],
    ],
    [
      'leave none when there are fewer pods',
      web('replicas: 3') + budget('minAvailable: 2'),
      web('replicas: 2') + budget('minAvailable: 2'),
      [
        `caution blocks-evictions policy/PodDisruptionBudget shop/web: allows no eviction, ever: 2 pods of Deployment web must be available, and there are 2; ${drain}`,
      ],
    ],
    [
      'leave none by percent',
      web(),
      web() + budget('minAvailable: 50%'),
      [
        `caution blocks-evictions policy/PodDisruptionBudget shop/web: allows no eviction, ever: 1 pods of Deployment web must be available, and there are 1; ${drain}`,
      ],
    ],
    [
      'forbid it',
      web('replicas: 3'),
      web('replicas: 3') + budget('maxUnavailable: 0'),
      [
        `caution blocks-evictions policy/PodDisruptionBudget shop/web: allows no eviction, ever: no pod of Deployment web may be unavailable; ${drain}`,
      ],
    ],
    ['left none before', web() + budget('minAvailable: 1'), web('minReadySeconds: 3') + budget('minAvailable: 1'), []],
    ['leave room when an autoscaler makes more pods', web() + scaler, web() + scaler + budget('minAvailable: 2'), []],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });
});

describe('versions', () => {
  const definition = (...versions: string[]) =>
    document(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shelves.demo.example }
spec: { group: demo.example, names: { kind: Shelf }, versions: [${versions.map((name) => `{ name: ${name}, served: true }`).join(', ')}] }`);
  const shelf = document('apiVersion: demo.example/v1alpha1\nkind: Shelf\nmetadata: { name: a, namespace: shop }');
  const budget = (version: string) =>
    document(`apiVersion: policy/${version}\nkind: PodDisruptionBudget\nmetadata: { name: web, namespace: shop }\nspec: {}`);
  test.each<[string, string, string, string[]]>([
    [
      'one goes that nothing here is written in',
      definition('v1alpha1', 'v1'),
      definition('v1'),
      [
        'caution version-not-served apiextensions.k8s.io/CustomResourceDefinition shelves.demo.example: serves version v1alpha1 of demo.example/Shelf no longer: who reads or writes in it must go to another version first',
      ],
    ],
    [
      'one goes that something here is written in',
      definition('v1alpha1', 'v1') + shelf,
      definition('v1') + shelf,
      [
        'blocker version-not-served apiextensions.k8s.io/CustomResourceDefinition shelves.demo.example: serves version v1alpha1 of demo.example/Shelf no longer, in which an object of this repository is written: demo.example/Shelf shop/a',
      ],
    ],
    ['one comes', definition('v1alpha1'), definition('v1alpha1', 'v1'), []],
    [
      'one is written that Kubernetes has removed',
      budget('v1'),
      budget('v1beta1'),
      [
        'caution removed-version policy/PodDisruptionBudget shop/web: Kubernetes 1.25 has removed policy/v1beta1 PodDisruptionBudget; write apiVersion: policy/v1',
      ],
    ],
    ['one was written so before', budget('v1beta1'), budget('v1beta1').replace('{}', '{ maxUnavailable: 1 }'), []],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });

  it.each([
    [
      '5.x',
      '6.x',
      ['caution chart-major helm.toolkit.fluxcd.io/HelmRelease shop/web: goes to a new major version of chart web: 5.x to 6.x'],
    ],
    ['1.2.0', '1.3.0', []],
  ])('of charts: %s to %s', (from, to, expected) => {
    const release = (version: string) =>
      document(
        `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: web, namespace: shop }\nspec: { chart: { spec: { chart: web, version: ${version} } } }`,
      );
    expect(cautionTexts({ base: release(from), head: release(to) })).toEqual(expected);
  });
});

describe('networks', () => {
  const policy = (spec = 'podSelector: {}') =>
    document(`apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: closed, namespace: shop }\nspec: { ${spec} }`);
  const service = (spec: string) =>
    document(`apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { selector: { app: web }, ${spec} }`);
  const ingress = document(
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web, namespace: shop }\nspec: { rules: [{ host: a.example, http: { paths: [{ path: /, backend: { service: { name: web, port: { number: 80 } } } }] } }] }',
  );
  test.each<[string, string, string, string[]]>([
    [
      'a policy goes',
      web() + policy(),
      web(),
      [
        'caution network-opens networking.k8s.io/NetworkPolicy shop/closed: held the pods of Deployment web, and nothing holds them any more: they may be reached by every pod',
      ],
    ],
    [
      'a policy comes',
      web(),
      web() + policy(),
      [
        'caution network-closes networking.k8s.io/NetworkPolicy shop/closed: holds the pods of Deployment web, which nothing held before: they may be reached only by what it allows',
      ],
    ],
    ['a policy comes with the pods', '', web() + policy(), []],
    ['a policy is written otherwise', web() + policy(), web() + policy('podSelector: { matchLabels: { app: web } }'), []],
    [
      'a Service leaves the cluster',
      web() + service('ports: [{ port: 80 }]'),
      web() + service('type: LoadBalancer, ports: [{ port: 80 }]'),
      ['caution exposes Service shop/web: can be reached at an address of its own outside the cluster from now on (LoadBalancer)'],
    ],
    [
      'a named port is nowhere',
      web('', ', ports: [{ name: http, containerPort: 80 }]') + service('ports: [{ port: 80, targetPort: http }]'),
      web('', ', ports: [{ name: web, containerPort: 80 }]') + service('ports: [{ port: 80, targetPort: http }]'),
      [
        'caution missing-port Service shop/web: sends port 80 to the port http of its pods, and no container of Deployment web has a port of that name',
      ],
    ],
    [
      'an Ingress asks for a port that its Service gives up',
      web() + service('ports: [{ port: 80 }]') + ingress,
      web() + service('ports: [{ port: 8080 }]') + ingress,
      ['caution missing-port networking.k8s.io/Ingress shop/web: sends requests to port 80 of Service web, which has no such port'],
    ],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });
});

describe('protections that go', () => {
  test.each<[string, string, string, string[]]>([
    [
      'an annotation against pruning',
      document('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop, annotations: { steersman.dev/prune: never } }'),
      document('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }'),
      [
        'caution protection-removed ConfigMap shop/a: loses steersman.dev/prune: never: when it leaves the source from now on, it is deleted',
      ],
    ],
    [
      'a readiness probe',
      web('', ', readinessProbe: { httpGet: { port: 80 } }'),
      web(),
      [
        'caution probe-removed apps/Deployment shop/web: loses the readiness probe of container web: its pods get requests, and a rollout goes on, before anybody knows that they work',
      ],
    ],
    [
      'a readiness probe that changes',
      web('', ', readinessProbe: { httpGet: { port: 80 } }'),
      web('', ', readinessProbe: { exec: { command: [a] } }'),
      [],
    ],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base, head })).toEqual(expected);
  });
});

describe('configuration that nobody reads again', () => {
  const settings = (mode: string, kind = 'ConfigMap') =>
    document(`apiVersion: v1\nkind: ${kind}\nmetadata: { name: settings, namespace: shop }\ndata: { mode: ${mode}, other: x }`);
  const env = ', env: [{ name: MODE, valueFrom: { configMapKeyRef: { name: settings, key: mode } } }]';
  const message = (how: string) =>
    `caution stale-config apps/Deployment shop/web: takes ConfigMap settings ${how}, and nothing of this merge restarts it: its pods keep the old values until they are replaced (kubectl rollout restart)`;
  const mounted = (mount: string) =>
    web('', `, volumeMounts: [{ name: all, mountPath: /etc/web${mount} }]`).replace(
      'spec: { containers',
      'spec: { volumes: [{ name: all, configMap: { name: settings } }], containers',
    );
  test.each<[string, string, string, string[]]>([
    ['read into the environment', web('', env), web('', env), [message('into its environment')]],
    ['read by workloads that restart', web('', env), web('', `${env}, args: [now]`), []],
    ['mounted as a whole', mounted(''), mounted(''), []],
    ['mounted by a subPath', mounted(', subPath: mode'), mounted(', subPath: mode'), [message('by a subPath')]],
    ['another key of it is read', web('', env.replace('key: mode', 'key: other')), web('', env.replace('key: mode', 'key: other')), []],
    [
      'a controller restarts its readers',
      web('', env).replace('name: web, namespace', 'annotations: { reloader.stakater.com/auto: "true" }, name: web, namespace'),
      web('', env).replace('name: web, namespace', 'annotations: { reloader.stakater.com/auto: "true" }, name: web, namespace'),
      [],
    ],
  ])('%s', (_name, base, head, expected) => {
    expect(cautionTexts({ base: base + settings('a'), head: head + settings('b') })).toEqual(expected);
  });
  it('is not said of a workload that is new', () => {
    expect(cautionTexts({ base: settings('a'), head: settings('b') + web('', env) })).toEqual([]);
  });
});
