import type { Pod, PodSpec } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import { invalid } from '../../api/status.ts';
import { evaluate, findingsText } from '../pod-security/evaluate.ts';
import type { PodLike } from '../pod-security/findings.ts';
import { levelText, policyOf, type LevelVersion, type SecurityPolicy } from '../pod-security/levels.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { concerns, refused } from './refusal.ts';

/** Where the pod stands in objects that others make pods of. */
const templates: Readonly<Record<string, (object: TemplateShape) => Template | undefined>> = {
  '/podtemplates': ({ template }) => template,
  '/replicationcontrollers': ({ spec }) => spec?.template,
  'apps/deployments': ({ spec }) => spec?.template,
  'apps/replicasets': ({ spec }) => spec?.template,
  'apps/statefulsets': ({ spec }) => spec?.template,
  'apps/daemonsets': ({ spec }) => spec?.template,
  'batch/jobs': ({ spec }) => spec?.template,
  'batch/cronjobs': ({ spec }) => spec?.jobTemplate?.spec?.template,
};
interface Template {
  readonly metadata?: Partial<KubeObject['metadata']>;
  readonly spec?: PodSpec;
}
interface TemplateShape extends KubeObject {
  readonly template?: Template;
  readonly spec?: { readonly template?: Template; readonly jobTemplate?: { readonly spec?: { readonly template?: Template } } };
}

const annotation = 'pod-security.kubernetes.io/';

/** Holds pods to the security level that the labels of their namespace name: refused, warned of or written down (kubernetes, plugin PodSecurity). */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate: (attempt) => {
    if (attempt.operation === 'delete') return undefined;
    const { kind } = attempt.call.kind;
    if (concerns(attempt, '', 'namespaces')) return judgeNamespace(attempt);
    const isPod = kind.group === '' && kind.plural === 'pods';
    const pod = isPod ? changedPod(attempt) : templateOf(attempt);
    return pod === undefined ? undefined : judge(attempt, pod, isPod);
  },
};

/** Only what a pod runs can break a rule that it did not break before. */
function changedPod({ object, old, subresource }: Attempt): PodLike | undefined {
  if (subresource !== '' && subresource !== 'ephemeralcontainers') return undefined;
  const pod = object as Pod;
  if (old !== undefined && images(pod) === images(old as Pod)) return undefined;
  return { metadata: pod.metadata, spec: pod.spec as PodSpec };
}
function images({ spec, metadata }: Pod): string {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
  const profiles = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => key.includes('seccomp.security') || key.includes('apparmor'),
  );
  return JSON.stringify([all.map(({ name, image }) => [name, image]), profiles]);
}

function templateOf({ call, object, subresource }: Attempt): PodLike | undefined {
  const { group, plural } = call.kind.kind;
  const template = subresource === '' ? templates[`${group}/${plural}`]?.(object as TemplateShape) : undefined;
  if (template?.spec === undefined) return undefined;
  return { metadata: { name: '', ...template.metadata }, spec: template.spec };
}

/** Of a template nothing is enforced: what is made of it will be. */
async function judge(attempt: Attempt, pod: PodLike, isPod: boolean): Promise<void> {
  const { call, object } = attempt;
  const namespace = await call.server.store.get(`core/namespaces//${object.metadata.namespace ?? ''}`);
  const { policy } = policyOf(namespace?.value().metadata.labels);
  if (isPod) enforce(attempt, pod, policy.enforce);
  say(pod, policy.audit, (text) => note(attempt, 'audit-violations', text));
  say(pod, policy.warn, (text) => call.warnings.push(text));
}

function enforce(attempt: Attempt, pod: PodLike, level: LevelVersion): void {
  if (level.level === 'privileged') return;
  note(attempt, 'enforce-policy', levelText(level));
  const findings = evaluate(pod, level);
  if (findings.length > 0) throw refused(attempt, `violates ${findingsText(level, findings)}`);
}

function say(pod: PodLike, level: LevelVersion, to: (text: string) => void): void {
  const findings = evaluate(pod, level);
  if (findings.length > 0) to(`would violate ${findingsText(level, findings)}`);
}

/** For the audit log. */
function note({ call }: Attempt, key: string, value: string): void {
  call.notes?.set(`${annotation}${key}`, value);
}

/** Labels must say something, and a namespace that gets stricter is told of pods that it would not take any more. */
async function judgeNamespace({ call, object, old }: Attempt): Promise<void> {
  const now = policyOf(object.metadata.labels);
  const before = old === undefined ? undefined : policyOf(old.metadata.labels);
  if (now.errors.length > 0 && (before === undefined || before.errors.length === 0))
    throw invalid(call.kind.kind, object.metadata.name, now.errors);
  if (before === undefined || !isStricter(now.policy, before.policy)) return;
  const level = now.policy.enforce;
  const { entries } = await call.server.store.list(`core/pods/${object.metadata.name}/`, { limit: 3000 });
  const byFinding = new Map<string, string[]>();
  for (const entry of entries) {
    const pod = entry.value() as Pod;
    const reasons = evaluate({ metadata: pod.metadata, spec: pod.spec as PodSpec }, level).map(({ reason }) => reason);
    if (reasons.length === 0) continue;
    const text = reasons.join(', ');
    byFinding.set(text, [...(byFinding.get(text) ?? []), pod.metadata.name]);
  }
  if (byFinding.size === 0) return;
  call.warnings.push(
    `existing pods in namespace ${JSON.stringify(object.metadata.name)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(level))}`,
  );
  for (const [text, names] of byFinding) call.warnings.push(`${namesText(names)}: ${text}`);
}

function isStricter({ enforce: now }: SecurityPolicy, { enforce: before }: SecurityPolicy): boolean {
  return now.level !== 'privileged' && levelText(now) !== levelText(before) && !(before.level === 'restricted' && now.level === 'baseline');
}

function namesText([first = '', ...others]: readonly string[]): string {
  if (others.length === 0) return first;
  return `${first} (and ${others.length} other ${others.length === 1 ? 'pod' : 'pods'})`;
}
