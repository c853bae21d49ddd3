import type { KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { valueAt } from '../../base/json.ts';
import { selectorAt, selectsPods, type Workload } from './pods.ts';
import { cautionAbout, cautionOn, kindName, type Change, type Rule, type Side, type World } from './world.ts';

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

/** Of workloads that are there before and after; labels of pods that change are told by what they choose. */
function isolation(world: World, space: string): Caution[] {
  const both = world.after.workloadsIn(space).flatMap((workload) => {
    const old = world.before.get(workload.name);
    const before = old === undefined ? undefined : world.before.workloadsIn(space).find(({ object }) => object === old);
    return before === undefined ? [] : [{ workload, before }];
  });
  return both.flatMap(({ workload, before }) =>
    directions.flatMap(([direction, opens, closes]) => {
      const was = policiesOn(world.before, before, direction);
      const is = policiesOn(world.after, workload, direction);
      const said = { severity: 'caution', fields: [] } as const;
      if (was.length > 0 && is.length === 0) {
        const message = `is held by no NetworkPolicy any more (it was by ${named(was)}): its pods ${opens}`;
        return [cautionOn(world, workload.object, { ...said, rule: 'network-opens', message })];
      }
      if (was.length > 0 || is.length === 0) return [];
      const message = `is held by NetworkPolicy ${named(is)} from now on: its pods ${closes}`;
      return [cautionOn(world, workload.object, { ...said, rule: 'network-closes', message })];
    }),
  );
}

function policiesOn(side: Side, workload: Workload, direction: string): KubeObject[] {
  return side.inNamespace(workload.object.metadata.namespace ?? '').filter((object) => {
    if (kindName(object) !== policyKind) return false;
    const types = valueAt(object, ['spec', 'policyTypes']);
    const given = Array.isArray(types) ? types : ['Ingress', ...(valueAt(object, ['spec', 'egress']) === undefined ? [] : ['Egress'])];
    return given.includes(direction) && selectsPods(selectorAt(object, ['spec', 'podSelector']) ?? {}, workload);
  });
}
function named(policies: readonly KubeObject[]): string {
  return policies.map(({ metadata }) => metadata.name).join(', ');
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
