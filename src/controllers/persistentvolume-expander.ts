import { keyText, type ObjectKey } from '../api/object.ts';
import { PersistentVolume, PersistentVolumeClaim } from '../api/kinds.generated.ts';
import { compareQuantities } from '../api/quantity.ts';
import { requestOf } from '../api/volume-binding.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

/** Tells of claims that are to grow who must see to it: whoever has made their volume. */
export const persistentvolumeExpander: Controller = {
  name: 'persistentvolume-expander',
  identity: 'expand-controller',
  component: 'volume_expand',
  reconciles: PersistentVolumeClaim,
  watches: [{ kind: PersistentVolume, keysFor: () => [] }],
  start(context) {
    const told = new Map<string, string>();
    return (key) => tell(context, key, told);
  },
};

/** `told`: the size that was last spoken of, by claim. */
function tell(context: Context, key: ObjectKey, told: Map<string, string>): Promise<void> {
  const claim = context.informer(PersistentVolumeClaim).get(key);
  const size = claim?.status?.capacity?.['storage'];
  if (claim?.status?.phase !== 'Bound' || size === undefined || compareQuantities(requestOf(claim), size) <= 0) {
    told.delete(keyText(key));
    return Promise.resolve();
  }
  const volume = context.informer(PersistentVolume).get({ namespace: '', name: claim.spec.volumeName ?? '' });
  if (volume?.spec.claimRef?.uid !== claim.metadata.uid || told.get(keyText(key)) === requestOf(claim)) return Promise.resolve();
  told.set(keyText(key), requestOf(claim));
  context.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
  return Promise.resolve();
}
