import type { KubeObject } from '../api/object.ts';
import type { Codec } from '../store/store.ts';

const noLabels: Readonly<Record<string, string>> = Object.freeze({});

/** How API objects lie in a store. Secrets, and the manifests that revisions of applications keep, are encrypted on disk. */
export const objectCodec: Codec<KubeObject> = {
  stamp: (value, revision) => {
    value.metadata.resourceVersion = String(revision);
    return value;
  },
  labels: (value) => value.metadata.labels ?? noLabels,
  secret: (key) => key.startsWith('core/secrets/') || key.startsWith('steersman.dev/applicationrevisions/'),
  fleeting: (key) => key.startsWith('core/events/'),
};
