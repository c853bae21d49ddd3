import type { Container, NodeSelectorTerm, PodSpec, PodTemplateSpec } from '../../api/kinds.generated.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { canonicalQuantity, parseQuantity } from '../../api/quantity.ts';
import { ipWarnings } from '../ip.ts';
import { labelValue } from '../names.ts';
import { appArmorPrefix, seccompAnnotation, seccompPrefix } from './annotations.ts';
import { portWarnings } from './port-warnings.ts';
import { volumeWarnings } from './volume-warnings.ts';
import { eachContainer } from './windows.ts';

/** What of a pod or template is looked at: its spec and metadata, and where they stand (`spec.template`; '' for a pod). */
interface Subject {
  readonly spec: PodSpec;
  readonly metadata: Partial<ObjectMeta>;
  readonly at: string;
}
const below = ({ at }: Subject, path: string): string => (at === '' ? path : `${at}.${path}`);

/** What is allowed in a pod and yet surely not meant (kubernetes v1.35, pkg/api/pod/warnings.go). */
export function podWarnings({ spec, metadata }: { spec: PodSpec; metadata: Partial<ObjectMeta> }): string[] {
  return warningsOf({ spec, metadata, at: '' });
}
/** The same of a template. */
export function templateWarnings(template: PodTemplateSpec | undefined, at = 'spec.template'): string[] {
  return template?.spec === undefined ? [] : warningsOf({ spec: template.spec, metadata: template.metadata ?? {}, at });
}
function warningsOf(of: Subject): string[] {
  const { spec } = of;
  const path = below(of, 'spec');
  const warnings = [...nodeWarnings(of), ...annotationWarnings(of), ...volumeWarnings(spec, path), ...listWarnings(spec, path)];
  warnings.push(...amountWarnings(spec.overhead, `${path}.overhead`));
  if (spec.securityContext?.seccompProfile === undefined) warnings.push(...profileWarnings(of, seccompAnnotation));
  eachContainer(spec, path, (container, at) => warnings.push(...containerWarnings(container, at, of)));
  warnings.push(...portWarnings(spec, path));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  }
  return warnings;
}

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};
function nodeWarnings(of: Subject): string[] {
  const { spec } = of;
  const path = below(of, 'spec');
  const warnings = Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
    const old = oldLabels[key];
    return old === undefined ? [] : [`${path}.nodeSelector[${key}]: ${old}`];
  });
  const { requiredDuringSchedulingIgnoredDuringExecution: hard, preferredDuringSchedulingIgnoredDuringExecution: soft = [] } =
    spec.affinity?.nodeAffinity ?? {};
  for (const [index, term] of (hard?.nodeSelectorTerms ?? []).entries()) {
    const at = `${path}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`;
    warnings.push(...termWarnings(term, at, false));
  }
  for (const [index, { preference }] of soft.entries()) {
    const at = `${path}.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`;
    warnings.push(...termWarnings(preference, at, true));
  }
  for (const [index, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const old = oldLabels[topologyKey];
    if (old !== undefined) warnings.push(`${at}.topologyKey: ${topologyKey} is ${old}`);
    if (labelSelector === undefined) warnings.push(`${at}.labelSelector: a null labelSelector results in matching no pod`);
  }
  return warnings;
}
function termWarnings(term: NodeSelectorTerm, path: string, withValues: boolean): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values = [] }, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const old = oldLabels[key];
    const warnings = old === undefined ? [] : [`${at}.key: ${key} is ${old}`];
    if (!withValues) return warnings;
    const wrong = values.flatMap((value, number) =>
      labelValue(value).map((rule) => `${at}.values[${number}]: ${value} is invalid, ${rule}`),
    );
    return [...warnings, ...wrong];
  });
}

const oldAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
function annotationWarnings(of: Subject): string[] {
  const annotations = of.metadata.annotations ?? {};
  return Object.entries(oldAnnotations).flatMap(([key, text]) =>
    annotations[key] === undefined ? [] : [`${below(of, 'metadata')}.annotations[${key}]: ${text}`],
  );
}
function profileWarnings(of: Subject, key: string): string[] {
  if (of.metadata.annotations?.[key] === undefined) return [];
  return [`${below(of, 'metadata')}.annotations[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`];
}

/** Names that stand twice, or are none. */
function listWarnings(spec: PodSpec, path: string): string[] {
  const warnings: string[] = [];
  const addresses = new Set<string>();
  for (const [index, { ip }] of (spec.hostAliases ?? []).entries()) {
    if (addresses.has(ip)) warnings.push(`${path}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`);
    addresses.add(ip);
    warnings.push(...ipWarnings(`${path}.hostAliases[${index}].ip`, ip));
  }
  const names = new Set<string>();
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    const at = `${path}.imagePullSecrets[${index}].name`;
    if (names.has(name)) warnings.push(`${at}: duplicate name ${JSON.stringify(name)}`);
    names.add(name);
    if (name === '') warnings.push(`${at}: invalid empty name ""`);
  }
  for (const [index, server] of (spec.dnsConfig?.nameservers ?? []).entries()) {
    warnings.push(...ipWarnings(`${path}.dnsConfig.nameservers[${index}]`, server));
  }
  return warnings;
}

function containerWarnings(container: Container, at: string, of: Subject): string[] {
  const { name, securityContext, resources } = container;
  const warnings = securityContext?.seccompProfile === undefined ? profileWarnings(of, `${seccompPrefix}${name}`) : [];
  const hasProfile = (securityContext?.appArmorProfile ?? of.spec.securityContext?.appArmorProfile) !== undefined;
  const key = `${appArmorPrefix}${name}`;
  if (of.at !== '' && !hasProfile && of.metadata.annotations?.[key] !== undefined) {
    warnings.push(`${below(of, 'metadata')}.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
  for (const amount of ['memory', 'ephemeral-storage']) {
    for (const field of ['limits', 'requests'] as const)
      warnings.push(...amountWarnings(resources?.[field], `${at}.resources.${field}`, [amount]));
  }
  return [...warnings, ...environmentWarnings(container, at)];
}
function amountWarnings(
  amounts: Readonly<Record<string, string>> | undefined,
  at: string,
  names = ['memory', 'ephemeral-storage'],
): string[] {
  return names.flatMap((name) => {
    const amount = amounts?.[name];
    if (amount === undefined || parseQuantity(amount).nano % 1_000_000_000n === 0n) return [];
    return [`${at}[${name}]: fractional byte value ${JSON.stringify(canonicalQuantity(amount))} is invalid, must be an integer`];
  });
}
function environmentWarnings({ env = [] }: Container, at: string): string[] {
  const names = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    const hidden = names.has(name);
    names.add(name);
    const reference = `$(${name})`;
    // A value may be built from the one that it hides.
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    if (!hidden || builds) return [];
    return [`${at}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}
