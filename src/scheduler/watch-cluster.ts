import {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
} from '../api/kinds.generated.ts';
import { keyText, type Kind, type KubeObject } from '../api/object.ts';
import type { Informers } from '../reconcile/informers.ts';
import type { SchedulingCore } from './scheduling-core.ts';

/** Every kind that decides where pods may go. */
const watched: readonly Kind[] = [
  Node,
  Namespace,
  Pod,
  PersistentVolumeClaim,
  PersistentVolume,
  StorageClass,
  CSINode,
  CSIDriver,
  CSIStorageCapacity,
  PodDisruptionBudget,
  Service,
  ReplicationController,
  ReplicaSet,
  StatefulSet,
];

/** Resolves when all that the scheduler looks at is known. */
export async function allSynced(informers: Informers): Promise<void> {
  await Promise.all(watched.map((kind) => informers.informer(kind).synced));
}

/** Tells the core of every change, what is there already first. `wake` follows each. */
export function watchCluster(informers: Informers, core: SchedulingCore, wake: () => void): Disposable[] {
  const follow = <T extends KubeObject>(
    kind: Kind<T>,
    tell: (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void,
  ): Disposable =>
    informers.informer(kind).onChange((object, previous) => {
      tell(object, previous);
      wake();
    });
  return [
    follow(Namespace, (object, previous) => {
      const namespace = (object ?? previous)?.metadata.name ?? '';
      const labels = object === undefined ? undefined : (object.metadata.labels ?? {});
      if (core.state.setNamespace(namespace, labels)) core.happened({ kind: 'namespaceChanged', namespace });
    }),
    ...followWorkloads(follow, core),
    ...followVolumes(follow, core),
    follow(Node, (object, previous) => {
      if (object !== undefined) core.setNode(object);
      else if (previous !== undefined) core.removeNode(previous);
    }),
    follow(Pod, (object, previous) => {
      if (object !== undefined) core.setPod(object, previous);
      else core.removePod(previous?.metadata.uid ?? '');
    }),
  ];
}

type Follow = <T extends KubeObject>(
  kind: Kind<T>,
  tell: (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void,
) => Disposable;

function followWorkloads(follow: Follow, { state: { workloads } }: SchedulingCore): Disposable[] {
  return [
    follow(Service, (object, previous) => {
      const { namespace = '', name } = (object ?? previous)?.metadata ?? { name: '' };
      workloads.setService(namespace, name, object?.spec?.selector);
    }),
    follow(ReplicationController, (object, previous) => {
      const selector = object?.spec?.selector;
      workloads.setController((object ?? previous)?.metadata.uid ?? '', selector === undefined ? undefined : { matchLabels: selector });
    }),
    follow(ReplicaSet, (object, previous) => workloads.setController((object ?? previous)?.metadata.uid ?? '', object?.spec?.selector)),
    follow(StatefulSet, (object, previous) => workloads.setController((object ?? previous)?.metadata.uid ?? '', object?.spec?.selector)),
  ];
}

function followVolumes(follow: Follow, core: SchedulingCore): Disposable[] {
  const { volumes } = core.state;
  return [
    follow(StorageClass, (object, previous) => {
      const name = (object ?? previous)?.metadata.name ?? '';
      if (object === undefined) volumes.classes.delete(name);
      else {
        volumes.classes.set(name, object);
        core.happened({ kind: 'classChanged', storageClass: object });
      }
    }),
    follow(CSIDriver, (object, previous) => {
      const name = (object ?? previous)?.metadata.name ?? '';
      if (object === undefined) volumes.drivers.delete(name);
      else volumes.drivers.set(name, object);
    }),
    follow(CSINode, (object, previous) => {
      const name = (object ?? previous)?.metadata.name ?? '';
      if (object === undefined) volumes.csiNodes.delete(name);
      else {
        volumes.csiNodes.set(name, object);
        core.happened({ kind: 'csiNodeChanged', csiNode: object });
      }
    }),
    follow(CSIStorageCapacity, (object, previous) => {
      const known = object ?? previous;
      if (known === undefined) return;
      volumes.setCapacity(keyOfObject(known), object, known.storageClassName);
      core.happened({ kind: 'capacityChanged', className: known.storageClassName });
    }),
    follow(PersistentVolume, (object, previous) => {
      volumes.setVolume((object ?? previous)?.metadata.name ?? '', object);
      if (object !== undefined) core.happened({ kind: 'volumeChanged', volume: object });
    }),
    follow(PersistentVolumeClaim, (object, previous) => {
      const known = object ?? previous;
      if (known === undefined) return;
      volumes.setClaim(keyOfObject(known), object);
      if (object !== undefined) core.happened({ kind: 'claimChanged', claim: object });
    }),
  ];
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyText({ namespace: metadata.namespace ?? '', name: metadata.name });
}
