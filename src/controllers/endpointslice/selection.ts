import { keyOf, keyText, parseKey, type ObjectKey } from '../../api/object.ts';
import { Pod, Service } from '../../api/kinds.generated.ts';
import { loopbackPortsOf } from '../../api/loopback-ports.ts';
import { jsonEqual } from '../../base/json.ts';
import type { Context, Informer } from '../../reconcile/controller.ts';
import { isPodFinished, isPodReady } from '../pods/pod-state.ts';

type Selector = Readonly<Record<string, string>>;

/**
 * Which pods each Service selects, kept up to date change by change, so that a change of one pod costs the Services of its namespace
 * and not all pods. `changed` is called with each Service that loses or gains a pod, or whose pod has changed in what an endpoint shows.
 */
export class Selection {
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  /** Services with a selector, by namespace and name. */
  readonly #selectors = new Map<string, Map<string, Selector>>();
  readonly #selected = new Map<string, Set<string>>();
  readonly #changed: (key: ObjectKey) => void;

  constructor(context: Context, changed: (key: ObjectKey) => void) {
    this.#changed = changed;
    this.#pods = context.informer(Pod);
    this.#services = context.informer(Service);
    this.#services.onChange((service, previous) => this.#serviceChanged(service, previous));
    this.#pods.onChange((pod, previous) => this.#podChanged(pod, previous));
  }

  /** The pods that the Service selects, in the order of arrival. */
  podsOf(key: ObjectKey): readonly Readonly<Pod>[] {
    return [...(this.#selected.get(keyText(key)) ?? [])].flatMap((text) => this.#pods.get(parseKey(text)) ?? []);
  }

  countOf(key: ObjectKey): number {
    return this.#selected.get(keyText(key))?.size ?? 0;
  }

  #serviceChanged(service: Readonly<Service> | undefined, previous: Readonly<Service> | undefined): void {
    const known = service ?? previous;
    if (known === undefined) return;
    const { namespace, name } = keyOf(known);
    const text = keyText({ namespace, name });
    const selector = service === undefined ? undefined : selectorOf(service);
    const here = this.#selectors.get(namespace);
    if (selector === undefined) {
      here?.delete(name);
      if (here?.size === 0) this.#selectors.delete(namespace);
      this.#selected.delete(text);
      return;
    }
    const former = here?.get(name);
    if (former !== undefined && sameSelector(former, selector)) return;
    if (here === undefined) this.#selectors.set(namespace, new Map([[name, selector]]));
    else here.set(name, selector);
    const matching = this.#pods.list({ namespace, labels: selector });
    this.#selected.set(text, new Set(matching.map((pod) => keyText(keyOf(pod)))));
  }

  #podChanged(pod: Readonly<Pod> | undefined, previous: Readonly<Pod> | undefined): void {
    const known = pod ?? previous;
    if (known === undefined) return;
    const namespace = known.metadata.namespace ?? '';
    const text = keyText(keyOf(known));
    for (const [name, selector] of this.#selectors.get(namespace) ?? []) {
      const selected = this.#selected.get(keyText({ namespace, name })) ?? new Set();
      const had = selected.has(text);
      const has = pod !== undefined && matches(selector, pod);
      if (has) selected.add(text);
      else selected.delete(text);
      if (had !== has || (has && endpointChanged(pod, previous))) this.#changed({ namespace, name });
    }
  }
}

/** Does anything differ that an endpoint is made of? */
function endpointChanged(pod: Readonly<Pod>, previous: Readonly<Pod> | undefined): boolean {
  return (
    previous === undefined ||
    isPodReady(pod) !== isPodReady(previous) ||
    isPodFinished(pod) !== isPodFinished(previous) ||
    (pod.metadata.deletionTimestamp === undefined) !== (previous.metadata.deletionTimestamp === undefined) ||
    pod.metadata.uid !== previous.metadata.uid ||
    pod.spec.nodeName !== previous.spec.nodeName ||
    !jsonEqual(placeOf(pod), placeOf(previous))
  );
}

function placeOf({ status }: Readonly<Pod>): unknown {
  return [status?.podIPs ?? status?.podIP ?? '', loopbackPortsOf(status?.conditions) ?? {}];
}

/** Undefined for a Service whose endpoints somebody else writes. */
export function selectorOf(service: Service): Selector | undefined {
  const { selector, type } = service.spec;
  return selector === undefined || Object.keys(selector).length === 0 || type === 'ExternalName' ? undefined : selector;
}

export function matches(selector: Selector, pod: Pod): boolean {
  for (const key in selector) if (pod.metadata.labels?.[key] !== selector[key]) return false;
  return true;
}

function sameSelector(a: Selector, b: Selector): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
