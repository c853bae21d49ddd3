/** Versions that Kubernetes has served once, and what came after them (its deprecation guide): `group/version Kind` -> apiVersion. */
const successors: Readonly<Record<string, readonly string[]>> = {
  'apps/v1': [
    'extensions/v1beta1 Deployment',
    'extensions/v1beta1 DaemonSet',
    'extensions/v1beta1 ReplicaSet',
    'apps/v1beta1 Deployment',
    'apps/v1beta1 StatefulSet',
    'apps/v1beta1 ControllerRevision',
    'apps/v1beta2 Deployment',
    'apps/v1beta2 DaemonSet',
    'apps/v1beta2 ReplicaSet',
    'apps/v1beta2 StatefulSet',
    'apps/v1beta2 ControllerRevision',
  ],
  'networking.k8s.io/v1': [
    'extensions/v1beta1 Ingress',
    'extensions/v1beta1 NetworkPolicy',
    'networking.k8s.io/v1beta1 Ingress',
    'networking.k8s.io/v1beta1 IngressClass',
  ],
  'batch/v1': ['batch/v1beta1 CronJob', 'batch/v2alpha1 CronJob'],
  'autoscaling/v2': ['autoscaling/v2beta1 HorizontalPodAutoscaler', 'autoscaling/v2beta2 HorizontalPodAutoscaler'],
  'policy/v1': ['policy/v1beta1 PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].flatMap((kind) => [
    `rbac.authorization.k8s.io/v1alpha1 ${kind}`,
    `rbac.authorization.k8s.io/v1beta1 ${kind}`,
  ]),
  'apiextensions.k8s.io/v1': ['apiextensions.k8s.io/v1beta1 CustomResourceDefinition'],
  'apiregistration.k8s.io/v1': ['apiregistration.k8s.io/v1beta1 APIService'],
  'admissionregistration.k8s.io/v1': [
    'admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration',
  ],
  'scheduling.k8s.io/v1': ['scheduling.k8s.io/v1alpha1 PriorityClass', 'scheduling.k8s.io/v1beta1 PriorityClass'],
  'storage.k8s.io/v1': ['StorageClass', 'VolumeAttachment', 'CSIDriver', 'CSINode', 'CSIStorageCapacity'].map(
    (kind) => `storage.k8s.io/v1beta1 ${kind}`,
  ),
  'coordination.k8s.io/v1': ['coordination.k8s.io/v1beta1 Lease'],
  'discovery.k8s.io/v1': ['discovery.k8s.io/v1beta1 EndpointSlice'],
  'events.k8s.io/v1': ['events.k8s.io/v1beta1 Event'],
  'certificates.k8s.io/v1': ['certificates.k8s.io/v1beta1 CertificateSigningRequest'],
  'node.k8s.io/v1': ['node.k8s.io/v1alpha1 RuntimeClass', 'node.k8s.io/v1beta1 RuntimeClass'],
};
const removed: ReadonlyMap<string, string> = new Map(
  Object.entries(successors).flatMap(([next, old]) => old.map((name) => [name, next] as const)),
);
/** Gone without a successor of the same name. */
const gone: Readonly<Record<string, string>> = {
  'policy/v1beta1 PodSecurityPolicy': 'it was removed in Kubernetes 1.25; label the Namespace with pod-security.kubernetes.io instead',
  'extensions/v1beta1 PodSecurityPolicy': 'it was removed in Kubernetes 1.16; label the Namespace with pod-security.kubernetes.io instead',
  'v1 ComponentStatus': 'it was removed in Kubernetes 1.19',
};

/** What to write instead of a version that Kubernetes no longer serves; undefined for any other. */
export function removedVersion(apiVersion: string, kind: string): string | undefined {
  const name = `${apiVersion} ${kind}`;
  const next = removed.get(name);
  return next === undefined ? gone[name] : `Kubernetes has removed ${apiVersion}; write apiVersion: ${next}`;
}
