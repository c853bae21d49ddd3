import type { KubeObject } from '../../api/object.ts';
import type { AdmissionPlugin } from './index.ts';

interface PodShape extends KubeObject {
  spec?: { serviceAccountName?: string; serviceAccount?: string };
}

/** A pod runs as `default` where that account exists and the pod names none; it never waits for one. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate: ({ call, object, operation, subresource }) => {
    const { kind } = call.kind;
    if (operation !== 'create' || subresource !== '' || kind.group !== '' || kind.plural !== 'pods') return undefined;
    const { spec } = object as PodShape;
    if (spec === undefined || (spec.serviceAccountName ?? '') !== '') return undefined;
    return nameDefault(call.server.store.get(`core/serviceaccounts/${object.metadata.namespace ?? ''}/default`), spec);
  },
};

async function nameDefault(account: Promise<object | undefined>, spec: NonNullable<PodShape['spec']>): Promise<void> {
  if ((await account) === undefined) return;
  spec.serviceAccountName = 'default';
  spec.serviceAccount = 'default';
}
