/** Kinds of one API version, the release that removed them, and what to write instead: an apiVersion, or words where there is none. */
interface Removal {
  readonly apiVersion: string;
  readonly kinds: readonly string[];
  /** Of Kubernetes, `1.22`. Absent: still to be had, but off unless somebody turns it on. */
  readonly release?: string;
  readonly successor?: string;
  readonly instead?: string;
}
const workloads = ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet', 'ControllerRevision'];
const roles = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const policies = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
const reviews = ['LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'];
const flow = ['FlowSchema', 'PriorityLevelConfiguration'];
const podSecurity = 'label the Namespace with pod-security.kubernetes.io instead';

const to = (successor: string, apiVersion: string, release: string | undefined, kinds: readonly string[]): Removal => ({
  apiVersion,
  kinds,
  successor,
  ...(release !== undefined && { release }),
});

/** As Kubernetes' deprecation guide tells them, up to 1.35. */
const removals: readonly Removal[] = [
  to('apps/v1', 'extensions/v1beta1', '1.16', workloads),
  to('apps/v1', 'apps/v1beta1', '1.16', workloads),
  to('apps/v1', 'apps/v1beta2', '1.16', workloads),
  to('networking.k8s.io/v1', 'extensions/v1beta1', '1.16', ['NetworkPolicy']),
  to('networking.k8s.io/v1', 'extensions/v1beta1', '1.22', ['Ingress']),
  to('networking.k8s.io/v1', 'networking.k8s.io/v1beta1', '1.22', ['Ingress', 'IngressClass']),
  to('networking.k8s.io/v1', 'networking.k8s.io/v1beta1', undefined, ['IPAddress', 'ServiceCIDR']),
  to('networking.k8s.io/v1', 'networking.k8s.io/v1alpha1', '1.34', ['IPAddress', 'ServiceCIDR']),
  to('batch/v1', 'batch/v2alpha1', '1.21', ['CronJob']),
  to('batch/v1', 'batch/v1beta1', '1.25', ['CronJob']),
  to('autoscaling/v2', 'autoscaling/v2beta1', '1.25', ['HorizontalPodAutoscaler']),
  to('autoscaling/v2', 'autoscaling/v2beta2', '1.26', ['HorizontalPodAutoscaler']),
  to('policy/v1', 'policy/v1beta1', '1.25', ['PodDisruptionBudget']),
  to('policy/v1', 'policy/v1beta1', '1.25', ['Eviction']),
  to('rbac.authorization.k8s.io/v1', 'rbac.authorization.k8s.io/v1alpha1', '1.23', roles),
  to('rbac.authorization.k8s.io/v1', 'rbac.authorization.k8s.io/v1beta1', '1.22', roles),
  to('apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1', '1.22', ['CustomResourceDefinition']),
  to('apiregistration.k8s.io/v1', 'apiregistration.k8s.io/v1beta1', '1.22', ['APIService']),
  to('admissionregistration.k8s.io/v1', 'admissionregistration.k8s.io/v1beta1', '1.22', webhooks),
  to('admissionregistration.k8s.io/v1', 'admissionregistration.k8s.io/v1beta1', '1.34', policies),
  to('admissionregistration.k8s.io/v1', 'admissionregistration.k8s.io/v1alpha1', undefined, policies),
  to('authentication.k8s.io/v1', 'authentication.k8s.io/v1beta1', '1.22', ['TokenReview']),
  to('authorization.k8s.io/v1', 'authorization.k8s.io/v1beta1', '1.22', reviews),
  to('certificates.k8s.io/v1', 'certificates.k8s.io/v1beta1', '1.22', ['CertificateSigningRequest']),
  to('coordination.k8s.io/v1', 'coordination.k8s.io/v1beta1', '1.22', ['Lease']),
  to('discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1', '1.25', ['EndpointSlice']),
  to('events.k8s.io/v1', 'events.k8s.io/v1beta1', '1.25', ['Event']),
  to('node.k8s.io/v1', 'node.k8s.io/v1alpha1', '1.24', ['RuntimeClass']),
  to('node.k8s.io/v1', 'node.k8s.io/v1beta1', '1.25', ['RuntimeClass']),
  to('scheduling.k8s.io/v1', 'scheduling.k8s.io/v1alpha1', '1.23', ['PriorityClass']),
  to('scheduling.k8s.io/v1', 'scheduling.k8s.io/v1beta1', '1.22', ['PriorityClass']),
  to('storage.k8s.io/v1', 'storage.k8s.io/v1beta1', '1.22', ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment']),
  to('storage.k8s.io/v1', 'storage.k8s.io/v1beta1', '1.27', ['CSIStorageCapacity']),
  to('storage.k8s.io/v1', 'storage.k8s.io/v1beta1', undefined, ['VolumeAttributesClass']),
  to('storage.k8s.io/v1', 'storage.k8s.io/v1alpha1', '1.24', ['CSIStorageCapacity', 'VolumeAttachment']),
  to('flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1alpha1', '1.24', flow),
  to('flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1beta1', '1.26', flow),
  to('flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1beta2', '1.29', flow),
  to('flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1beta3', '1.32', flow),
  { apiVersion: 'extensions/v1beta1', kinds: ['PodSecurityPolicy'], release: '1.16', instead: podSecurity },
  { apiVersion: 'policy/v1beta1', kinds: ['PodSecurityPolicy'], release: '1.25', instead: podSecurity },
  { apiVersion: 'settings.k8s.io/v1alpha1', kinds: ['PodPreset'], release: '1.20', instead: 'use a mutating webhook instead' },
];
const byName: ReadonlyMap<string, Removal> = new Map(
  removals.flatMap((removal) => removal.kinds.map((kind) => [`${removal.apiVersion} ${kind}`, removal] as const)),
);

/** What to write instead of a version that Kubernetes no longer serves, as a sentence; undefined for any other version. */
export function removedVersion(apiVersion: string, kind: string): string | undefined {
  const removal = byName.get(`${apiVersion} ${kind}`);
  if (removal === undefined) return undefined;
  const { release, successor, instead } = removal;
  const past =
    release === undefined
      ? `Kubernetes serves ${apiVersion} ${kind} no longer by default`
      : `Kubernetes ${release} has removed ${apiVersion} ${kind}`;
  return `${past}; ${successor === undefined ? (instead ?? '') : `write apiVersion: ${successor}`}`;
}
