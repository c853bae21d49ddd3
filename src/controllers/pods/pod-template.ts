import type { Kind, KubeObject } from '../../api/object.ts';
import type { Pod, PodTemplateSpec } from '../../api/kinds.generated.ts';
import { controllerReference } from '../../api/owner.ts';
import { clone } from '../../base/json.ts';

/** A new pod as the template says, owned by `owner`, with a generated name `<owner>-xxxxx`. */
export function podFromTemplate<T extends KubeObject>(template: PodTemplateSpec, ownerKind: Kind<T>, owner: T): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      // Made from generateName when the pod is created.
      name: '',
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...labels },
      annotations: { ...annotations },
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(ownerKind, owner)],
    },
    spec: clone(template.spec ?? { containers: [] }),
  };
}
