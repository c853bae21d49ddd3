import type { KubeObject } from '../../api/object.ts';
import { isRecord, jsonEqual, valueAt } from '../../base/json.ts';
import { workloadOf } from './pods.ts';
import { kindName, type Change } from './world.ts';

/** Kinds that mean little without others: what they choose, bind or rule. */
const relating: ReadonlySet<string> = new Set([
  'networking.k8s.io/NetworkPolicy',
  'policy/PodDisruptionBudget',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
]);
/** Cautions that an object of another application may take back. */
export const relatingRules: ReadonlySet<string> = new Set([
  'missing-key',
  'missing-reference',
  'scale-down',
  'scale-to-zero',
  'selects-nothing',
  'selector-changes',
]);

/** May a change touch objects that it does not change itself? */
export function reachesOthers({ base, head, kept }: Change): boolean {
  if (head === undefined) return kept === undefined;
  if (relating.has(kindName(head))) return true;
  return base !== undefined && (losesKeys(base, head) || losesLabels(base, head));
}

function losesKeys(base: KubeObject, head: KubeObject): boolean {
  if (kindName(head) !== '/ConfigMap' && kindName(head) !== '/Secret') return false;
  return ['data', 'binaryData'].some((field) => {
    const [before, after] = [valueAt(base, [field]), valueAt(head, [field])];
    return isRecord(before) && Object.keys(before).some((key) => !isRecord(after) || !Object.hasOwn(after, key));
  });
}
function losesLabels(base: KubeObject, head: KubeObject): boolean {
  const [before, after] = [workloadOf(base), workloadOf(head)];
  return before !== undefined && !jsonEqual(before.labels, after?.labels);
}
