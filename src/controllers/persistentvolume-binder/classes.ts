import type { StorageClass } from '../../api/kinds.generated.ts';
import type { Informer } from '../../reconcile/controller.ts';

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

export function isDefaultClass({ metadata }: StorageClass): boolean {
  return marks.some((mark) => metadata.annotations?.[mark] === 'true');
}

/** The newest of the default classes; of those made in one second, the first by name. */
export function defaultClass(classes: Informer<StorageClass>): Readonly<StorageClass> | undefined {
  const marked = classes.list().filter(isDefaultClass);
  return marked.sort(({ metadata: a }, { metadata: b }) => {
    const [x, y] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
    return x === y ? (a.name < b.name ? -1 : 1) : x > y ? -1 : 1;
  })[0];
}
