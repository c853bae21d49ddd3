import type { AdmissionPlugin } from './index.ts';
import { concerns } from './refusal.ts';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** Claims and volumes that are in use outlive their deletion (kubernetes, plugin StorageObjectInUseProtection); controllers let go of them. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate: (attempt) => {
    const { plural } = attempt.call.kind.kind;
    const finalizer = finalizers[plural];
    if (finalizer === undefined || attempt.operation !== 'create' || !concerns(attempt, '', plural)) return;
    const { metadata } = attempt.object;
    if (metadata.finalizers?.includes(finalizer) !== true) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
