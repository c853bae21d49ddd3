import type { PodSpec, PodTemplateSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required, tooLong } from '../field-errors.ts';
import { ipErrors } from '../ip.ts';
import { annotationErrors, labelErrors } from '../metadata.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts';
import { podAnnotationErrors, profileMatchErrors } from './annotations.ts';
import { containersErrors, initContainersErrors } from './containers.ts';
import { emptyPodSpec } from './defaults.ts';
import { dnsErrors } from './dns.ts';
import { ephemeralErrors } from './ephemeral.ts';
import { affinityErrors, gateErrors, tolerationErrors } from './placement.ts';
import { amountsErrors } from './resources.ts';
import { podSecurityErrors } from './security.ts';
import { spreadErrors } from './spread.ts';
import { checkVolumes } from './volumes.ts';
import { wholeErrors } from './whole.ts';
import { hostProcessErrors, systemErrors } from './windows.ts';

/**
 * What is wrong with a pod's spec (kubernetes v1.35, ValidatePodSpec), in upstream's order. `pod` is the pod itself where there is one
 * already, and not a template.
 */
export function podSpecErrors(spec: PodSpec, path: string, pod?: { readonly name: string }): FieldError[] {
  const { errors, volumes } = checkVolumes(spec, path, pod?.name ?? '');
  const names = (spec.resourceClaims ?? []).map(({ name }) => name).filter((name) => name !== '');
  const parts = { spec, volumes, claims: new Set(names), hostUsers: spec.hostUsers ?? true };
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [required(`${path}.terminationGracePeriodSeconds`)] : []),
    ...errors,
    ...claimErrors(spec, `${path}.resourceClaims`),
    ...containersErrors(parts, `${path}.containers`),
    ...initContainersErrors(parts, `${path}.initContainers`),
    ...ephemeralErrors(parts, `${path}.ephemeralContainers`),
    ...wholeErrors(spec, `${path}.resources`),
    ...hostPortErrors(spec, path, pod !== undefined),
    ...choiceErrors(spec.restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...choiceErrors(spec.dnsPolicy, `${path}.dnsPolicy`, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...labelErrors(spec.nodeSelector, `${path}.nodeSelector`),
    ...podSecurityErrors(spec, path),
    ...affinityErrors(spec.affinity, `${path}.affinity`),
    ...dnsErrors(spec, path),
    ...readinessErrors(spec, `${path}.readinessGates`),
    ...gateErrors(spec, path),
    ...spreadErrors(spec, path),
    ...hostProcessErrors(spec, path),
    ...hostUserErrors(spec, path),
    ...nameErrors(spec, path),
    ...lastErrors(spec, path),
  ];
}

function choiceErrors(value: string | undefined, at: string, choices: readonly string[]): FieldError[] {
  if (!value) return [required(at)];
  return choices.includes(value) ? [] : [notSupported(at, value, choices)];
}
function claimErrors(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (spec.resourceClaims ?? []).flatMap((claim, index) => {
    const at = `${path}[${index}]`;
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const errors = name ? [] : [required(`${at}.name`)];
    if (seen.has(name)) errors.push({ type: 'FieldValueDuplicate', field: `${at}.name`, value: name, detail: '' });
    else if (name) errors.push(...invalidEach(`${at}.name`, name, dnsLabel(name)));
    if (name) seen.add(name);
    if (own !== undefined && template !== undefined) {
      errors.push(invalidValue(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (own === undefined && template === undefined) {
      errors.push(invalidValue(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    if (own !== undefined) errors.push(...invalidEach(`${at}.resourceClaimName`, own, dnsSubdomain(own)));
    if (template !== undefined) errors.push(...invalidEach(`${at}.resourceClaimTemplateName`, template, dnsSubdomain(template)));
    return errors;
  });
}
/** On the node's network a port is the node's. A template may leave that to the pod's defaults. */
function hostPortErrors(spec: PodSpec, path: string, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, number) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return [];
      const at = `${path}.containers[${index}].ports[${number}].hostPort`;
      return [invalidValue(at, hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}
function readinessErrors(spec: PodSpec, path: string): FieldError[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType: type = '' }, index) =>
    invalidEach(`${path}[${index}].conditionType`, type, qualifiedName(type)),
  );
}
/** With users of its own a pod shares nothing else with the node. Upstream tells two of the fields in capitals. */
function hostUserErrors(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const told = { hostNetwork: 'hostNetwork', hostPID: 'HostPID', hostIPC: 'HostIPC' } as const;
  return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => spec[field] === true)
    .map((field) => fieldForbidden(`${path}.${told[field]}`, 'when `pod.Spec.HostUsers` is false'));
}

const longestHostname = 64;
function nameErrors(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { serviceAccountName, nodeName, activeDeadlineSeconds: deadline, hostname, hostnameOverride, subdomain } = spec;
  if (serviceAccountName) errors.push(...invalidEach(`${path}.serviceAccountName`, serviceAccountName, dnsSubdomain(serviceAccountName)));
  if (nodeName) errors.push(...invalidEach(`${path}.nodeName`, nodeName, dnsSubdomain(nodeName)));
  if (deadline !== undefined && (deadline < 1 || deadline > 2 ** 31 - 1)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  if (hostname) errors.push(...invalidEach(`${path}.hostname`, hostname, dnsLabel(hostname)));
  if (hostnameOverride !== undefined) {
    const at = `${path}.hostnameOverride`;
    errors.push(...invalidEach(at, hostnameOverride, dnsSubdomain(hostnameOverride)));
    if (hostnameOverride.length > longestHostname) errors.push(tooLong(at, longestHostname));
    if (spec.hostNetwork === true) errors.push(fieldForbidden(at, 'may not be specified when `hostNetwork` is true'));
    if (spec.setHostnameAsFQDN === true) errors.push(fieldForbidden(at, 'may not be specified when `setHostnameAsFQDN` is true'));
  }
  return subdomain ? [...errors, ...invalidEach(`${path}.subdomain`, subdomain, dnsLabel(subdomain))] : errors;
}
function lastErrors(spec: PodSpec, path: string): FieldError[] {
  const errors = tolerationErrors(spec.tolerations, `${path}.tolerations`);
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${index}]`;
    errors.push(...ipErrors(`${at}.ip`, alias.ip ?? ''));
    for (const [number, name] of (alias.hostnames ?? []).entries()) {
      errors.push(...invalidEach(`${at}.hostnames[${number}]`, name, dnsSubdomain(name)));
    }
  }
  const { priorityClassName, runtimeClassName, preemptionPolicy, os } = spec;
  if (priorityClassName) errors.push(...invalidEach(`${path}.priorityClassName`, priorityClassName, dnsSubdomain(priorityClassName)));
  if (runtimeClassName !== undefined)
    errors.push(...invalidEach(`${path}.runtimeClassName`, runtimeClassName, dnsSubdomain(runtimeClassName)));
  if (preemptionPolicy !== undefined) {
    errors.push(...choiceErrors(preemptionPolicy, `${path}.preemptionPolicy`, ['PreemptLowerPriority', 'Never']));
  }
  if (spec.overhead !== undefined) {
    errors.push(...amountsErrors(spec.overhead, `${path}.overhead`));
  }
  if (os === undefined) return errors;
  if (!os.name) return [...errors, required(`${path}.os.name`, 'cannot be empty')];
  if (os.name !== 'linux' && os.name !== 'windows') return [...errors, notSupported(`${path}.os`, os.name, ['linux', 'windows'])];
  return [...errors, ...systemErrors(spec, path)];
}

/** What is wrong with a template that pods are made from; `path` is where it stands, `spec.template` (ValidatePodTemplateSpec). */
export function templateErrors(template: PodTemplateSpec, path: string): FieldError[] {
  const { spec = emptyPodSpec() } = template;
  const { labels, annotations } = template.metadata ?? {};
  const errors = [...labelErrors(labels, `${path}.labels`), ...annotationErrors(annotations, `${path}.annotations`)];
  errors.push(...podAnnotationErrors(annotations, spec, `${path}.annotations`), ...podSpecErrors(spec, `${path}.spec`));
  errors.push(...profileMatchErrors(annotations, spec, `${path}.spec`));
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(fieldForbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}
