import { keyOf, type ObjectKey } from '../api/object.ts';
import { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../api/kinds.generated.ts';
import { mismatch } from '../api/volume-binding.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { AssumedObjects } from './cache/assumed-objects.ts';
import type { Binder } from './persistentvolume-binder/binder.ts';
import { isDefaultClass } from './persistentvolume-binder/classes.ts';
import { syncClaim } from './persistentvolume-binder/claim.ts';
import { syncVolume } from './persistentvolume-binder/volume.ts';
import { UnboundClaims } from './persistentvolume-binder/unbound-claims.ts';
import { VolumeIndex } from './persistentvolume-binder/volume-index.ts';
import { claimKeysOf, trackPodsByClaim } from './volumes/pods-by-claim.ts';

/**
 * Joins claims and volumes, asks for volumes to be made, and frees those whose claims have gone. One at a time, since each decision takes a
 * volume from the next. Keys with a namespace are claims, those without are volumes.
 */
export const persistentvolumeBinder: Controller = {
  name: 'persistentvolume-binder',
  identity: 'persistent-volume-binder',
  component: 'persistentvolume-controller',
  reconciles: PersistentVolumeClaim,
  // Whom a change of these concerns needs more than the object; `start` listens itself.
  watches: [PersistentVolume, StorageClass, Pod].map((kind) => ({ kind, keysFor: () => [] })),
  start(context) {
    const unbound = new UnboundClaims();
    const volumes = new VolumeIndex(context.informer(PersistentVolume));
    const claims = new AssumedObjects(context.informer(PersistentVolumeClaim), (claim, previous) => unbound.changed(claim, previous));
    const classes = context.informer(StorageClass);
    const podsOf = trackPodsByClaim(context.informer(Pod));
    const binder: Binder = { context, claims, volumes, classes, podsOf, queue: (key) => context.enqueue(key) };
    listen(binder, unbound);
    return (key) => (key.namespace === '' ? syncVolume(binder, key.name) : syncClaim(binder, key));
  },
};

function listen({ context, volumes }: Binder, unbound: UnboundClaims): void {
  const enqueue = (keys: Iterable<ObjectKey>): void => {
    for (const key of keys) context.enqueue(key);
  };
  context.informer(PersistentVolume).onChange((volume, previous) => {
    const known = volume ?? previous;
    if (known === undefined) return;
    const { claimRef } = known.spec;
    enqueue([keyOf(known), ...unbound.naming(known.metadata.name)]);
    if (claimRef !== undefined) enqueue([{ namespace: claimRef.namespace ?? '', name: claimRef.name ?? '' }]);
    else if (volume?.status?.phase === 'Available') enqueue(servedBy(volume, context, unbound));
  });
  context.informer(PersistentVolumeClaim).onChange((claim, previous) => {
    const known = claim ?? previous;
    if (known === undefined) return;
    if (claim === undefined) enqueue(volumes.keptFor(keyOf(known)).map(keyOf));
    const { volumeName = '' } = known.spec;
    if (volumeName !== '' && previous?.spec.volumeName !== claim?.spec.volumeName) enqueue([{ namespace: '', name: volumeName }]);
  });
  context.informer(StorageClass).onChange((storageClass) => {
    if (storageClass === undefined) return;
    enqueue(unbound.ofClass(storageClass.metadata.name));
    if (isDefaultClass(storageClass)) enqueue(unbound.ofClass(undefined));
  });
  context.informer(Pod).onChange((pod, previous) => {
    if (pod !== undefined && previous === undefined) enqueue(claimKeysOf(pod).filter((key) => unbound.has(key)));
  });
}

/** Claims that wait for just such a volume. */
function servedBy(volume: Readonly<PersistentVolume>, context: Context, unbound: UnboundClaims): readonly ObjectKey[] {
  const claims = context.informer(PersistentVolumeClaim);
  return unbound.ofClass(volume.spec.storageClassName ?? '', undefined).filter((key) => {
    const claim = claims.get(key);
    return claim !== undefined && mismatch(volume, claim) === undefined;
  });
}
