import type { KubeObject } from '../../api/object.ts';
import { refText } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { jsonEqual, recordsAt, valueAt } from '../../base/json.ts';
import { cautionAbout, kindName, type Change, type Rule, type World } from './world.ts';

/** What goes with data in it, or takes data with it; and what stays in the cluster with nobody to look after it. */
export const deletesData: Rule = {
  name: 'deletes-data',
  find: (world) => world.changes.flatMap((change) => (change.head === undefined ? leaving(world, change) : [])),
};

function leaving(world: World, change: Change): Caution[] {
  const base = change.base as KubeObject;
  const judged = (stateful.has(kindName(base)) ? database : judgements[kindName(base)])?.(world, base);
  if (judged === undefined) return [];
  if (change.kept !== undefined) {
    const message = `leaves the source and stays in the cluster (${change.kept}): from then on nobody looks after it`;
    return [cautionAbout(change, { rule: 'left-behind', severity: 'caution', message })];
  }
  // Where the data stays, or there is none, it is a deletion like others that somebody should look at.
  return [cautionAbout(change, { rule: judged.severity === 'blocker' ? 'deletes-data' : 'deletes', ...judged })];
}

/** Custom kinds whose operators keep data in volumes that go with them, where nothing else is said. */
const stateful: ReadonlySet<string> = new Set([
  'acid.zalan.do/postgresql',
  'ceph.rook.io/CephCluster',
  'elasticsearch.k8s.elastic.co/Elasticsearch',
  'kafka.strimzi.io/Kafka',
  'mariadb.mmontes.io/MariaDB',
  'minio.min.io/Tenant',
  'mongodbcommunity.mongodb.com/MongoDBCommunity',
  'mysql.oracle.com/InnoDBCluster',
  'postgresql.cnpg.io/Cluster',
  'rabbitmq.com/RabbitmqCluster',
]);
function database(): Judgement {
  return {
    severity: 'blocker',
    message: 'is deleted, and its operator deletes what it runs for it, the data too unless it is told to keep that',
  };
}

type Judgement = Pick<Caution, 'severity' | 'message'> & { readonly rule?: string };
const judgements: Readonly<Record<string, (world: World, object: KubeObject) => Judgement>> = {
  '/Namespace': (world, object) => {
    const inside = world.before.inNamespace(object.metadata.name).length;
    const known = inside === 0 ? '' : ` (${inside} ${inside === 1 ? 'object' : 'objects'} of this repository among it)`;
    return { severity: 'blocker', message: `is deleted, and everything in it goes too${known}, also what is not in Git` };
  },
  'apiextensions.k8s.io/CustomResourceDefinition': (world, object) => {
    const kind = `${String(valueAt(object, ['spec', 'group']))}/${String(valueAt(object, ['spec', 'names', 'kind']))}`;
    const known = world.before.ofKind(kind).length;
    const here = known === 0 ? '' : ` (${known} in this repository)`;
    return { severity: 'blocker', message: `is deleted, and with it every ${kind} object of the cluster${here}` };
  },
  '/PersistentVolumeClaim': (world, object) => {
    if (classOf(world, object) === 'Retain') {
      return { severity: 'caution', message: 'is deleted; its storage class retains the volume, which nothing is bound to any more' };
    }
    return { severity: 'blocker', message: 'is deleted, and the data on its volume goes too unless the volume is retained' };
  },
  '/PersistentVolume': (_world, object) => {
    const policy = valueAt(object, ['spec', 'persistentVolumeReclaimPolicy']) ?? 'Retain';
    if (policy === 'Retain') return { severity: 'caution', message: 'is deleted; what it stands for keeps its data (Retain)' };
    return { severity: 'blocker', message: `is deleted, and what is stored on it goes too (${String(policy)})` };
  },
  'apps/StatefulSet': statefulSet,
  'helm.toolkit.fluxcd.io/HelmRelease': () => ({
    rule: 'uninstalls',
    severity: 'caution',
    message: 'is deleted, and its release is uninstalled: everything that the chart made goes',
  }),
};

function statefulSet(world: World, object: KubeObject): Judgement {
  const claims = recordsAt(object, ['spec', 'volumeClaimTemplates']).map((claim) => String(valueAt(claim, ['metadata', 'name'])));
  if (claims.length === 0) return { severity: 'caution', message: 'is deleted with its pods; it claims no volumes of its own' };
  const named = claims.join(', ');
  if (valueAt(object, ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted']) === 'Delete') {
    return { severity: 'blocker', message: `is deleted, and the claims of its pods (${named}) with their data too (whenDeleted: Delete)` };
  }
  const heir = heirOf(world, object);
  const then = heir === undefined ? '' : `; ${heir}, which comes with the same claims, starts with empty volumes`;
  return { severity: 'blocker', message: `is deleted with its pods; the claims of its pods (${named}) and their data stay behind${then}` };
}

/** A new StatefulSet that claims the same under another name. */
function heirOf(world: World, gone: KubeObject): string | undefined {
  const wanted = valueAt(gone, ['spec', 'volumeClaimTemplates']);
  return world.changes.find(
    ({ base, head }) =>
      base === undefined &&
      head !== undefined &&
      kindName(head) === 'apps/StatefulSet' &&
      jsonEqual(valueAt(head, ['spec', 'volumeClaimTemplates']), wanted),
  )?.name;
}

/** The reclaim policy of a claim's storage class, where the repository holds that. */
function classOf(world: World, claim: KubeObject): unknown {
  const name = valueAt(claim, ['spec', 'storageClassName']);
  if (typeof name !== 'string' || name === '') return undefined;
  const found = world.before.get(refText({ group: 'storage.k8s.io', kind: 'StorageClass', namespace: '', name }));
  return found === undefined ? undefined : (valueAt(found, ['reclaimPolicy']) ?? 'Delete');
}
