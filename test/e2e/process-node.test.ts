import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { pod, service, shellContainer, webDeployment } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const folder = tempFolder('steer-process-node-');
let cluster: ProcessCluster;

beforeAll(async () => {
  if (newestKubectl === undefined) return;
  cluster = await startProcessCluster(folder.path, ['--reserve', 'cpu=250m,memory=1Gi']);
  // What its last test waits for takes half a minute, in which the others run.
  await cluster.apply(...follower('follower'));
});
afterAll(async () => {
  if (newestKubectl !== undefined) await cluster.up.stop();
  folder[Symbol.dispose]();
});

/** One pod that is busy a part of the time and asks for next to nothing, and who sizes it by that. */
function follower(name: string): readonly object[] {
  const busy = 'while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.2; done';
  const container = shellContainer('main', busy, { resources: { requests: { cpu: '2m' }, limits: { cpu: '200m' } } });
  const template = { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } };
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 100 } } }];
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { selector: { matchLabels: { app: name } }, template } },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 2, metrics },
    },
  ];
}

interface NodeRead {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly capacity: Record<string, string>;
    readonly allocatable: Record<string, string>;
    readonly nodeInfo: Record<string, string>;
    readonly addresses: readonly { readonly type: string; readonly address: string }[];
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}
async function node(): Promise<NodeRead> {
  const [one] = (await cluster.kubectl.json<{ items: readonly NodeRead[] }>(['get', 'nodes'])).items;
  if (one === undefined) throw new Error('there is no node');
  return one;
}
/** What Prometheus reads: comments, and samples with labels and a number. @throws Error with a line that is neither */
function samplesOf(text: string): readonly string[] {
  const sample = /^([a-zA-Z_:][\w:]*)(\{([a-zA-Z_]\w*="([^"\\\n]|\\.)*",?)*\})? (NaN|[+-]?Inf|[+-]?[\d.]+(e[+-]?\d+)?)( -?\d+)?$/;
  const lines = text.split('\n').filter((line) => line !== '' && !/^# (HELP|TYPE) [a-zA-Z_:][\w:]* ./.test(line));
  return lines.map((line) => {
    const name = sample.exec(line)?.[1];
    if (name === undefined) throw new Error(`not a sample: ${line}`);
    return name;
  });
}

describe.skipIf(newestKubectl === undefined)('a node that is this machine', () => {
  it('says what it is and has, and renews its lease (A1.18)', async () => {
    const { metadata, status } = await node();
    expect(status.nodeInfo).toMatchObject({ operatingSystem: 'linux', kubeletVersion: expect.stringMatching(/^v1\.\d+/) as string });
    expect(status.nodeInfo['containerRuntimeVersion']).toMatch(/^process:\/\//);
    expect(status.addresses).toEqual(expect.arrayContaining([{ type: 'InternalIP', address: '127.0.0.1' }]));
    const conditions = Object.fromEntries(status.conditions.map(({ type, status: is }) => [type, is]));
    expect(conditions).toMatchObject({ Ready: 'True', MemoryPressure: 'False', PIDPressure: 'False' });
    const lease = () =>
      cluster.kubectl.ok([
        'get',
        'lease',
        metadata.name,
        '-n',
        'kube-node-lease',
        '-o',
        'jsonpath={.spec.renewTime} {.spec.holderIdentity}',
      ]);
    const before = await lease();
    expect(before).toMatch(new RegExp(` ${metadata.name}$`));
    await eventually('a renewed lease', async () => (await lease()) !== before);
  });

  it('registers the cpus, memory and disk of the machine, less what is reserved for it (A2.1)', async () => {
    const { capacity, allocatable } = (await node()).status;
    const disk = statfsSync(folder.path);
    expect(capacity).toEqual({
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
      pods: '110',
    });
    expect(allocatable['cpu']).toBe(`${availableParallelism() * 1000 - 250}m`);
    // What is reserved, and what a kubelet keeps free before it evicts.
    expect(allocatable['memory']).toBe(`${Math.floor(totalmem() / 1024) - (1024 + 100) * 1024}Ki`);
  });

  it('takes all that kubectl does to workloads and nodes', async () => {
    const { kubectl } = cluster;
    const { metadata } = await node();
    const container = shellContainer('main', 'exec sleep 1000', { env: [{ name: 'VERSION', value: '1' }] });
    const template = (app: string) => ({
      metadata: { labels: { app } },
      spec: { terminationGracePeriodSeconds: 0, containers: [container] },
    });
    const workload = (kind: string, app: string, spec: object = {}) => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: app },
      spec: { selector: { matchLabels: { app } }, template: template(app), ...spec },
    });
    await cluster.apply(
      workload('Deployment', 'moved', { replicas: 2 }),
      workload('StatefulSet', 'kept', { replicas: 2, serviceName: 'kept' }),
      workload('DaemonSet', 'each'),
    );
    const version = (what: string) => kubectl.ok(['get', what, '-o', 'jsonpath={.spec.template.spec.containers[0].env[0].value}']);
    await Promise.all(
      ['deployment/moved', 'statefulset/kept', 'daemonset/each'].map(async (what) => {
        const rollout = (...args: string[]) => kubectl.ok(['rollout', args[0] ?? '', what, ...args.slice(1)]);
        await rollout('status', '--timeout=100s');
        await kubectl.ok(['set', 'env', what, 'VERSION=2']);
        await rollout('status', '--timeout=100s');
        expect(await rollout('history')).toMatch(/^1 .*\n2 /m);
        expect(await rollout('undo')).toMatch(/ rolled back$/m);
        await rollout('status', '--timeout=100s');
        expect(await version(what)).toBe('1');
        expect(await rollout('restart')).toMatch(/ restarted$/m);
        await rollout('status', '--timeout=100s');
        expect(await kubectl.ok(['describe', what])).toMatch(/^Pods Status: +[12] Running |[12] available/m);
      }),
    );
    await kubectl.ok(['rollout', 'pause', 'deployment/moved']);
    expect(await kubectl.ok(['rollout', 'resume', 'deployment/moved'])).toBe('deployment.apps/moved resumed\n');
    for (const what of ['deployment/moved', 'statefulset/kept']) {
      expect(await kubectl.ok(['scale', what, '--replicas=3'])).toMatch(/ scaled$/m);
      await kubectl.ok(['rollout', 'status', what, '--timeout=100s']);
    }
    expect(await kubectl.ok(['autoscale', 'deployment', 'moved', '--min=3', '--max=4', '--cpu-percent=80'])).toMatch(/ autoscaled$/m);
    expect(await kubectl.ok(['get', 'hpa', 'moved'])).toMatch(/Deployment\/moved/);
    expect(await kubectl.ok(['get', 'events', '--field-selector=involvedObject.name=moved'])).toMatch(/ScalingReplicaSet/);
    // Pods of a DaemonSet stay; the others wait until there is a node for them again.
    expect(
      await kubectl.ok(['drain', metadata.name, '--ignore-daemonsets', '--pod-selector=app in (moved,kept)', '--timeout=60s']),
    ).toMatch(/ drained$/m);
    await eventually('pods that wait', async () => {
      const pods = await cluster.podsOf('moved');
      return pods.length === 3 && pods.every(({ status }) => status.phase === 'Pending');
    });
    expect(await kubectl.ok(['uncordon', metadata.name])).toMatch(/ uncordoned$/m);
    await kubectl.ok(['rollout', 'status', 'deployment/moved', '--timeout=100s']);
    await kubectl.ok(['taint', 'node', metadata.name, 'kept=out:NoSchedule']);
    expect(await kubectl.ok(['describe', 'node', metadata.name])).toMatch(/^Taints: +kept=out:NoSchedule$/m);
    await kubectl.ok(['taint', 'node', metadata.name, 'kept-']);
    await kubectl.ok(['delete', 'hpa/moved', 'deployment/moved', 'statefulset/kept', 'daemonset/each']);
  });

  it('gives logs, figures and names to whoever looks after its pods (A2.13)', async () => {
    await cluster.apply(webDeployment('named', 1), service('named'));
    await cluster.rolledOut('named');
    const ask = 'fetch("http://named.default.svc.cluster.local").then((a) => a.text()).then((text) => console.log("answer " + text))';
    const again = `until node -e '${ask}'; do sleep 0.2; done; exec sleep 1000`;
    await cluster.apply(pod('asks', { containers: [shellContainer('main', again)] }));
    const [name] = (await cluster.podsOf('named')).map(({ metadata }) => metadata.name);
    await eventually('an answer under its name', async () =>
      (await cluster.kubectl.ok(['logs', 'asks'])).split('\n').includes(`answer ${name ?? ''}`),
    );
    await eventually('figures', async () => (await cluster.kubectl.run(['top', 'pod', 'asks'])).code === 0);
  });

  it('measures its containers and itself (A4.12)', async () => {
    const figures = 'dd if=/dev/zero of=/tmp/file bs=1M count=8 2>/dev/null; while :; do :; done';
    await cluster.apply(pod('busy', { containers: [shellContainer('main', figures, { resources: { limits: { cpu: '200m' } } })] }));
    await cluster.ready('busy');
    const top = await eventually('cpu of the pod', async () => {
      const { stdout } = await cluster.kubectl.run(['top', 'pod', 'busy', '--no-headers']);
      return /^busy +[1-9]\d*m +\d+Mi *$/m.exec(stdout)?.[0];
    });
    const nodes = await cluster.kubectl.ok(['top', 'nodes', '--no-headers']);
    console.log(`kubectl top: ${top.trim()}; ${nodes.trim()}`);
    expect(nodes).toMatch(/^\S+ +[1-9]\d*m +\d+% +[1-9]\d*Mi +\d+% *$/m);
    const { metadata } = await node();
    const proxied = (path: string) => cluster.kubectl.ok(['get', '--raw', `/api/v1/nodes/${metadata.name}/proxy/${path}`]);
    const summary = JSON.parse(await proxied('stats/summary')) as { node: Record<string, Record<string, number>> };
    expect(summary.node['network']?.['rxBytes']).toBeGreaterThan(0);
    expect(summary.node['fs']?.['usedBytes']).toBeGreaterThan(0);
    expect(samplesOf(await cluster.kubectl.ok(['get', '--raw', '/metrics']))).toContain('apiserver_request_total');
    const containers = samplesOf(await proxied('metrics/cadvisor'));
    expect(containers).toEqual(
      expect.arrayContaining([
        'container_cpu_usage_seconds_total',
        'container_memory_working_set_bytes',
        'container_network_receive_bytes_total',
      ]),
    );
  });

  it('keeps logs in the layout that collectors know, and answers questions about them (A11.3)', async () => {
    const script =
      'echo "run starts"; echo "to the other stream" >&2; sleep 2; echo "line 1"; echo "line 2"; test -e /kept/second || { touch /kept/second; exit 3; }; exec sleep 1000';
    const mounts = { volumeMounts: [{ name: 'kept', mountPath: '/kept' }] };
    await cluster.apply(pod('teller', { containers: [shellContainer('main', script, mounts)], volumes: [{ name: 'kept', emptyDir: {} }] }));
    const logs = (...args: string[]) => cluster.kubectl.ok(['logs', 'teller', ...args]);
    await eventually('the second run', async () => (await logs('--previous')) !== '' && (await logs()).includes('line 2'));
    const all = 'run starts\nto the other stream\nline 1\nline 2\n';
    expect([...(await logs('--previous')).split('\n')].sort()).toEqual(all.split('\n').sort());
    expect(await logs('--tail=1')).toBe('line 2\n');
    expect(await logs('--since=1h')).toContain('run starts');
    const since = (await logs('--timestamps', '--tail=2')).split(' ')[0] ?? '';
    expect(await logs(`--since-time=${since}`)).toBe('line 1\nline 2\n');

    const { metadata } = await node();
    const { uid } = (await cluster.pod('teller')).metadata;
    const place = join(cluster.up.dataDir, 'logs', metadata.name, `default_teller_${uid}`, 'main');
    expect(readdirSync(place).sort()).toEqual(['0.log', '1.log']);
    const lines = readFileSync(join(place, '0.log'), 'utf8').trimEnd().split('\n');
    const parts = lines.map((line) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) F (.*)$/.exec(line)?.slice(1),
    );
    expect(parts).toEqual(
      expect.arrayContaining([
        ['stdout', 'run starts'],
        ['stderr', 'to the other stream'],
        ['stdout', 'line 2'],
      ]),
    );
    expect(parts).toHaveLength(4);
  });

  it('sizes a Deployment by what its processes use (A3.16)', async () => {
    await expect.poll(async () => (await cluster.podsOf('follower')).length, { timeout: 120_000, interval: 500 }).toBe(2);
    await eventually('the event', async () =>
      (await cluster.eventsOf('follower')).some(
        ({ reason, message }) =>
          reason === 'SuccessfulRescale' &&
          message === 'New size: 2; reason: cpu resource utilization (percentage of request) above target',
      ),
    );
    const targets = await cluster.kubectl.ok(['get', 'hpa', 'follower', '--no-headers']);
    console.log(`kubectl get hpa: ${targets.trim()}`);
    expect(targets).toMatch(/Deployment\/follower +cpu: [1-9]\d{2,}%\/100% +1 +2 +[12] /);
  });

  it('has another amount for pods when another is reserved (A2.1)', async () => {
    await cluster.up.stop();
    await cluster.startAgain(['--reserve', 'cpu=500m']);
    const { capacity, allocatable } = (await node()).status;
    expect([allocatable['cpu'], allocatable['memory']]).toEqual([
      `${availableParallelism() * 1000 - 500}m`,
      `${Math.floor(totalmem() / 1024) - 100 * 1024}Ki`,
    ]);
    expect(capacity['cpu']).toBe(String(availableParallelism()));
  });
});
