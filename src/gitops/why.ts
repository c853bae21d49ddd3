import type { Operation } from 'fast-json-patch';
import type { Action, Finding } from '../api/plan.ts';
import type { Inspection } from './inspect.ts';
import { orderOnly } from './patch-planner.ts';
import { isHook } from './predict.ts';

const restarting = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
/** So many fields are named; of more the number is said. */
const namedFields = 3;

/** One clause for people: why a step is what it is; '' where its action says it all. */
export function whyOf(inspection: Inspection, step: { action: Action; patch: readonly Operation[]; findings: readonly Finding[] }): string {
  const { desired } = inspection;
  switch (step.action) {
    case 'blocked':
      return step.findings.find((finding) => finding.blocks)?.message ?? '';
    case 'recreate':
      return isHook(desired) ? 'runs again for the new manifests' : 'an immutable field changes';
    case 'create':
      return isHook(desired) ? `runs as ${desired.phase} hook` : '';
    case 'configure':
      return configured(inspection, step.patch);
    case 'unchanged':
    case 'prune':
    case 'skip':
      return '';
  }
}

function configured({ desired, pair }: Inspection, patch: readonly Operation[]): string {
  const what = orderOnly(patch, pair?.live, pair?.predicted) ? 'order only' : `${changedNames(patch)} changes`;
  return restarts(desired.object.kind, patch) ? `${what}, restarts ${desired.ref.name}` : what;
}

/** A change of the pod template makes new pods. */
export function restarts(kind: string, patch: readonly Operation[]): boolean {
  return restarting.has(kind) && patch.some((operation) => operation.op !== 'test' && operation.path.startsWith('/spec/template'));
}

function changedNames(patch: readonly Operation[]): string {
  const names = new Set<string>();
  for (const operation of patch) {
    if (operation.op === 'test') continue;
    const parts = operation.path.split('/').filter((part) => part !== '' && !/^\d+$/.test(part));
    names.add((parts.at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const list = [...names];
  if (list.length <= namedFields) return list.join(', ');
  return `${list.slice(0, namedFields).join(', ')} and ${list.length - namedFields} more`;
}
