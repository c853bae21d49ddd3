import { refOf, refText, type KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { valueAt } from '../../base/json.ts';
import { selectorAt, selectsPods, workloadOf, type Workload } from './pods.ts';
import { cautionAbout, cautionOn, kindName, listed, type Change, type Rule, type Side, type World } from './world.ts';

const policyKind = 'networking.k8s.io/NetworkPolicy';

/** Pods that everybody may reach from now on, or nobody but those that a policy names; Services that leave the cluster. */
export const networks: Rule = {
  name: 'network-opens',
  find: (world) => {
    const spaces = new Set(
      world.changes.filter(({ base, head }) => kindName((head ?? base) as KubeObject) === policyKind).map(({ ref }) => ref.namespace),
    );
    return [...[...spaces].flatMap((space) => isolation(world, space)), ...world.changes.flatMap(exposed)];
  },
};

const directions = [
  ['Ingress', 'may be reached by every pod', 'may be reached only by what it allows'],
  ['Egress', 'may reach everything', 'may reach only what it allows'],
] as const;

/** Of workloads that are there before and after; those of one policy and direction together. */
function isolation(world: World, space: string): Caution[] {
  const both = world.after.workloadsIn(space).flatMap((workload) => {
    const old = world.before.get(workload.name);
    const before = old === undefined ? undefined : workloadOf(old);
    return before === undefined ? [] : [{ workload, before }];
  });
  return directions.flatMap(([direction, opens, closes]) => {
    const opened = new Map<string, { policies: readonly KubeObject[]; pods: string[] }>();
    const closed: typeof opened = new Map();
    for (const { workload, before } of both) {
      const was = policiesOn(world.before, before, direction);
      const is = policiesOn(world.after, workload, direction);
      const { kind, metadata } = workload.object;
      if (was.length > 0 && is.length === 0) note(opened, was, `${kind} ${metadata.name}`);
      if (was.length === 0 && is.length > 0) note(closed, is, `${kind} ${metadata.name}`);
    }
    return [
      ...[...opened.values()].flatMap(({ policies, pods }) => {
        const message = `held the pods of ${listed(pods)}, and nothing holds them any more: they ${opens}`;
        return spoken(world, policies, { rule: 'network-opens', severity: 'caution', message });
      }),
      ...[...closed.values()].flatMap(({ policies, pods }) => {
        const message = `holds the pods of ${listed(pods)}, which nothing held before: they ${closes}`;
        return spoken(world, policies, { rule: 'network-closes', severity: 'caution', message });
      }),
    ];
  });
}
function note(into: Map<string, { policies: readonly KubeObject[]; pods: string[] }>, policies: readonly KubeObject[], pods: string): void {
  const key = policies.map(({ metadata }) => metadata.name).join();
  const known = into.get(key) ?? { policies, pods: [] };
  known.pods.push(pods);
  into.set(key, known);
}
/** About the policy that changes, or goes. */
function spoken(world: World, policies: readonly KubeObject[], said: Pick<Caution, 'rule' | 'severity' | 'message'>): Caution[] {
  const found = policies.find((policy) => world.changed.has(refText(refOf(policy)))) ?? policies[0];
  return found === undefined ? [] : [cautionOn(world, found, said)];
}

function policiesOn(side: Side, workload: Workload, direction: string): KubeObject[] {
  return side.inNamespace(workload.object.metadata.namespace ?? '').filter((object) => {
    if (kindName(object) !== policyKind) return false;
    const types = valueAt(object, ['spec', 'policyTypes']);
    const given = Array.isArray(types) ? types : ['Ingress', ...(valueAt(object, ['spec', 'egress']) === undefined ? [] : ['Egress'])];
    return given.includes(direction) && selectsPods(selectorAt(object, ['spec', 'podSelector']) ?? {}, workload);
  });
}
/** A Service that could be reached inside only. */
function exposed(change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined || kindName(head) !== '/Service') return [];
  const [was, is] = [base, head].map((object) => valueAt(object, ['spec', 'type']) ?? 'ClusterIP');
  if (was !== 'ClusterIP' || (is !== 'LoadBalancer' && is !== 'NodePort')) return [];
  const where = is === 'LoadBalancer' ? 'at an address of its own outside the cluster' : 'at a port of every node';
  const message = `can be reached ${where} from now on (${is})`;
  return [cautionAbout(change, { rule: 'exposes', severity: 'caution', message, fields: ['spec.type'] })];
}
