import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { PersistentVolumeClaim, Pod, type Volume } from '../api/kinds.generated.ts';
import { controllerReference, isControlledBy } from '../api/owner.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { clone } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import { ReconcileError, type Context, type Controller } from '../reconcile/controller.ts';
import { isTerminating } from './pods/pod-control.ts';

/** Makes the claims of pods that bring templates of them; they belong to the pod and go with it. */
export const ephemeralVolume: Controller = {
  name: 'ephemeral-volume',
  component: 'ephemeral_volume',
  reconciles: Pod,
  watches: [{ kind: PersistentVolumeClaim, keysFor: (claim) => podKeysOf(claim as PersistentVolumeClaim) }],
  start: (context) => (key) => makeClaims(context, key),
};

/** A claim that has gone is made again. */
function podKeysOf({ metadata }: PersistentVolumeClaim): readonly ObjectKey[] {
  const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Pod' && controller === true);
  return owner === undefined ? [] : [{ namespace: metadata.namespace ?? '', name: owner.name }];
}

async function makeClaims(context: Context, key: ObjectKey): Promise<void> {
  const pod = context.informer(Pod).get(key);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
  for (const volume of pod.spec.volumes ?? []) if (volume.ephemeral !== undefined) await makeClaim(context, pod, volume);
}

async function makeClaim(context: Context, pod: Readonly<Pod>, { name: volume, ephemeral }: Volume): Promise<void> {
  const { metadata: given, spec } = ephemeral?.volumeClaimTemplate ?? {};
  const key = { namespace: pod.metadata.namespace ?? '', name: `${pod.metadata.name}-${volume}` };
  const known = context.informer(PersistentVolumeClaim).get(key);
  if (known !== undefined) return checkOwner(pod, volume, known);
  const { labels, annotations } = given ?? {};
  const metadata = {
    ...key,
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    ownerReferences: [controllerReference(Pod, pod)],
  };
  try {
    await context.cluster.create(PersistentVolumeClaim, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: clone(spec ?? {}),
    });
  } catch (error) {
    if (isTerminating(error) || isNotFound(error)) return; // The namespace goes, and the pod with it.
    if (isAlreadyExists(error)) return checkOwner(pod, volume, await context.cluster.get(PersistentVolumeClaim, key));
    throw new ReconcileError('FailedBinding', `ephemeral volume ${volume}: create PVC ${key.name}: ${errorText(error)}`, { cause: error });
  }
}

/** @throws ReconcileError where a claim of that name belongs to somebody else */
function checkOwner(pod: Readonly<Pod>, volume: string, claim: Readonly<PersistentVolumeClaim>): void {
  if (isControlledBy(claim, pod)) return;
  const text = `PVC ${keyText(keyOf(claim))} was not created for pod ${keyText(keyOf(pod))} (pod is not owner)`;
  throw new ReconcileError('FailedBinding', `ephemeral volume ${volume}: ${text}`);
}
