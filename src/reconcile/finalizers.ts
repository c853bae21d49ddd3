import { keyOf, type Kind, type KubeObject } from '../api/object.ts';
import type { Writer } from '../client/cluster.ts';

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Answers the object with the finalizer; writes only where it is missing. @throws StatusError Conflict when `object` is stale */
export async function addFinalizer<T extends KubeObject>(
  writer: Writer,
  kind: Kind<T>,
  object: Readonly<T>,
  finalizer: string,
): Promise<Readonly<T>> {
  if (hasFinalizer(object, finalizer)) return object;
  return setFinalizers(writer, kind, object, [...(object.metadata.finalizers ?? []), finalizer]);
}

/** Answers the object without the finalizer; with the last one an object that is being deleted goes. @throws StatusError Conflict when `object` is stale */
export async function removeFinalizer<T extends KubeObject>(
  writer: Writer,
  kind: Kind<T>,
  object: Readonly<T>,
  finalizer: string,
): Promise<Readonly<T>> {
  if (!hasFinalizer(object, finalizer)) return object;
  return setFinalizers(
    writer,
    kind,
    object,
    (object.metadata.finalizers ?? []).filter((name) => name !== finalizer),
  );
}

/** The resourceVersion in the patch makes the server refuse it when somebody else changed the list meanwhile. */
function setFinalizers<T extends KubeObject>(
  writer: Writer,
  kind: Kind<T>,
  object: Readonly<T>,
  finalizers: readonly string[],
): Promise<Readonly<T>> {
  const { uid, resourceVersion } = object.metadata;
  return writer.patch(kind, keyOf(object), { metadata: { uid, resourceVersion, finalizers } });
}
