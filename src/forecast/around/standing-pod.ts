import type { Container, Pod, PodSpec } from '../../api/kinds.generated.ts';

/** What decides where a pod may be, what it takes there, and who may push it out. */
const kept: readonly (keyof PodSpec)[] = [
  ...(['nodeName', 'nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints', 'schedulerName', 'hostNetwork'] as const),
  ...(['priority', 'priorityClassName', 'preemptionPolicy', 'overhead', 'resources', 'runtimeClassName'] as const),
  ...(['restartPolicy', 'terminationGracePeriodSeconds'] as const),
];
/** By these a controller would take it for its own. */
const ofMakers = new Set(['pod-template-hash', 'controller-revision-hash']);

/** A pod of somebody else as it takes its room: nothing of what its containers are told, mount or run. Nobody makes it anew. */
export function standingPod(pod: Pod): Pod {
  const { name, namespace = '', uid, labels = {}, creationTimestamp } = pod.metadata;
  const spec = pod.spec as PodSpec;
  const chosen = Object.fromEntries(kept.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])));
  const containers = spec.containers.map(roomOf);
  const first = (spec.initContainers ?? []).map(roomOf);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      generation: 1,
      labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !ofMakers.has(label))),
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: {
      ...chosen,
      enableServiceLinks: false,
      containers,
      ...(first.length === 0 ? {} : { initContainers: first }),
    } as unknown as PodSpec,
    status: { qosClass: pod.status?.qosClass ?? 'BestEffort' } as NonNullable<Pod['status']>,
  };
}

function roomOf({ name, image, resources, ports = [], restartPolicy }: Readonly<Container>): Container {
  const held = ports.filter(({ hostPort }) => hostPort !== undefined && hostPort !== 0);
  return {
    name,
    ...(image === undefined ? {} : { image }),
    ...(resources === undefined ? {} : { resources }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(held.length === 0 ? {} : { ports: held }),
  } as Container;
}
