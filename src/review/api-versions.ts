import { apiVersionOf, refOf, refText, type ObjectKey } from '../api/object.ts';
import type { Caution } from '../api/review.ts';
import type { DesiredSet } from '../gitops/desired.ts';
import type { ResourceKind } from '../kinds/kind.ts';

/** Minor releases of Kubernetes that first served a version by default, as its API reference and deprecation guide tell. */
const introduced: ReadonlyMap<string, number> = new Map<string, number>(
  (
    [
      [
        19,
        [
          'networking.k8s.io/v1 Ingress',
          'networking.k8s.io/v1 IngressClass',
          'events.k8s.io/v1 Event',
          'certificates.k8s.io/v1 CertificateSigningRequest',
        ],
      ],
      [20, ['node.k8s.io/v1 RuntimeClass']],
      [21, ['batch/v1 CronJob', 'policy/v1 PodDisruptionBudget', 'discovery.k8s.io/v1 EndpointSlice']],
      [23, ['autoscaling/v2 HorizontalPodAutoscaler']],
      [24, ['storage.k8s.io/v1 CSIStorageCapacity']],
      [29, ['flowcontrol.apiserver.k8s.io/v1 FlowSchema', 'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration']],
      [
        30,
        ['admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy', 'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding'],
      ],
      [33, ['networking.k8s.io/v1 IPAddress', 'networking.k8s.io/v1 ServiceCIDR']],
      [34, ['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'].map((kind) => `resource.k8s.io/v1 ${kind}`)],
      [34, ['storage.k8s.io/v1 VolumeAttributesClass']],
    ] as const
  ).flatMap(([minor, names]) => (names as readonly string[]).map((name): [string, number] => [name, minor])),
);

/** `1.33`, `v1.33.4-gke.1` or `33`; undefined for anything else. */
export function minorOf(version: string): number | undefined {
  const found = /^v?(?:1\.)?(\d{1,2})(?:[.+-].*)?$/.exec(version.trim());
  return found === null ? undefined : Number(found[1]);
}

/** What a release of Kubernetes does not serve yet, or advises against, of an application's objects. Pure. */
export function apiVersionCautions(
  { application, head }: { readonly application: ObjectKey; readonly head: DesiredSet },
  kinds: readonly ResourceKind[],
  minor: number,
): Caution[] {
  const advised = new Map<string, string>(
    kinds.flatMap(({ kind, deprecation }) =>
      deprecation === undefined ? [] : [[`${apiVersionOf(kind)} ${kind.kind}`, deprecation] as const],
    ),
  );
  return head.items.flatMap(({ object, manifest }): Caution[] => {
    const name = `${object.apiVersion} ${object.kind}`;
    const about = { application, ref: refOf(object), origin: manifest.origin, fields: ['apiVersion'] };
    const since = introduced.get(name);
    if (since !== undefined && since > minor) {
      const message = `${refText(about.ref)}: Kubernetes 1.${minor} does not serve ${name}, which came with 1.${since}`;
      return [{ rule: 'api-too-new', severity: 'blocker', message, ...about }];
    }
    const advice = advised.get(name);
    const from = advice === undefined ? undefined : minorOf(/v1\.\d+/.exec(advice)?.[0] ?? '');
    if (advice === undefined || from === undefined || from > minor) return [];
    return [{ rule: 'deprecated-api', severity: 'caution', message: `${refText(about.ref)}: ${advice}`, ...about }];
  });
}
