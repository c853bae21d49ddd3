import { refText, type ObjectRef } from '../api/object.ts';
import type { Action, FieldChange, Plan, PlanStep, PlanSummary } from '../api/plan.ts';

/** Actions in the order in which a report counts them. */
export const actions: readonly Action[] = ['create', 'configure', 'recreate', 'prune', 'blocked', 'skip', 'unchanged'];

const verbs: Readonly<Record<Action, string>> = {
  create: 'to create',
  configure: 'to configure',
  recreate: 'to recreate',
  prune: 'to delete',
  blocked: 'blocked',
  skip: 'skipped',
  unchanged: 'unchanged',
};

/** `2 to create, 1 to configure, 14 unchanged`; `nothing to do` where there is no object at all. */
export function summaryText(summary: PlanSummary): string {
  const parts = actions.filter((action) => summary[action] > 0).map((action) => `${summary[action]} ${verbs[action]}`);
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}

/** True for a step that writes. */
export function changesSomething(step: Pick<PlanStep, 'action'>): boolean {
  return step.action !== 'unchanged' && step.action !== 'skip';
}
export function planChanges(plan: Plan): boolean {
  return plan.steps.some((step) => changesSomething(step));
}
/** True when a step is blocked or a finding blocks. */
export function planBlocked(plan: Plan): boolean {
  return plan.steps.some((step) => step.action === 'blocked' || (step.findings ?? []).some((finding) => finding.blocks));
}

export function stepTitle(step: PlanStep): string {
  return printable(refText(step.ref));
}

/** `Deployment shop/web`; the group only where it is not Kubernetes' own: `cert-manager.io/Certificate shop/web`. */
export function refName(ref: ObjectRef): string {
  const own = !ref.group.includes('.') || ref.group.endsWith('.k8s.io');
  return refText(own ? { ...ref, group: '' } : ref);
}

/** `apps/web.yaml:12`, or nothing where the step has no manifest. */
export function originText(step: PlanStep): string {
  return step.origin === undefined ? '' : printable(`${step.origin.path}:${step.origin.line}`);
}

/** `spec.replicas: 3 → 5`; an added field has no left side, a removed one no right side. */
export function changeText(change: FieldChange): string {
  const path = printable(change.path);
  if (change.from === undefined) return `${path}: + ${valueText(change.to)}`;
  if (change.to === undefined) return `${path}: - ${valueText(change.from)}`;
  return `${path}: ${valueText(change.from)} → ${valueText(change.to)}`;
}

const longest = 160;
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  const line = printable(text.replaceAll('\n', '⏎'));
  return line.length > longest ? `${line.slice(0, longest)}… (${line.length} characters)` : line;
}

/** Text from a repository or a cluster, made harmless for a terminal: control characters become visible. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `main@2f7c1d0` style: what was asked for, and the commit in short. */
export function sourceText(source: Plan['source']): string {
  const commit = source.commit.slice(0, 7);
  const asked = source.revision === '' || source.revision === source.commit ? commit : `${printable(source.revision)}@${commit}`;
  return source.path === '' || source.path === '.' ? asked : `${asked}:${printable(source.path)}`;
}
