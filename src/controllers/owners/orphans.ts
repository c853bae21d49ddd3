import type { KubeObject } from '../../api/object.ts';
import { controllerOf } from '../../api/owner.ts';
import { selects, type LabelSelector, type Labels } from '../../api/selector.ts';
import type { Informer } from '../../reconcile/controller.ts';

/** Does a controller with this selector claim these labels? Unlike elsewhere an empty selector claims nothing. */
export function claims(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && !isEmptySelector(selector) && selects(selector, labels);
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/**
 * Keeps account of the objects that no controller owns, so that looking for orphans to adopt costs what there are and not what the
 * namespace holds. Answers them in the order of arrival.
 */
export function trackOrphans<T extends KubeObject>(informer: Informer<T>): (namespace: string) => readonly Readonly<T>[] {
  const orphans = new Map<string, Map<string, Readonly<T>>>();
  informer.onChange((object, previous) => {
    const { name, namespace = '' } = (object ?? previous)?.metadata ?? { name: '' };
    const here = orphans.get(namespace);
    if (object !== undefined && controllerOf(object) === undefined) {
      if (here === undefined) orphans.set(namespace, new Map([[name, object]]));
      else here.set(name, object);
    } else if (here !== undefined) {
      here.delete(name);
      if (here.size === 0) orphans.delete(namespace);
    }
  });
  return (namespace) => [...(orphans.get(namespace)?.values() ?? [])];
}
