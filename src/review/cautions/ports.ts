import { refOf, refText, type KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { isRecord, recordsAt, valueAt } from '../../base/json.ts';
import { ingressBackends } from '../../gitops/references.ts';
import { containersOf, selectsPods, type Workload } from './pods.ts';
import { cautionOn, kindName, type Rule, type Side, type World } from './world.ts';

/** Ports that are asked for and that the Service, or its pods, do not have. */
export const ports: Rule = {
  name: 'missing-port',
  find: (world) => {
    const spaces = new Set(world.changes.map(({ ref }) => ref.namespace));
    return [...spaces].flatMap((space) =>
      world.after.inNamespace(space).flatMap((object) => (isTouched(world, object) ? newlyMissing(world, object) : [])),
    );
  },
};

/** It changes itself, or what it sends to does. */
function isTouched({ changed, changedWorkloadsIn }: World, object: KubeObject): boolean {
  if (changed.has(refText(refOf(object)))) return true;
  const namespace = object.metadata.namespace ?? '';
  if (kindName(object) === '/Service') {
    const labels = valueAt(object, ['spec', 'selector']);
    return isRecord(labels) && changedWorkloadsIn(namespace).some((workload) => selectsPods({ matchLabels: labels as never }, workload));
  }
  if (kindName(object) !== 'networking.k8s.io/Ingress') return false;
  return ingressBackends(object).some(({ service }) =>
    changed.has(refText({ group: '', kind: 'Service', namespace, name: String(service['name']) })),
  );
}

interface Missing {
  readonly id: string;
  readonly message: string;
  readonly field: string;
}
function newlyMissing(world: World, object: KubeObject): Caution[] {
  const find = kindName(object) === '/Service' ? servicePorts : kindName(object) === 'networking.k8s.io/Ingress' ? backendPorts : undefined;
  if (find === undefined) return [];
  const old = world.before.get(refText(refOf(object)));
  const before = new Set(old === undefined ? [] : find(world.before, old).map(({ id }) => id));
  return find(world.after, object)
    .filter(({ id }) => !before.has(id))
    .map(({ message, field }) => cautionOn(world, object, { rule: 'missing-port', severity: 'caution', message, fields: [field] }));
}

/** A named target port that no container of the pods has; numbers need not be declared. */
function servicePorts(side: Side, service: KubeObject): Missing[] {
  const labels = valueAt(service, ['spec', 'selector']);
  if (!isRecord(labels) || Object.keys(labels).length === 0) return [];
  const chosen = side
    .workloadsIn(service.metadata.namespace ?? '')
    .filter((workload) => selectsPods({ matchLabels: labels as never }, workload));
  if (chosen.length === 0) return [];
  return recordsAt(service, ['spec', 'ports']).flatMap(({ targetPort, port, name }) => {
    if (typeof targetPort !== 'string' || /^\d+$/.test(targetPort) || chosen.some((workload) => portNames(workload).has(targetPort)))
      return [];
    const pods = chosen.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ');
    const message = `sends port ${String(port)} to the port ${targetPort} of its pods, and no container of ${pods} has a port of that name`;
    return [{ id: targetPort, message, field: `spec.ports[${String(name ?? port)}].targetPort` }];
  });
}
/** Containers that go on beside the others count too. */
function portNames(workload: Workload): Set<unknown> {
  return new Set(containersOf(workload).flatMap(({ spec }) => recordsAt(spec, ['ports']).map(({ name }) => name)));
}

function backendPorts(side: Side, ingress: KubeObject): Missing[] {
  return ingressBackends(ingress).flatMap(({ service, field }) => {
    const name = String(service['name']);
    const found = side.get(refText({ group: '', kind: 'Service', namespace: ingress.metadata.namespace ?? '', name }));
    if (found === undefined || valueAt(found, ['spec', 'type']) === 'ExternalName') return [];
    const [wanted, number] = [valueAt(service, ['port', 'name']), valueAt(service, ['port', 'number'])];
    const has = recordsAt(found, ['spec', 'ports']).some((port) =>
      wanted === undefined ? port['port'] === number : port['name'] === wanted,
    );
    if (has || (wanted === undefined && number === undefined)) return [];
    const port = String(wanted ?? number);
    return [
      {
        id: `${name} ${port}`,
        message: `sends requests to port ${port} of Service ${name}, which has no such port`,
        field: `${field}.port`,
      },
    ];
  });
}
