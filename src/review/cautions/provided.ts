import { refText, type KubeObject } from '../../api/object.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { kindName, type Side } from './world.ts';

/** What some objects bring into being beside themselves, as `refText` names it, for those of one namespace. */
const makers: Readonly<Record<string, (object: KubeObject) => readonly (readonly [kind: string, name: unknown])[]>> = {
  'external-secrets.io/ExternalSecret': (object) => [['Secret', valueAt(object, ['spec', 'target', 'name']) ?? object.metadata.name]],
  'bitnami.com/SealedSecret': (object) => [['Secret', valueAt(object, ['spec', 'template', 'metadata', 'name']) ?? object.metadata.name]],
  'cert-manager.io/Certificate': (object) => [['Secret', valueAt(object, ['spec', 'secretName'])]],
  'secrets.hashicorp.com/VaultStaticSecret': (object) => [['Secret', valueAt(object, ['spec', 'destination', 'name'])]],
  'secrets.hashicorp.com/VaultDynamicSecret': (object) => [['Secret', valueAt(object, ['spec', 'destination', 'name'])]],
  'onepassword.com/OnePasswordItem': (object) => [['Secret', object.metadata.name]],
  'networking.k8s.io/Ingress': (object) => {
    const issued = Object.keys(object.metadata.annotations ?? {}).some(
      (name) => name.startsWith('cert-manager.io/') || name === 'kubernetes.io/tls-acme',
    );
    return issued ? recordsAt(object, ['spec', 'tls']).map((tls) => ['Secret', tls['secretName']] as const) : [];
  },
  'apps/StatefulSet': (object) => {
    const replicas = Number(valueAt(object, ['spec', 'replicas']) ?? 1);
    const claims = recordsAt(object, ['spec', 'volumeClaimTemplates']).map((claim) => String(valueAt(claim, ['metadata', 'name'])));
    // More would not be looked for by name, and a hostile number must not make a list of its length.
    const ordinals = Array.from({ length: Math.min(Math.max(Number.isFinite(replicas) ? replicas : 0, 0), 100) }, (_, index) => index);
    return claims.flatMap((claim) =>
      ordinals.map((ordinal) => ['PersistentVolumeClaim', `${claim}-${object.metadata.name}-${ordinal}`] as const),
    );
  },
};

interface Named {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
/** True where something of the namespace makes the object, or every cluster has it. */
export function isProvided(side: Side, ref: Named): boolean {
  if (ref.kind === 'ServiceAccount' && ref.name === 'default') return true;
  if (ref.kind === 'ConfigMap' && ref.name === 'kube-root-ca.crt') return true;
  return madeIn(side, ref.namespace).has(refText({ group: '', ...ref })) || isOfChart(side, ref);
}

/**
 * What a chart makes is called by its release, or begins so; which roles of the cluster it makes, nobody knows. A release lives in its
 * target namespace.
 */
function isOfChart(side: Side, { kind, namespace, name }: Named): boolean {
  const releases = side.ofKind(release);
  if (kind === 'ClusterRole') return releases.length > 0;
  return releases.some(({ metadata, spec }: KubeObject & { spec?: unknown }) => {
    const home = valueAt(spec, ['targetNamespace']) ?? metadata.namespace;
    const called = String(valueAt(spec, ['releaseName']) ?? metadata.name);
    return home === namespace && (name === called || name.startsWith(`${called}-`));
  });
}
const release = 'helm.toolkit.fluxcd.io/HelmRelease';

const made = new WeakMap<Side, Map<string, ReadonlySet<string>>>();
function madeIn(side: Side, namespace: string): ReadonlySet<string> {
  const spaces = made.get(side) ?? new Map<string, ReadonlySet<string>>();
  made.set(side, spaces);
  let known = spaces.get(namespace);
  if (known === undefined) {
    const names = side.inNamespace(namespace).flatMap((object) => makers[kindName(object)]?.(object) ?? []);
    known = new Set(names.map(([kind, name]) => refText({ group: '', kind, namespace, name: String(name) })));
    spaces.set(namespace, known);
  }
  return known;
}
