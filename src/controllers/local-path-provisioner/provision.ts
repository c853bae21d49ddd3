import { keyOf, keyText } from '../../api/object.ts';
import { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../../api/status.ts';
import { claimClass, provisionedBy, requestOf, selectedNode, waitsForConsumer } from '../../api/volume-binding.ts';
import { errorText } from '../../base/log.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { finalizer, provisioner, volumeName, type Provisioning } from './provisioning.ts';

type Claim = Readonly<PersistentVolumeClaim>;
const hostname = 'kubernetes.io/hostname';

/** Makes folder and volume for a claim; the binder joins them. A failure is told, and tried again. */
export async function provision(provisioning: Provisioning, claim: Claim): Promise<void> {
  const { context, folders } = provisioning;
  const name = volumeName(claim.metadata.uid ?? '');
  if (context.informer(PersistentVolume).get({ namespace: '', name }) !== undefined) return context.clock.outside(folders.settle(name));
  const className = claimClass(claim) ?? '';
  const storageClass = context.informer(StorageClass).get({ namespace: '', name: className });
  if (storageClass?.provisioner !== provisioner) return;
  const chosen = claim.metadata.annotations?.[selectedNode] ?? '';
  if (waitsForConsumer(storageClass) && chosen === '') return;
  context.event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${keyText(keyOf(claim))}"`);
  const failed = (why: string, options: { retry?: boolean; cause?: unknown } = {}): ReconcileError =>
    new ReconcileError('ProvisioningFailed', `failed to provision volume with StorageClass "${className}": ${why}`, options);
  const impossible = whyImpossible(claim);
  if (impossible !== undefined) throw failed(impossible, { retry: false });
  const node = nodeFor(provisioning, chosen);
  if (node === undefined) {
    if (chosen === '') throw failed('configuration error, no node was specified');
    await chooseAgain(provisioning, claim);
    throw failed(`failed to get target node: nodes "${chosen}" not found`, { retry: false });
  }
  try {
    await make(provisioning, claim, { name, storageClass, node });
  } catch (error) {
    throw failed(errorText(error), { cause: error });
  }
  context.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
}

/** What a folder cannot be. */
function whyImpossible({ spec }: Claim): string | undefined {
  if (spec.volumeMode === 'Block') return 'does not support block volume provisioning';
  if (spec.selector !== undefined) return 'claim Selector is not supported';
  const source = spec.dataSourceRef ?? spec.dataSource;
  return source === undefined ? undefined : `a folder cannot be filled from ${source.kind} ${source.name}`;
}

/** Without a chosen node (a class of mode Immediate) only a cluster of one node leaves no doubt. */
function nodeFor({ context }: Provisioning, chosen: string): Readonly<Node> | undefined {
  const nodes = context.informer(Node);
  if (chosen !== '') return nodes.get({ namespace: '', name: chosen });
  const all = nodes.list();
  return all.length === 1 ? all[0] : undefined;
}

/** The node has gone: the scheduler is to choose another. */
async function chooseAgain({ context }: Provisioning, claim: Claim): Promise<void> {
  const { uid, resourceVersion } = claim.metadata;
  const annotations = { [selectedNode]: null };
  try {
    await context.cluster.patch(PersistentVolumeClaim, keyOf(claim), { metadata: { uid, resourceVersion, annotations } });
  } catch (error) {
    // Gone: then there is nothing to choose.
    if (!isNotFound(error)) throw error;
  }
}

async function make(
  { context, folders }: Provisioning,
  claim: Claim,
  about: { name: string; storageClass: Readonly<StorageClass>; node: Readonly<Node> },
): Promise<void> {
  const { name, storageClass } = about;
  await context.clock.outside(folders.make(name));
  const { namespace = '', uid = '', resourceVersion = '' } = claim.metadata;
  const node = about.node.metadata.labels?.[hostname] ?? about.node.metadata.name;
  const volume: PersistentVolume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [provisionedBy]: provisioner }, finalizers: [finalizer] },
    spec: {
      // The names of the modes are the claim's.
      accessModes: [...(claim.spec.accessModes ?? [])] as NonNullable<PersistentVolume['spec']['accessModes']>,
      capacity: { storage: requestOf(claim) },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim.metadata.name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: [...storageClass.mountOptions] }),
      local: { path: folders.pathOf(name) },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values: [node] }] }] },
      },
    },
  };
  try {
    await context.cluster.create(PersistentVolume, volume);
  } catch (error) {
    // Its name is the claim's uid: the answer to an earlier attempt was lost.
    if (!isAlreadyExists(error)) throw error;
  }
  await context.clock.outside(folders.settle(name));
}
