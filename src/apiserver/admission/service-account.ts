import type { Pod, PodSpec, ServiceAccount } from '../../api/kinds.generated.ts';
import { nameSuffix, seededRandom } from '../../base/random.ts';
import { waitForEntry } from '../wait-for-entry.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { newPod, refused } from './refusal.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const mirror = 'kubernetes.io/config.mirror';
/** How long the account `default` of a new namespace is waited for. */
const patienceMs = 1500;
const tokenSeconds = 3607;

/**
 * A pod runs as an account that exists, `default` if it names none, with a token of it in every container unless somebody does not want
 * that, and with the account's secrets for images (kubernetes, plugin ServiceAccount).
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate: (attempt) => {
    const pod = newPod(attempt);
    if (pod === undefined) return undefined;
    return pod.metadata.annotations?.[mirror] === undefined ? settle(attempt, pod.spec as PodSpec) : checkMirror(attempt, pod);
  },
};

/** Pods that a node only shows have no account and nothing of one. */
function checkMirror(attempt: Attempt, { spec }: Pod): void {
  if ((spec?.serviceAccountName ?? '') !== '') throw refused(attempt, 'a mirror pod may not reference service accounts');
  const volumes = spec?.volumes ?? [];
  if (volumes.some(({ secret }) => secret !== undefined)) throw refused(attempt, 'a mirror pod may not reference secrets');
  const withToken = volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken !== undefined));
  if (withToken) throw refused(attempt, 'a mirror pod may not use ServiceAccountToken volume projections');
}

async function settle(attempt: Attempt, spec: PodSpec): Promise<void> {
  const name = (spec.serviceAccountName ?? '') === '' ? 'default' : (spec.serviceAccountName ?? '');
  const account = await accountOf(attempt, name);
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, account);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
    spec.imagePullSecrets = (account.imagePullSecrets ?? []).map((reference) => ({ ...reference }));
  }
}

async function accountOf(attempt: Attempt, name: string): Promise<Readonly<ServiceAccount>> {
  const { server } = attempt.call;
  const namespace = attempt.object.metadata.namespace ?? '';
  const key = `core/serviceaccounts/${namespace}/${name}`;
  // A controller makes it when it sees the namespace, which may be at this moment.
  const entry = (await server.store.get(key)) ?? (name === 'default' ? await waitForEntry(server, key, patienceMs) : undefined);
  if (entry !== undefined) return entry.value() as ServiceAccount;
  throw refused(attempt, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
}

function mountToken(spec: PodSpec, account: Readonly<ServiceAccount>): void {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const bare = containers.filter(({ volumeMounts = [] }) => !volumeMounts.some((mount) => mount.mountPath === mountPath));
  if (bare.length === 0) return;
  const known = (spec.volumes ?? []).find((volume) => volume.name.startsWith('kube-api-access-'))?.name;
  const name = known ?? `kube-api-access-${suffixOf(account)}`;
  for (const container of bare) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  }
  if (known === undefined) spec.volumes = [...(spec.volumes ?? []), { name, projected: { defaultMode: 0o644, sources: tokenSources() } }];
}

/**
 * The same for all pods of an account, where upstream takes chance for each: so pods of one template have the very same containers and
 * volumes, which caches then hold once.
 */
function suffixOf({ metadata: { uid = '' } }: Readonly<ServiceAccount>): string {
  return nameSuffix(seededRandom(parseInt(uid.slice(0, 8), 16)));
}

type Sources = NonNullable<NonNullable<NonNullable<PodSpec['volumes']>[number]['projected']>['sources']>;

function tokenSources(): Sources {
  return [
    { serviceAccountToken: { path: 'token', expirationSeconds: tokenSeconds } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ];
}
