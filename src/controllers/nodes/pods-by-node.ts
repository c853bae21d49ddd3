import { keyOf, keyText } from '../../api/object.ts';
import type { Pod } from '../../api/kinds.generated.ts';
import type { Informer } from '../../reconcile/controller.ts';

/** The pods that are bound to each node, kept change by change. Answers in the order in which they were bound. */
export function trackPodsByNode(pods: Informer<Pod>): (node: string) => readonly Readonly<Pod>[] {
  const byNode = new Map<string, Map<string, Readonly<Pod>>>();
  pods.onChange((pod, previous) => {
    const former = previous?.spec.nodeName ?? '';
    if (previous !== undefined && former !== (pod?.spec.nodeName ?? '')) {
      const there = byNode.get(former);
      there?.delete(keyText(keyOf(previous)));
      if (there?.size === 0) byNode.delete(former);
    }
    const node = pod?.spec.nodeName ?? '';
    if (pod === undefined || node === '') return;
    const here = byNode.get(node);
    if (here === undefined) byNode.set(node, new Map([[keyText(keyOf(pod)), pod]]));
    else here.set(keyText(keyOf(pod)), pod);
  });
  return (node) => [...(byNode.get(node)?.values() ?? [])];
}
