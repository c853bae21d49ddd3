import { isQuantity, roundedToMilli } from '../../api/quantity.ts';
import { defaultWholeResources } from './whole.ts';
import type { Container, Pod, PodSpec, Probe, ResourceRequirements, Volume } from '../../api/kinds.generated.ts';

type Lists = 'containers' | 'initContainers' | 'ephemeralContainers';
const lists: readonly Lists[] = ['containers', 'initContainers', 'ephemeralContainers'];

/** The spec of a pod or template that comes without one: it lacks only containers. */
export function emptyPodSpec(): PodSpec {
  return { containers: [], restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 };
}

/** Defaults of a pod and of a pod template that depend on other fields (kubernetes v1.35, pkg/apis/core/v1/defaults.go). */
export function defaultPodSpec(spec: PodSpec): void {
  for (const list of lists) for (const container of spec[list] ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  if (spec.overhead !== undefined) roundAmounts(spec.overhead);
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
}

/** What a pod gets and a template does not: requests from limits, service links, host ports. */
export function defaultPod(pod: Pod): void {
  const { spec } = pod;
  for (const list of ['containers', 'initContainers'] as const) {
    for (const container of spec[list] ?? []) {
      requestsFromLimits(container.resources);
      if (spec.hostNetwork === true) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    }
  }
  defaultWholeResources(pod);
  spec.enableServiceLinks ??= true;
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ??= tagOf(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) defaultProbe(probe);
  }
  const { resources } = container;
  if (resources?.limits !== undefined) roundAmounts(resources.limits);
  if (resources?.requests !== undefined) roundAmounts(resources.requests);
}

/** The tag that an image is pulled by: `latest` when it names neither tag nor digest, '' when it names a digest alone. */
export function tagOf(image: string): string {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  if (colon > name.lastIndexOf('/')) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

/** To Kubernetes a 0 in these fields is the same as nothing. */
function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet !== undefined) probe.httpGet.path ||= '/';
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
  if (volume.image !== undefined) {
    volume.image.pullPolicy ||= tagOf(volume.image.reference ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  }
}

/** Amounts finer than a thousandth are rounded up; nearly none are. */
function roundAmounts(amounts: Record<string, string>): void {
  for (const name in amounts) {
    const amount = String(amounts[name]);
    if (/[nu]$|\.\d{4}|e-/i.test(amount) && isQuantity(amount)) amounts[name] = roundedToMilli(amount);
  }
}

function requestsFromLimits(resources: ResourceRequirements | undefined): void {
  if (resources?.limits === undefined) return;
  const requests = (resources.requests ??= {});
  for (const name in resources.limits) requests[name] ??= resources.limits[name] as string;
}
