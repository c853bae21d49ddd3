import type { KubeObject } from '../../api/object.ts';
import { isRecord } from '../../base/json.ts';
import { lastApplied } from '../../gitops/tracking.ts';

/** What one cluster says of an object and another says anew. */
const of: Readonly<Record<string, readonly string[]>> = {
  Service: ['clusterIP', 'clusterIPs', 'healthCheckNodePort', 'loadBalancerIP'],
  PersistentVolumeClaim: ['volumeName'],
  Namespace: ['finalizers'],
};

/** An object as another cluster takes it: without status, owners, and what that cluster gives itself. */
export function elsewhere(object: KubeObject): KubeObject {
  const { status: _status, spec, ...rest } = object as KubeObject & { status?: unknown; spec?: unknown };
  const { name, namespace, labels = {}, annotations = {} } = object.metadata;
  const said = Object.entries(annotations).filter(([each]) => each !== lastApplied && !each.startsWith('pv.kubernetes.io/'));
  const left = new Set(of[object.kind]);
  return {
    ...rest,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels, annotations: Object.fromEntries(said) },
    ...(isRecord(spec)
      ? {
          spec: Object.fromEntries(
            Object.entries(spec)
              .filter(([field]) => !left.has(field))
              .map(withoutPorts),
          ),
        }
      : {}),
  } as KubeObject;
}
/** Ports of the nodes are handed out anew. */
function withoutPorts([field, value]: [string, unknown]): [string, unknown] {
  if (field !== 'ports' || !Array.isArray(value)) return [field, value];
  return [
    field,
    value.map((port: Record<string, unknown>) => Object.fromEntries(Object.entries(port).filter(([name]) => name !== 'nodePort'))),
  ];
}
