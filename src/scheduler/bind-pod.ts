import { Pod, type Binding } from '../api/kinds.generated.ts';
import { keyText, type Kind, type KubeObject } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import { errorText } from '../base/log.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import { writePodStatus } from './pod-status.ts';
import { tellRefusal } from './tell-refusal.ts';
import type { Outcome, SchedulingCore } from './scheduling-core.ts';
import { podFacts, type PodFacts } from './state/pod-facts.ts';
import { bindVolumes } from './volumes/bind-volumes.ts';

type Bind = Extract<Outcome, { kind: 'bind' }>;

/** Volumes first, then the pod. What fails is taken back and tried again later. */
export async function bindPod(surroundings: Surroundings, core: SchedulingCore, bind: Bind): Promise<void> {
  if (!(await volumesBound(surroundings, core, bind))) return;
  const { cluster, recorder, signal } = surroundings;
  const { pod, node } = bind;
  const binding: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  };
  try {
    // The binding is a subresource of the pod: the kind gives the path, the object is of another kind.
    await cluster.create(Pod as Kind<KubeObject>, binding, { subresource: 'binding' });
    const message = `Successfully assigned ${pod.namespace}/${pod.name} to ${node}`;
    recorder.event(pod.pod, 'Normal', { reason: 'Scheduled', action: 'Binding', message });
  } catch (error) {
    if (!signal.aborted) await bindingFailed(surroundings, core, { bind, error });
  }
}

async function volumesBound(surroundings: Surroundings, core: SchedulingCore, bind: Bind): Promise<boolean> {
  const { pod, volumes: decision, profile } = bind;
  const node = core.state.node(bind.node);
  if (decision.bind.length + decision.provision.length === 0 || node === undefined) return true;
  const gone = new AbortController();
  const watching = surroundings.informers.informer(Pod).onChange((object, previous) => {
    if (object === undefined && previous?.metadata.uid === pod.uid) gone.abort(new Error('the pod is gone'));
  });
  try {
    const signal = AbortSignal.any([gone.signal, surroundings.signal]);
    const timeoutMs = profile.args.VolumeBinding.bindTimeoutSeconds * 1000;
    await bindVolumes(surroundings, { decision, node, timeoutMs, signal });
    return true;
  } catch (error) {
    if (surroundings.signal.aborted) return false;
    core.state.volumes.revert({
      claims: decision.provision.map(({ key }) => key),
      volumes: decision.bind.map(({ volume }) => volume.metadata.name),
    });
    if (core.release(pod.uid)) {
      retry(surroundings, core, pod);
      if (!isConflict(error)) await tell(surroundings, pod, `running PreBind plugin "VolumeBinding": ${errorText(error)}`);
    }
    return false;
  } finally {
    watching[Symbol.dispose]();
  }
}

/**
 * The place stays taken until it is known that the pod is not there: a binding whose answer was lost may have been made, and the
 * cache may show it late.
 */
async function bindingFailed(surroundings: Surroundings, core: SchedulingCore, failed: { bind: Bind; error: unknown }): Promise<void> {
  const { pod } = failed.bind;
  surroundings.log.debug('a binding failed', { pod: keyText(pod), error: errorText(failed.error) });
  if (isNotFound(failed.error) || !(await isUnbound(surroundings, core, pod))) return;
  if (!core.release(pod.uid)) return; // The cache has shown meanwhile what became of it.
  retry(surroundings, core, pod);
  if (!isConflict(failed.error)) await tell(surroundings, pod, `running Bind plugin "DefaultBinder": ${errorText(failed.error)}`);
}

async function tell(surroundings: Surroundings, pod: PodFacts, message: string): Promise<void> {
  tellRefusal(surroundings, pod, message);
  await writePodStatus(surroundings, pod, { condition: { type: 'PodScheduled', status: 'False', reason: 'SchedulerError', message } });
}

/** Asks the server itself, as long as it takes. False too for a pod that is gone: the cache will say so. */
async function isUnbound({ cluster, clock, signal }: Surroundings, core: SchedulingCore, pod: PodFacts): Promise<boolean> {
  const backoff = new Backoff({ firstMs: 50, maxMs: 5000 });
  while (!signal.aborted && core.isAssumed(pod.uid)) {
    try {
      const live = await cluster.get(Pod, pod);
      return live.metadata.uid === pod.uid && (live.spec.nodeName ?? '') === '';
    } catch (error) {
      if (isNotFound(error)) return false;
      // The abort ends the sleep and the loop.
      await clock.sleep(backoff.nextMs(''), { signal }).catch(() => undefined);
    }
  }
  return false;
}

/** With what the cache has of it now; not at all when it is gone or placed. */
function retry({ informers, clock }: Surroundings, core: SchedulingCore, pod: PodFacts): void {
  const latest = informers.informer(Pod).get(pod);
  if (latest?.metadata.uid === pod.uid && core.isOurs(latest)) core.queue.retryLater(podFacts(latest), clock.now());
}
