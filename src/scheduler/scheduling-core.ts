import type { Node, Pod, PodDisruptionBudget } from '../api/kinds.generated.ts';
import { jsonEqual } from '../base/json.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { unschedulableMessage } from './fit-message.ts';
import type { Candidate } from './preemption/choose-node.ts';
import { preempt, type Preemption } from './preemption/preempt.ts';
import type { Profile } from './profile.ts';
import { schedule, type Refusal } from './schedule.ts';
import { SchedulingQueue } from './scheduling-queue.ts';
import { ClusterState } from './state/cluster-state.ts';
import { podFacts, type PodFacts } from './state/pod-facts.ts';
import { findVolumes, type VolumeDecision } from './volumes/find-volumes.ts';
import { claimsOfPod } from './volumes/pod-claims.ts';

export interface CoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly profiles: readonly Profile[];
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  budgets(): readonly Readonly<PodDisruptionBudget>[];
}

/** What is to be done about one pod. The state has it done already. */
export type Outcome =
  | { readonly kind: 'bind'; readonly pod: PodFacts; readonly node: string; readonly volumes: VolumeDecision; readonly profile: Profile }
  | {
      readonly kind: 'refused';
      readonly pod: PodFacts;
      readonly message: string;
      /** The node that is kept for it from now on; '' when none is any more; undefined: as it was. */
      readonly nominated: string | undefined;
      /** To be deleted, the most important first. The pod is blocked until `preempted` is called. */
      readonly victims: readonly PodFacts[];
      /** Of lower priority, for whom the same node was kept until now. */
      readonly displaced: readonly PodFacts[];
    };

const noVolumes: VolumeDecision = { bind: [], provision: [] };

/** The whole of scheduling but its I/O: it is told what the cluster is like, and says what to do about the next pod. */
export class SchedulingCore {
  readonly state = new ClusterState();
  readonly queue: SchedulingQueue;
  readonly #options: CoreOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  /** Placed by us, not yet seen in the cache. */
  readonly #assumed = new Set<string>();
  #start = 0;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.queue = new SchedulingQueue(options);
    this.#profiles = new Map(options.profiles.map((profile) => [profile.schedulerName, profile]));
  }

  profileOf(pod: Readonly<Pod>): Profile | undefined {
    return this.#profiles.get(pod.spec.schedulerName ?? 'default-scheduler');
  }

  /** Is it waiting for this scheduler to find it a node? */
  isOurs(pod: Readonly<Pod>): boolean {
    return (
      (pod.spec.nodeName ?? '') === '' &&
      pod.metadata.deletionTimestamp === undefined &&
      !isFinished(pod) &&
      this.profileOf(pod) !== undefined
    );
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  setNode(node: Readonly<Node>): void {
    const change = this.state.setNode(node);
    if (change === undefined) return;
    if (change.added) {
      this.happened({ kind: 'nodeAdded', node: change.node });
      return;
    }
    if (change.room) this.happened({ kind: 'nodeRoom', node: change.node });
    if (change.labels !== undefined) this.happened({ kind: 'nodeLabels', node: change.node, before: change.labels });
    if (change.taints) this.happened({ kind: 'nodeTaints', node: change.node });
  }

  removeNode(node: Readonly<Node>): void {
    this.state.removeNode(node.metadata.name);
    this.happened({ kind: 'nodeRemoved', labels: node.metadata.labels ?? {} });
  }

  /** A pod as the cluster has it now; with its former state where that is known. */
  setPod(pod: Readonly<Pod>, previous: Readonly<Pod> | undefined): void {
    const uid = pod.metadata.uid ?? '';
    if ((pod.spec.nodeName ?? '') !== '') {
      this.queue.remove(uid);
      this.#assumed.delete(uid);
      this.#unnominate(uid, false);
      if (isFinished(pod)) this.takeAway(uid);
      else this.#place(pod);
    } else if (!this.#assumed.has(uid)) {
      if (this.isOurs(pod)) this.#enqueue(pod, previous);
      else this.#forget(uid);
    }
  }

  removePod(uid: string): void {
    this.#assumed.delete(uid);
    this.#forget(uid);
    this.takeAway(uid);
  }

  /** A binding came to nothing: its place is free again. Answers whether it was still taken for bound. */
  release(uid: string): boolean {
    if (!this.#assumed.delete(uid)) return false;
    this.takeAway(uid);
    return true;
  }

  takeAway(uid: string): void {
    const pod = this.state.removePod(uid);
    if (pod !== undefined) this.happened({ kind: 'podRemoved', pod });
  }

  happened(event: ClusterEvent): void {
    this.queue.happened(event, this.state, this.#options.clock.now());
  }

  /** The pod whose victims were deleted, or could not be, waits as all others do again. */
  preempted(uid: string, succeeded: boolean): void {
    this.queue.unblock(uid, this.#options.clock.now(), !succeeded);
  }

  /** Decides about the next pod; undefined when there is none to be tried now. */
  next(): Outcome | undefined {
    const pod = this.queue.pop();
    const profile = pod === undefined ? undefined : this.profileOf(pod.pod);
    if (pod === undefined || profile === undefined) return undefined;
    const decision = schedule(pod, this.state, { profile, random: this.#options.random, start: this.#start });
    this.#start = (this.#start + decision.looked) % Math.max(1, this.state.nodes.length);
    return decision.node === undefined ? this.#refuse(pod, decision, profile) : this.#accept(pod, decision.node.name, profile);
  }

  #accept(pod: PodFacts, node: string, profile: Profile): Outcome {
    const volumes = this.#takeVolumes(pod, node);
    this.queue.done(pod.uid);
    this.#unnominate(pod.uid, false);
    const placed = this.state.addPod(pod, node);
    this.#assumed.add(pod.uid);
    this.happened({ kind: 'podPlaced', pod: placed });
    return { kind: 'bind', pod, node, volumes, profile };
  }

  /** The volumes that the filter found for the node count as taken from now on. */
  #takeVolumes(pod: PodFacts, nodeName: string): VolumeDecision {
    const { volumes } = this.state;
    const node = pod.claims.length === 0 ? undefined : this.state.node(nodeName);
    if (node === undefined) return noVolumes;
    const found = findVolumes(claimsOfPod(pod, volumes), node, volumes);
    if ('problems' in found) return noVolumes;
    for (const { claim, volume } of found.decision.bind) volumes.assumeBinding(volume.metadata.name, claim.claim.metadata.uid ?? '');
    for (const { key } of found.decision.provision) volumes.assumeProvisioning(key, nodeName);
    return found.decision;
  }

  #refuse(pod: PodFacts, refusal: Refusal, profile: Profile): Outcome {
    const nodes = this.state.nodes.length;
    const preemption = this.#preempt(pod, refusal, profile);
    this.queue.rest(pod, refusal.rejectedBy, this.#options.clock.now());
    if (preemption?.kind === 'victims') return this.#makeRoom(pod, preemption.candidate, unschedulableMessage(nodes, refusal));
    const message = unschedulableMessage(nodes, refusal, preemption?.message);
    const nominated = preemption?.kind === 'helpless' && this.#giveUp(pod) ? '' : undefined;
    return { kind: 'refused', pod, message, nominated, victims: [], displaced: [] };
  }

  #preempt(pod: PodFacts, refusal: Refusal, profile: Profile): Preemption | undefined {
    if (!profile.preempts || this.state.nodes.length === 0) return undefined;
    const budgets = refusal.hopeful.length > 0 ? this.#options.budgets() : [];
    return preempt(pod, this.state, refusal, { profile, budgets, random: this.#options.random });
  }

  /** Answers whether a node was kept for it until now. */
  #giveUp(pod: PodFacts): boolean {
    return this.#unnominate(pod.uid, true) || (pod.pod.status?.nominatedNodeName ?? '') !== '';
  }

  #makeRoom(pod: PodFacts, { node, victims }: Candidate, message: string): Outcome {
    const kept = this.state.nominations.on(node.name)?.values() ?? [];
    const displaced = [...kept].filter(({ priority }) => priority < pod.priority);
    for (const { uid } of displaced) this.#unnominate(uid, true);
    this.#nominate(pod, node.name);
    this.queue.block(pod.uid);
    return { kind: 'refused', pod, message, nominated: node.name, victims, displaced };
  }

  #nominate(pod: PodFacts, node: string): void {
    this.#unnominate(pod.uid, false);
    this.state.relations.enrol(pod);
    this.state.nominations.set(pod, node);
  }

  /** Answers whether there was a nomination. `tell`: others may have its place now. */
  #unnominate(uid: string, tell: boolean): boolean {
    const gone = this.state.nominations.delete(uid);
    if (gone === undefined) return false;
    this.state.relations.dismiss(gone.pod);
    if (tell) this.happened({ kind: 'nominationGone', ...gone });
    return true;
  }

  #forget(uid: string): void {
    this.queue.remove(uid);
    this.queue.done(uid);
    this.#unnominate(uid, true);
  }

  #enqueue(pod: Readonly<Pod>, previous: Readonly<Pod> | undefined): void {
    const facts = podFacts(pod);
    const nominated = pod.status?.nominatedNodeName ?? '';
    if (nominated !== '' && this.state.nominations.nodeOf(facts.uid) === undefined && previous === undefined)
      this.#nominate(facts, nominated);
    const known = previous !== undefined && this.queue.has(facts.uid);
    if (known && jsonEqual(pod.spec, previous.spec) && jsonEqual(pod.metadata.labels, previous.metadata.labels)) this.queue.refresh(facts);
    else this.queue.add(facts);
  }

  /** A pod that has its node, by us or by others. Most writes to its status concern nobody here. */
  #place(pod: Readonly<Pod>): void {
    const nodeName = pod.spec.nodeName as string;
    const placed = this.state.placed(pod.metadata.uid ?? '');
    if (placed?.at.name !== nodeName) {
      this.happened({ kind: 'podPlaced', pod: this.state.addPod(podFacts(pod), nodeName) });
      return;
    }
    if (sameToOthers(placed.facts.pod, pod)) {
      // One state of each pod is kept in memory, not two.
      placed.facts.pod = pod;
      return;
    }
    this.happened({ kind: 'podChanged', pod: this.state.addPod(podFacts(pod), nodeName), before: placed.facts });
  }
}

function isFinished(pod: Readonly<Pod>): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Do other pods see any difference? */
function sameToOthers(a: Readonly<Pod>, b: Readonly<Pod>): boolean {
  return (
    a.metadata.generation === b.metadata.generation &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    jsonEqual(a.metadata.labels, b.metadata.labels)
  );
}
