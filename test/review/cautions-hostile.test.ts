import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { clone, isRecord } from '../../src/base/json.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import { cautionsOf, looksBeyond } from '../../src/review/cautions/index.ts';
import { objectsOf, shop } from '../support/cautions.ts';

const secret = 'hunter2hunter2';
const objects = objectsOf(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { a: b }, annotations: { argocd.argoproj.io/sync-options: Prune=false } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, annotations: { reloader.stakater.com/auto: 'false' } }
    spec:
      hostNetwork: true
      serviceAccountName: web
      imagePullSecrets: [{ name: pull }]
      securityContext: { runAsUser: 0 }
      volumes: [{ name: v, configMap: { name: settings, items: [{ key: a, path: b }] } }, { name: h, hostPath: { path: /etc } }, { name: p, projected: { sources: [{ secret: { name: keys } }] } }]
      containers:
        - name: web
          image: a/web:1.2@sha256:abc
          readinessProbe: { httpGet: { port: 80 } }
          ports: [{ name: http, containerPort: 80, hostPort: 80 }]
          securityContext: { privileged: true, capabilities: { add: [SYS_ADMIN] } }
          envFrom: [{ secretRef: { name: keys } }]
          env: [{ name: A, valueFrom: { secretKeyRef: { name: keys, key: password } } }]
          volumeMounts: [{ name: v, mountPath: /v, subPath: a }, { name: h, mountPath: /h }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec: { replicas: 3, serviceName: db, persistentVolumeClaimRetentionPolicy: { whenScaled: Delete }, selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db }] } }, volumeClaimTemplates: [{ metadata: { name: data }, spec: { resources: { requests: { storage: 1Gi } } } }] }
---
apiVersion: v1
kind: Secret
metadata: { name: keys, namespace: shop }
data: { password: ${secret} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { a: b }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ClusterIP, selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop, annotations: { cert-manager.io/issuer: a } }
spec: { tls: [{ secretName: tls }], rules: [{ host: a, http: { paths: [{ path: /, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { minAvailable: 50%, selector: { matchLabels: { app: web }, matchExpressions: [{ key: app, operator: In, values: [web] }] } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec: { policyTypes: [Ingress], podSelector: { matchExpressions: [{ key: app, operator: In, values: [web] }] } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web, namespace: shop }
spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: all, labels: { part: x } }
rules: [{ apiGroups: [''], resources: [pods], verbs: [get] }]
aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: x }, matchExpressions: [{ key: part, operator: In, values: [x] }] }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: all }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all }
subjects: [{ kind: ServiceAccount, name: web, namespace: shop }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: shop }
spec: { storageClassName: fast, resources: { requests: { storage: 1Gi } } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shelves.demo.example }
spec: { group: demo.example, names: { kind: Shelf }, versions: [{ name: v1, served: true }] }
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: chart, namespace: shop }
spec: { chart: { spec: { chart: web, version: 1.0.0 } }, values: { image: { repository: a, tag: 1.0.0 } } }
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: argo, namespace: shop }
spec: { source: { chart: web, targetRevision: 1.0.0 } }
`);

const junk: readonly unknown[] = [
  null,
  5,
  -1,
  1.5,
  true,
  'x',
  '',
  [],
  {},
  [null],
  [5],
  ['x'],
  [[]],
  { a: null },
  [{}],
  { name: 7 },
  '__proto__',
  ['*'],
];
const kept = new Set(['apiVersion', 'kind', 'name', 'namespace']);

/** The object with something else at a random place below its identity. */
function spoiled(object: KubeObject, random: Random): KubeObject {
  const out = clone(object) as unknown as Record<string, unknown>;
  const places: { parent: Record<string | number, unknown>; key: string | number }[] = [];
  const walk = (parent: unknown, identity: boolean): void => {
    if (!isRecord(parent) && !Array.isArray(parent)) return;
    for (const key of Object.keys(parent)) {
      if (identity && (kept.has(key) || key === 'metadata')) {
        if (key === 'metadata') walk((parent as Record<string, unknown>)[key], true);
        continue;
      }
      places.push({ parent: parent as Record<string, unknown>, key });
      walk((parent as Record<string, unknown>)[key], false);
    }
  };
  walk(out, true);
  const place = places[randomInt(random, places.length)];
  if (place !== undefined) place.parent[place.key] = clone(junk[randomInt(random, junk.length)]);
  return out as unknown as KubeObject;
}

describe('objects that nobody has checked', () => {
  it('never stop the cautions, and nothing of a Secret comes through', () => {
    const random = seededRandom(7);
    let found = 0;
    for (let run = 0; run < 150; run++) {
      const side = () =>
        objects
          .filter(() => randomInt(random, 8) > 0)
          .map((object) => ({ object: randomInt(random, 3) > 0 ? spoiled(object, random) : object }));
      const input = { applications: [{ application: shop, base: side(), head: side(), prune: true }] };
      looksBeyond(input);
      const { cautions, images } = cautionsOf(input);
      found += cautions.length;
      expect(JSON.stringify([cautions, images])).not.toContain(secret);
    }
    expect(found).toBeGreaterThan(500);
  });
});
