import type { KubeObject } from '../../api/object.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { AdmissionPlugin } from './index.ts';
import { concerns, refused } from './refusal.ts';

interface ClaimShape extends KubeObject {
  readonly spec?: { readonly storageClassName?: string; readonly resources?: { readonly requests?: Readonly<Record<string, string>> } };
  readonly status?: { readonly phase?: string };
}

/** A claim grows only when it is bound, and when its class allows it (kubernetes, plugin PersistentVolumeClaimResize). */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate: (attempt) => {
    if (attempt.operation !== 'update' || !concerns(attempt, '', 'persistentvolumeclaims')) return;
    const [claim, old] = [attempt.object as ClaimShape, attempt.old as ClaimShape];
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw refused(attempt, 'Only bound persistent volume claims can be expanded');
    const name = claim.spec?.storageClassName ?? claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? '';
    if (attempt.call.server.policies.storageClasses.in('')?.get(name)?.allowVolumeExpansion === true) return;
    const why = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
    throw refused(attempt, why);
  },
};

function sizeOf(claim: ClaimShape): string {
  return claim.spec?.resources?.requests?.['storage'] ?? '0';
}
