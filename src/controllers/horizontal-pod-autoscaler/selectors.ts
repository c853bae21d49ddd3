import { keyText, type ObjectKey } from '../../api/object.ts';
import type { Pod } from '../../api/kinds.generated.ts';
import { matchesLabels, parseLabelSelector, type LabelRequirement } from '../../api/selector.ts';

/** The selectors of the targets of all autoscalers, to tell when two of them scale the same pods. */
export class Selectors {
  readonly #known = new Map<string, Map<string, { readonly key: ObjectKey; readonly selects: readonly LabelRequirement[] }>>();

  /** @throws SelectorError */
  put(key: ObjectKey, selector: string): readonly LabelRequirement[] {
    const selects = parseLabelSelector(selector);
    const here = this.#known.get(key.namespace) ?? new Map<string, { key: ObjectKey; selects: readonly LabelRequirement[] }>();
    this.#known.set(key.namespace, here.set(keyText(key), { key, selects }));
    return selects;
  }

  forget(key: ObjectKey): void {
    this.#known.get(key.namespace)?.delete(keyText(key));
  }

  /** Those who scale one of the pods, by name. */
  scaling(namespace: string, pods: readonly Readonly<Pod>[]): readonly ObjectKey[] {
    const all = [...(this.#known.get(namespace)?.values() ?? [])];
    const found = all.filter(({ selects }) => pods.some((pod) => matchesLabels(selects, pod.metadata.labels)));
    return found.map(({ key }) => key).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
