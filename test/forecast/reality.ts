import { Application, Namespace } from '../../src/api/kinds.generated.ts';
import { refText, type KubeObject } from '../../src/api/object.ts';
import type { Forecast, Rollout } from '../../src/api/forecast.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import type { NodeDescription } from '../../src/agent/node.ts';
import type { Runtime } from '../../src/agent/runtime.ts';
import { gitopsUser } from '../../src/controlplane/identities.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { startControlPlane } from '../../src/controlplane/start.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import type { ForecastRequest } from '../../src/forecast/request.ts';
import { findingsOf } from '../../src/forecast/findings.ts';
import { Recording } from '../../src/forecast/recording.ts';
import { rolloutsOf } from '../../src/forecast/rollouts.ts';
import { stuckOf } from '../../src/forecast/stuck.ts';
import { workloadsOf } from '../../src/forecast/workloads.ts';
import { applicationController } from '../../src/gitops/controller.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { yaml } from '../support/gitops.ts';
import type { ChangeCase } from './changes.ts';
import { manifestsOf } from './merges.ts';

export const caseNamespace = (at: number): string => `case-${String(at + 1).padStart(2, '0')}`;

/** The objects of a case where they live. */
export function placed(objects: readonly KubeObject[], namespace: string): KubeObject[] {
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

/** Three nodes for everybody, and one for each case that needs one for itself. */
export function caseNodes(): NodeDescription[] {
  const capacity = (cpu: string) => ({ cpu, memory: '64Gi', pods: '500', 'ephemeral-storage': '100Gi' });
  const common = ['node-1', 'node-2', 'node-3'].map((name) => simulatedNode(name, { labels: { pool: 'all' }, capacity: capacity('64') }));
  const own = { taints: [{ key: 'own', value: 'true', effect: 'NoSchedule' as const }] };
  return [
    ...common,
    simulatedNode('node-port', { labels: { pool: 'port' }, capacity: capacity('1'), ...own }),
    simulatedNode('node-narrow', { labels: { pool: 'narrow' }, capacity: capacity('1'), ...own }),
  ];
}

/** What really happened, told as a forecast tells it. */
export type Happened = Pick<Forecast, 'rollouts' | 'findings'>;
export interface RealityOptions {
  readonly kinds: readonly ResourceKind[];
  readonly nodes?: readonly { readonly description: NodeDescription; readonly runtime: Runtime }[];
  /** How long nothing may happen until all is over. */
  readonly quietMs: number;
  readonly limitMs: number;
}

/**
 * Delivers each case by an Application of its own to a cluster whose time is real: the base until all is healthy, then the head, and watches
 * until nothing happens any more.
 */
export async function deliverForReal(cases: readonly ChangeCase[], options: RealityOptions): Promise<Happened> {
  const clock = realClock();
  const random = seededRandom(7);
  const open = runtimes.find(({ name }) => name === 'simulated');
  const simulated = () => (open as NonNullable<typeof open>).open({ clock, random, log: silentLog, folder: '' });
  const nodes = options.nodes ?? caseNodes().map((description) => ({ description, runtime: simulated() }));
  const plane = await startControlPlane({ clock, random, log: silentLog, kinds: options.kinds, nodes });
  const source = new MemorySource(clock);
  const recording = new Recording(plane.store, clock);
  try {
    const client = plane.cluster();
    plane.run(applicationController({ sources: source, renderers: createRenderers(), validate: createValidate(clock) }), gitopsUser);
    for (const [at, { base }] of cases.entries()) {
      const namespace = caseNamespace(at);
      await client.create<KubeObject>(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      source.commit(namespace, { 'all.yaml': yaml(...placed(base, namespace)) });
      const spec = { source: { repo: namespace }, namespace, sync: { budget: { objects: 1000, percent: 100 } } };
      await client.create(Application, {
        apiVersion: 'steersman.dev/v1',
        kind: 'Application',
        metadata: { name: namespace, namespace: 'default' },
        spec,
      });
    }
    const unsettled = async () => {
      const { items } = await client.list(Application, { namespace: 'default' });
      const left = items.filter(({ status }) => status?.current === undefined || status.operation?.phase === 'Running');
      return left.map(({ metadata, status }) => `${metadata.name}: ${status?.message}`).join('; ');
    };
    const moving = (ms: number) => () => Promise.resolve(clock.now() - recording.lastMs >= ms ? '' : 'something moves');
    const until = async (left: () => Promise<string>) => {
      for (const end = clock.now() + options.limitMs; ; await clock.sleep(50)) {
        const what = await left();
        if (what === '') return;
        if (clock.now() > end) throw new Error(`reality takes too long: ${what}`);
      }
    };
    await until(unsettled);
    await until(moving(1500));
    recording.mark();
    for (const [at, { head }] of cases.entries())
      source.commit(caseNamespace(at), { 'all.yaml': yaml(...placed(head, caseNamespace(at))) });
    await clock.sleep(options.quietMs);
    await until(moving(options.quietMs));
    const workloads = workloadsOf(recording);
    const { markedMs } = recording;
    const rollouts = rolloutsOf(workloads, { markedMs, because: () => [], stuck: (workload) => stuckOf(workload, recording) });
    const findings = findingsOf({ rollouts, workloads, recording, failures: [], changed: new Set(), placeOf: () => ({}) });
    return { rollouts, findings };
  } finally {
    await recording.stop();
    await plane.stop({ endPods: true });
    await source.close();
  }
}

/** What a person would compare, by case: what moves and how far, in which order, and what fails. */
export function comparable({ rollouts, findings }: Happened, namespace: string): unknown {
  const own = rollouts.filter(({ workload }) => workload.namespace === namespace);
  const byName = [...own].sort((a, b) => (refText(a.workload) < refText(b.workload) ? -1 : 1));
  return {
    rollouts: byName.map(rolloutOf),
    order: orderOf(own),
    findings: findings
      .filter(({ ref }) => ref?.namespace === namespace)
      .map(({ rule, severity, ref }) => `${severity} ${rule} ${ref === undefined ? '' : refText(ref)}`)
      .sort(),
  };
}
function rolloutOf({ workload, kind, ended, started, desired, worst, mostPods, stuck, endMs }: Rollout): unknown {
  const reason = stuck?.reason.replace('ImagePullBackOff', 'ErrImagePull');
  return {
    what: `${kind} ${refText(workload)}`,
    ...{ ended, started, desired, worst: worst.available, mostPods },
    finishes: endMs !== undefined,
    ...(stuck === undefined
      ? {}
      : { stuck: reason === 'ErrImagePull' ? reason : `${reason}: ${stuck.message.replaceAll(/[a-z]+-[a-z0-9]+-[a-z0-9]{5}/g, 'POD')}` }),
  };
}
/** Which begins after which one has begun, and after which one is done: only what is apart by more than chance. */
function orderOf(rollouts: readonly Rollout[]): string[] {
  const pairs = rollouts.flatMap((later) =>
    rollouts.filter((sooner) => later.startMs - sooner.startMs > 250).map((sooner) => [sooner, later] as const),
  );
  const said = pairs.flatMap(([sooner, later]) => {
    const isDone = sooner.endMs !== undefined && sooner.endMs <= later.startMs;
    const names = [refText(sooner.workload), refText(later.workload)] as const;
    return [`${names[0]} begins before ${names[1]}`, ...(isDone ? [`${names[0]} is done before ${names[1]} begins`] : [])];
  });
  return said.sort();
}

/** The names of cases in which what was said is not what was; each is printed. */
export function differing(cases: readonly ChangeCase[], told: Happened, happened: Happened): string[] {
  return cases.flatMap(({ name }, at) => {
    const [said, was] = [told, happened].map((one) => JSON.stringify(comparable(one, caseNamespace(at))));
    if (said === was) return [];
    console.log(`${name}: the forecast says ${said}\nand what happens is ${was}`);
    return [name];
  });
}
/** How often one thing was said to come before another. */
export function ordersIn(cases: readonly ChangeCase[], told: Happened): number {
  return cases.reduce(
    (sum, _, at) => sum + orderOf(told.rollouts.filter(({ workload }) => workload.namespace === caseNamespace(at))).length,
    0,
  );
}

/** The forecast of all cases, each an application of its own. `startupMs`: of what says nothing of itself. */
export function forecastCases(
  cases: readonly ChangeCase[],
  { startupMs = 0, ...options }: Pick<ForecastRequest, 'kinds' | 'nodes'> & { startupMs?: number },
): Promise<Forecast> {
  const applications = cases.map(({ base, head }, at) => {
    const namespace = caseNamespace(at);
    const side = (objects: readonly KubeObject[]) => manifestsOf(placed(objects, namespace));
    return { application: { namespace: 'default', name: namespace }, namespace, base: side(base), head: side(head) };
  });
  const startup = { defaultMs: startupMs, images: [] };
  return forecast({ applications, startup, startMs: Date.UTC(2026, 0, 1), random: seededRandom(1), log: silentLog, ...options });
}
