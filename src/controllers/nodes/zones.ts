import type { Node } from '../../api/kinds.generated.ts';
import type { Clock } from '../../base/clock.ts';

/** How fast nodes that have failed are emptied, with kube-controller-manager's defaults. */
export interface EvictionRates {
  /** Nodes of a zone in each second: 0.1. */
  readonly perSecond?: number;
  /** In a large zone of which much has failed: 0.01. In a small one none. */
  readonly secondaryPerSecond?: number;
  /** A zone of more nodes than this is large: 50. */
  readonly largeZone?: number;
  /** The share of failed nodes from which on a zone is disrupted: 0.55. */
  readonly unhealthyShare?: number;
}
type State = 'normal' | 'partial' | 'full';

interface Zone {
  readonly ready: Map<string, boolean>;
  readyCount: number;
  state: State;
  rate: number;
  /** At most one. */
  tokens: number;
  filledAt: number;
  /** Nodes that wait for their turn, first come first. */
  readonly waiting: Set<string>;
}
export interface ZonesListener {
  /** These may have to be looked at again. */
  again(nodes: readonly string[]): void;
  /** Nodes are heard again after nobody was: what was missed meanwhile says nothing. */
  recovered(): void;
}

const excludedLabel = 'node.kubernetes.io/exclude-disruption';
const topology = 'topology.kubernetes.io';

/**
 * Lets failed nodes be emptied zone by zone and one after the other: when much of a zone fails it is likely that the network has, and
 * when nothing answers any more nobody is driven out at all (as kube-controller-manager's node lifecycle controller).
 */
export class Zones {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #rates: Required<EvictionRates>;
  readonly #listener: ZonesListener;
  readonly #zones = new Map<string, Zone>();
  readonly #zoneOf = new Map<string, string>();
  #stopped = false;

  constructor(clock: Pick<Clock, 'now'>, rates: EvictionRates, listener: ZonesListener) {
    this.#clock = clock;
    this.#rates = { perSecond: 0.1, secondaryPerSecond: 0.01, largeZone: 50, unhealthyShare: 0.55, ...rates };
    this.#listener = listener;
  }

  /** Has every node of every zone failed, as far as one can see from here? */
  get stopped(): boolean {
    return this.#stopped;
  }

  observe(node: Readonly<Node>, ready: boolean): void {
    const { name, labels = {} } = node.metadata;
    const place = `${labels[`${topology}/region`] ?? ''}/${labels[`${topology}/zone`] ?? ''}`;
    if (this.#zoneOf.get(name) !== place || labels[excludedLabel] !== undefined) this.forget(name);
    if (labels[excludedLabel] !== undefined) return;
    const zone = this.#zones.get(place) ?? this.#newZone(place);
    const before = zone.ready.get(name);
    if (before === ready) return;
    this.#zoneOf.set(name, place);
    zone.ready.set(name, ready);
    zone.readyCount += (ready ? 1 : 0) - (before === true ? 1 : 0);
    if (ready) this.#leave(zone, name);
    this.#judge();
  }

  forget(name: string): void {
    const place = this.#zoneOf.get(name);
    const zone = this.#zones.get(place ?? '');
    if (place === undefined || zone === undefined) return;
    this.#zoneOf.delete(name);
    if (zone.ready.get(name) === true) zone.readyCount--;
    zone.ready.delete(name);
    this.#leave(zone, name);
    if (zone.ready.size === 0) this.#zones.delete(place);
    this.#judge();
  }

  /** Milliseconds until a failed node may be emptied: 0 is its turn now, which is then taken; Infinity means not before the zone changes. */
  waitMs(name: string): number {
    const zone = this.#zones.get(this.#zoneOf.get(name) ?? '');
    if (zone === undefined) return 0;
    if (this.#stopped) return Infinity;
    zone.waiting.add(name);
    this.#fill(zone);
    const turn = [...zone.waiting].indexOf(name);
    if (turn === 0 && zone.tokens >= 1) {
      zone.tokens -= 1;
      this.#leave(zone, name);
      return 0;
    }
    return zone.rate === 0 ? Infinity : Math.ceil(((turn + 1 - zone.tokens) / zone.rate) * 1000);
  }

  /** Its turn has come, or it needs none any more. */
  leave(name: string): void {
    const zone = this.#zones.get(this.#zoneOf.get(name) ?? '');
    if (zone !== undefined) this.#leave(zone, name);
  }

  #newZone(place: string): Zone {
    const { perSecond } = this.#rates;
    const zone: Zone = {
      ready: new Map(),
      readyCount: 0,
      state: 'normal',
      rate: perSecond,
      tokens: 1,
      filledAt: this.#clock.now(),
      waiting: new Set(),
    };
    this.#zones.set(place, zone);
    return zone;
  }

  #leave(zone: Zone, name: string): void {
    const first = zone.waiting.values().next().value === name;
    if (!zone.waiting.delete(name) || !first) return;
    const [next] = zone.waiting;
    if (next !== undefined) this.#listener.again([next]);
  }

  #fill(zone: Zone): void {
    const now = this.#clock.now();
    zone.tokens = Math.min(1, zone.tokens + ((now - zone.filledAt) / 1000) * zone.rate);
    zone.filledAt = now;
  }

  #judge(): void {
    const zones = [...this.#zones.values()];
    const states = zones.map((zone) => this.#stateOf(zone));
    const wasStopped = this.#stopped;
    this.#stopped = zones.length > 0 && states.every((state) => state === 'full');
    zones.forEach((zone, index) => this.#enter(zone, states[index] ?? 'normal'));
    if (this.#stopped === wasStopped) return;
    if (wasStopped) this.#listener.recovered();
    this.#listener.again([...this.#zoneOf.keys()]);
  }

  #stateOf({ ready, readyCount }: Zone): State {
    const failed = ready.size - readyCount;
    if (readyCount === 0 && failed > 0) return 'full';
    return failed > 2 && failed / ready.size >= this.#rates.unhealthyShare ? 'partial' : 'normal';
  }

  #enter(zone: Zone, state: State): void {
    const { perSecond, secondaryPerSecond, largeZone } = this.#rates;
    if (zone.state === state) return;
    this.#fill(zone);
    zone.state = state;
    zone.rate = state !== 'partial' ? perSecond : zone.ready.size > largeZone ? secondaryPerSecond : 0;
    this.#listener.again([...zone.waiting]);
  }
}
