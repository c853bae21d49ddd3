import { PersistentVolume, PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { boundByController, selectedNode } from '../../api/volume-binding.ts';
import { clone } from '../../base/json.ts';
import { unlessAborted } from '../../base/abort.ts';
import type { Surroundings } from '../../reconcile/run-controller.ts';
import type { SelectableNode } from '../../api/node-selection.ts';
import { reaches, type VolumeDecision } from './find-volumes.ts';
import { isBound, type KeyedClaim } from './pod-claims.ts';

export interface VolumeBindingJob {
  readonly decision: VolumeDecision;
  readonly node: SelectableNode;
  readonly timeoutMs: number;
  /** Ends it: the pod is gone, or the scheduler ends. */
  readonly signal: AbortSignal;
}

/**
 * Makes what was decided true: reserves volumes for claims, asks for new ones by the node, and waits until others have bound them all.
 * @throws Error with what went wrong, or with the signal's reason
 */
export async function bindVolumes(surroundings: Surroundings, job: VolumeBindingJob): Promise<void> {
  const written = new Map<string, number>();
  for (const { claim, volume } of job.decision.bind) await reserve(surroundings, claim, volume);
  for (const claim of job.decision.provision) written.set(claim.key, await ask(surroundings, claim, job.node.name));
  await allBound(surroundings, job, written);
}

async function reserve({ cluster }: Surroundings, { claim }: KeyedClaim, volume: Readonly<PersistentVolume>): Promise<void> {
  const { namespace = '', name, uid = '', resourceVersion = '' } = claim.metadata;
  const next = clone<PersistentVolume>(volume);
  const prebound = next.spec.claimRef !== undefined;
  next.spec.claimRef = { ...next.spec.claimRef, apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
  // A reservation that somebody made by hand is not the scheduler's to take back.
  if (!prebound) next.metadata.annotations = { ...next.metadata.annotations, [boundByController]: 'yes' };
  await cluster.update(PersistentVolume, next);
}

/** Answers the resourceVersion as a number: what the cache shows of before says nothing. */
async function ask({ cluster }: Surroundings, { claim }: KeyedClaim, node: string): Promise<number> {
  const { namespace = '', name, uid, resourceVersion, annotations } = claim.metadata;
  if (annotations?.[selectedNode] === node) return Number(resourceVersion);
  const patch = { metadata: { uid, resourceVersion, annotations: { [selectedNode]: node } } };
  const now = await cluster.patch(PersistentVolumeClaim, { namespace, name }, patch);
  return Number(now.metadata.resourceVersion);
}

async function allBound(surroundings: Surroundings, job: VolumeBindingJob, written: ReadonlyMap<string, number>): Promise<void> {
  const { informers, clock } = surroundings;
  const timer = new AbortController();
  let changed: () => void = () => undefined;
  const listening = [PersistentVolumeClaim, PersistentVolume].map((kind) => informers.informer(kind as never).onChange(() => changed()));
  let late = false;
  const timing = clock.sleep(job.timeoutMs, { signal: timer.signal }).then(
    () => {
      late = true;
      changed();
    },
    // Bound in time.
    () => undefined,
  );
  try {
    for (;;) {
      const next = new Promise<void>((resolve) => (changed = resolve));
      if (isDone(surroundings, job, written)) return;
      if (late) throw new Error('binding volumes: context deadline exceeded');
      await unlessAborted(next, job.signal);
    }
  } finally {
    for (const subscription of listening) subscription[Symbol.dispose]();
    timer.abort(new Error('the volumes are bound or never will be'));
    await timing;
  }
}

/** @throws Error when a claim can no longer be bound as decided, in the words of kube-scheduler (volumebinding/binder.go, kubernetes v1.35) */
function isDone({ informers }: Surroundings, { decision, node }: VolumeBindingJob, written: ReadonlyMap<string, number>): boolean {
  let all = true;
  for (const { key, claim } of [...decision.bind.map((each) => each.claim), ...decision.provision]) {
    const { namespace = '', name } = claim.metadata;
    const latest = informers.informer(PersistentVolumeClaim).get({ namespace, name });
    const asked = written.get(key);
    if (latest === undefined) {
      const doing = asked === undefined ? 'binding' : 'provisioning pvc';
      throw new Error(`binding volumes: failed to check ${doing}: could not find v1.PersistentVolumeClaim "${namespace}/${name}"`);
    }
    if (isBound(latest)) checkReach(informers.informer(PersistentVolume).get({ namespace: '', name: latest.spec.volumeName ?? '' }), node);
    else all = false;
    if (asked === undefined || isBound(latest) || Number(latest.metadata.resourceVersion) < asked) continue;
    checkChoice(latest, node);
  }
  return all;
}

/** Whoever makes volumes gives the claim back when it cannot. */
function checkChoice({ metadata: { name, annotations } }: Readonly<PersistentVolumeClaim>, node: SelectableNode): void {
  if (annotations === undefined) throw new Error(`binding volumes: selectedNode annotation reset for PVC "${name}"`);
  if (annotations[selectedNode] !== node.name) throw new Error(`binding volumes: provisioning failed for PVC "${name}"`);
}

function checkReach(volume: Readonly<PersistentVolume> | undefined, node: SelectableNode): void {
  if (volume === undefined || reaches(volume, node)) return;
  const mismatch = `pv "${volume.metadata.name}" node affinity doesn't match node "${node.name}"`;
  throw new Error(`binding volumes: ${mismatch}: no matching NodeSelectorTerms`);
}
