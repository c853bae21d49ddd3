import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aborted } from '../../src/base/abort.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { runAsLeader } from '../../src/reconcile/lease.ts';
import { deployment } from '../support/gitops.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { findKubectls, kubectlOn, type Kubectl, type KubectlProgram } from '../support/kubectl.ts';
import { startUp, type Up } from '../support/steer-up.ts';

interface List<T> {
  readonly items: readonly T[];
}
interface Named {
  readonly metadata: { readonly name: string };
}
interface OnNode extends Named {
  readonly spec: { readonly nodeName: string };
}

const all = findKubectls();
/** The oldest and the newest: each empties nodes of its own. */
const kubectls = all.filter((_, index) => index === 0 || index === all.length - 1);
const folder = tempFolder('steer-kubectl-nodes-');
let up: Up;
let nodes: readonly string[];

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'web.yaml': JSON.stringify(deployment('web', { replicas: 1 })) });
  up = await startUp(repository.path, { folder: folder.path, args: ['--nodes', '4', '--leader-elect'] });
  await up.running.printed(/default\/app Synced Healthy/);
  const [first] = kubectls;
  if (first !== undefined) nodes = (await on(first).json<List<Named>>(['get', 'nodes'])).items.map(({ metadata }) => metadata.name);
});
afterAll(async () => {
  await up.stop();
  folder[Symbol.dispose]();
});

function spaceOf({ version }: KubectlProgram): string {
  return `with-${version.replace('.', '-')}`;
}
function on(program: KubectlProgram): Kubectl {
  return kubectlOn(program, { kubeconfig: up.kubeconfig, namespace: spaceOf(program), folder: folder.path });
}
const budget = (name: string, spec: object) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, ...spec },
});

describe.each(kubectls)('kubectl $version', (program) => {
  const lenient = program.old ? ['--validate=false'] : [];
  const kubectl = on.bind(undefined, program);
  const create = (...objects: object[]) =>
    kubectl().ok(['create', ...lenient, '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n'));
  const podsOn = async (node: string) =>
    (await kubectl().json<List<OnNode>>(['get', 'pods'])).items
      .filter(({ spec }) => spec.nodeName === node)
      .map(({ metadata }) => metadata.name);
  const node = () => nodes[1 + kubectls.indexOf(program)] ?? '';

  it('cordons, drains within a budget, and uncordons', async () => {
    await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: spaceOf(program) } });
    await create(deployment('shop', { replicas: 8 }), budget('shop', { maxUnavailable: 1 }));
    await kubectl().ok(['rollout', 'status', 'deployment/shop', '--timeout=60s']);
    await kubectl().ok(['wait', '--for=condition=DisruptionAllowed', 'pdb/shop', '--timeout=30s']);
    const before = await podsOn(node());
    expect(before.length).toBeGreaterThan(1);
    expect(await kubectl().ok(['cordon', node()])).toBe(`node/${node()} cordoned\n`);
    expect(await kubectl().ok(['get', 'node', node()])).toMatch(/Ready,SchedulingDisabled/);
    const drained = await kubectl().run(['drain', node(), '--timeout=100s']);
    expect(drained.code).toBe(0);
    expect(drained.stdout + drained.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    expect(drained.stdout).toMatch(/node\/\S+ drained|node\/\S+ evicted/);
    expect(await podsOn(node())).toEqual([]);
    await kubectl().ok(['rollout', 'status', 'deployment/shop', '--timeout=60s']);
    expect(await kubectl().ok(['uncordon', node()])).toBe(`node/${node()} uncordoned\n`);
    expect(await kubectl().ok(['get', 'pdb', 'shop', '--no-headers'])).toMatch(/^shop\s+N\/A\s+1\s+1\s/);
    // 1.20 describes an API version that is gone.
    if (!program.old)
      expect(await kubectl().ok(['describe', 'pdb', 'shop'])).toMatch(
        /Allowed disruptions:\s+1\s+Current:\s+8\s+Desired:\s+7\s+Total:\s+8/,
      );
  });

  it.skipIf(program.old)('gives up a drain that no budget allows, when its time is over', async () => {
    await create(deployment('firm', { replicas: 4 }), budget('firm', { minAvailable: '100%' }));
    await kubectl().ok(['rollout', 'status', 'deployment/firm', '--timeout=60s']);
    const before = await podsOn(node());
    const dry = await kubectl().ok(['drain', node(), '--dry-run=server', '--pod-selector=app=shop']);
    expect(dry).toMatch(/\(server dry run\)/);
    expect(await kubectl().fails(['drain', node(), '--timeout=3s', '--pod-selector=app=firm'])).toMatch(/global timeout reached/);
    expect(await podsOn(node())).toEqual(before);
    await kubectl().ok(['uncordon', node()]);
  });

  it('taints a node, which drives pods out at once, or keeps them away', async () => {
    await create(deployment('driven', { replicas: 4 }));
    await kubectl().ok(['rollout', 'status', 'deployment/driven', '--timeout=60s']);
    expect(await kubectl().ok(['taint', 'nodes', node(), 'maintenance=now:NoExecute'])).toBe(`node/${node()} tainted\n`);
    await expect.poll(() => podsOn(node()), { timeout: 20_000, interval: 200 }).toEqual([]);
    await kubectl().ok(['rollout', 'status', 'deployment/driven', '--timeout=60s']);
    const events = () => kubectl().ok(['get', 'events', '--field-selector=reason=TaintManagerEviction']);
    await expect.poll(events, { timeout: 20_000, interval: 200 }).toMatch(/Marking for deletion Pod/);
    expect(await kubectl().ok(['taint', 'nodes', node(), 'maintenance-'])).toBe(`node/${node()} untainted\n`);
    expect(await kubectl().ok(['describe', 'node', node()])).toMatch(/Taints:\s+<none>/);
  });
});

describe.skipIf(kubectls.length === 0)('Leases', () => {
  const leases = (space: string, ...names: string[]) =>
    kubectlOn(kubectls[0] as KubectlProgram, { kubeconfig: up.kubeconfig, namespace: space, folder: folder.path }).ok([
      ...['get', 'leases', '--no-headers'],
      ...names,
    ]);

  it('say who leads, and which nodes live', async () => {
    expect(await leases('kube-system')).toMatch(/^kube-controller-manager\s+\S+_[0-9a-f]{12}\s/m);
    const ofNodes = await leases('kube-node-lease');
    for (const name of nodes) expect(ofNodes).toMatch(new RegExp(`^${name}\\s+${name}\\s`, 'm'));
  });

  it('let one of two holders lead, and the other after it, as kubectl sees', async () => {
    const lease = { namespace: 'default', name: 'boss' };
    const told: string[] = [];
    await using cluster = await up.connect('holders/1');
    const stand = (identity: string) => {
      const ending = new AbortController();
      const { signal } = ending;
      const times = { leaseMs: 3000, renewMs: 2000, retryMs: 200 };
      const clock = realClock();
      const running = runAsLeader(
        { cluster, clock, random: seededRandom(identity.length), log: silentLog, signal, lease, identity, ...times },
        async (leading) => {
          told.push(`${identity} leads`);
          await aborted(leading);
          told.push(`${identity} ends`);
        },
      );
      return () => {
        ending.abort(new Error('enough'));
        return running;
      };
    };
    const endFirst = stand('first');
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['first leads']);
    const endSecond = stand('other');
    await realClock().sleep(1000);
    expect(await leases('default', 'boss')).toMatch(/^boss\s+first\s/);
    await endFirst();
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['first leads', 'first ends', 'other leads']);
    expect(await leases('default', 'boss')).toMatch(/^boss\s+other\s/);
    await endSecond();
  });
});
