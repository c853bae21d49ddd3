import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigMap, Pod, Secret, Service } from '../../src/api/kinds.generated.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import { canIsolate, clock, isRoot } from '../support/process-runtime.ts';
import { startRealCluster, type RealCluster } from '../support/real-cluster.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
const shell = (script: string, more: Partial<Container> = {}): Container => ({
  name: 'main',
  image: 'i',
  command: ['sh', '-c', script],
  ...more,
});
const once = { restartPolicy: 'Never' } as const;

describe.skipIf(process.platform !== 'linux' || !(await canIsolate()))(
  'pods that really run',
  () => {
    let real: RealCluster;
    beforeAll(async () => {
      real = await startRealCluster('isolated');
      await configMap('settings', { url: 'http://one', 'b.conf': 'b' });
      const data = { password: Buffer.from('hunter2').toString('base64') };
      await real.cluster.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace: 'default' }, data });
    }, 30_000);
    afterAll(async () => {
      expect(await real.stop()).toEqual([]);
      expect(existsSync(join(real.folder, 'pods', 'leftover'))).toBe(false);
      expect(real.troubles).toEqual([]);
    }, 30_000);

    const configMap = (name: string, data: Record<string, string>, more: Partial<ConfigMap> = {}) =>
      real.cluster.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data, ...more });
    const phase = async (name: string) => (await real.pod(name)).status?.phase;
    const status = async (name: string) => (await real.pod(name)).status?.containerStatuses?.[0];
    /** Runs one container to its end; answers its output. */
    const output = async (
      name: string,
      spec: Partial<NonNullable<Pod['spec']>>,
      metadata: Partial<Pod['metadata']> = {},
    ): Promise<string> => {
      await real.create(name, { ...once, ...spec }, metadata);
      await real.until(async () => ['Succeeded', 'Failed'].includes((await phase(name)) ?? ''));
      const text = await real.logs(name);
      await real.remove(name);
      return text;
    };

    describe('volumes', () => {
      it('are what the pod says, at their paths and with their modes', async () => {
        const script =
          'cd /v; cat c/url c/dir/renamed s/password d/labels d/cpu p/all/url; echo; stat -L -c "%a %F" c/dir/renamed s/password e m; touch c/x 2>&1';
        const text = await output(
          'kinds',
          {
            containers: [
              shell(script, {
                resources: { limits: { cpu: '250m' } },
                volumeMounts: ['c', 's', 'd', 'p', 'e', 'm'].map((name) => ({ name, mountPath: `/v/${name}` })),
              }),
            ],
            volumes: [
              {
                name: 'c',
                configMap: {
                  name: 'settings',
                  items: [
                    { key: 'url', path: 'url' },
                    { key: 'b.conf', path: 'dir/renamed', mode: 0o400 },
                  ],
                },
              },
              { name: 's', secret: { secretName: 'login', defaultMode: 0o440 } },
              {
                name: 'd',
                downwardAPI: {
                  items: [
                    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                    { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
                  ],
                },
              },
              { name: 'p', projected: { sources: [{ configMap: { name: 'settings', items: [{ key: 'url', path: 'all/url' }] } }] } },
              { name: 'e', emptyDir: {} },
              { name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
            ],
          },
          { labels: { app: 'x', tier: 'b' } },
        );
        const lines = text.split('\n');
        expect(lines.slice(0, 2).join('\n')).toBe('http://onebhunter2app="x"\ntier="b"250http://one');
        expect(lines.slice(2, 6)).toEqual(
          ['400 regular file', '440 regular file', '777 directory', '1777 directory'].map((one) =>
            expect.stringMatching(one.replace('1777', '1?777')),
          ),
        );
        expect(text).toContain('Read-only file system');
      });
      it('bring changes of a ConfigMap into the running container within two seconds, in one step', async () => {
        await configMap('live', { a: '1', b: '1' });
        await real.create('watcher', {
          containers: [shell('while true; do cat /c/a /c/b; echo; sleep 0.05; done', { volumeMounts: [{ name: 'c', mountPath: '/c' }] })],
          volumes: [{ name: 'c', configMap: { name: 'live' } }],
        });
        await real.until(async () => (await phase('watcher')) === 'Running' && (await real.logs('watcher')).includes('11'));
        await real.cluster.patch(ConfigMap, { namespace: 'default', name: 'live' }, { data: { a: '2', b: '2' } });
        await real.until(async () => (await real.logs('watcher')).includes('22'), 2000);
        expect(new Set((await real.logs('watcher')).trim().split('\n'))).toEqual(new Set(['11', '22']));
        await real.remove('watcher');
      });
      it('are shared by the containers of a pod', async () => {
        const volumeMounts = [{ name: 'logs', mountPath: '/logs' }];
        await real.create('pair', {
          containers: [
            shell('echo a line >> /logs/app.log; sleep 60', { volumeMounts }),
            shell('tail -n +1 -F /logs/app.log 2>/dev/null', { name: 'helper', volumeMounts }),
          ],
          volumes: [{ name: 'logs', emptyDir: {} }],
        });
        await real.until(
          async () => (await phase('pair')) === 'Running' && (await real.logs('pair', { container: 'helper' })) === 'a line\n',
        );
        await real.remove('pair');
      });
      it('that are missing are waited for, with the words of a kubelet', async () => {
        await real.create('waits', {
          ...once,
          containers: [shell('cat /c/a', { volumeMounts: [{ name: 'c', mountPath: '/c' }] })],
          volumes: [{ name: 'c', configMap: { name: 'later' } }],
        });
        await real.until(async () =>
          (await real.events('waits')).includes('FailedMount: MountVolume.SetUp failed for volume "c" : configmap "later" not found'),
        );
        // The event and the status go their own ways.
        await real.until(async () => (await status('waits'))?.state !== undefined);
        expect((await status('waits'))?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
        await configMap('later', { a: 'here' });
        await real.until(async () => (await phase('waits')) === 'Succeeded', 2000);
        expect(await real.logs('waits')).toBe('here\n');
        await real.remove('waits');
      });
      it('of the machine are checked by their type, and outlive the pod', async () => {
        const path = join(real.folder, 'host');
        const write = { volumeMounts: [{ name: 'h', mountPath: '/h' }] };
        await output('writes', {
          containers: [shell('echo kept > /h/file', write)],
          volumes: [{ name: 'h', hostPath: { path, type: 'DirectoryOrCreate' } }],
        });
        expect(existsSync(join(path, 'file'))).toBe(true);
        await real.create('typed', { containers: [shell('true', write)], volumes: [{ name: 'h', hostPath: { path, type: 'File' } }] });
        await real.until(async () =>
          (await real.events('typed')).includes(
            `FailedMount: MountVolume.SetUp failed for volume "h" : hostPath type check failed: ${path} is not a file`,
          ),
        );
        await real.remove('typed');
      });
      it('on disk that outgrow their limit end the pod', async () => {
        await real.create('fat', {
          ...once,
          containers: [shell('head -c 2000000 /dev/zero > /e/big; sleep 60', { volumeMounts: [{ name: 'e', mountPath: '/e' }] })],
          volumes: [{ name: 'e', emptyDir: { sizeLimit: '1Mi' } }],
        });
        await real.until(async () => (await phase('fat')) === 'Failed', 15_000);
        const { reason, message } = (await real.pod('fat')).status ?? {};
        expect([reason, message]).toEqual(['Evicted', 'Usage of EmptyDir volume "e" exceeds the limit "1Mi". ']);
        await real.remove('fat');
      });
      it('have parts, by name or by an expression, that no link leads out of', async () => {
        const path = join(real.folder, 'parts');
        mkdirSync(join(path, 'sub'), { recursive: true });
        writeFileSync(join(path, 'sub', 'file'), 'inside');
        symlinkSync('/etc', join(path, 'out'));
        const volumes = [{ name: 'h', hostPath: { path } }];
        const mount = (more: object) => ({ volumeMounts: [{ name: 'h', mountPath: '/h', ...more }] });
        const env = [{ name: 'PART', value: 'sub' }];
        expect(await output('part', { volumes, containers: [shell('cat /h/file', { env, ...mount({ subPathExpr: '$(PART)' }) })] })).toBe(
          'inside\n',
        );
        expect(
          await output('one', { volumes, containers: [shell('cat /h/file', mount({ mountPath: '/h/file', subPath: 'sub/file' }))] }),
        ).toBe('inside\n');
        await real.create('escape', { volumes, containers: [shell('cat /h/passwd', mount({ subPath: 'out' }))] });
        await real.until(async () => (await status('escape'))?.state?.waiting?.reason === 'CreateContainerConfigError');
        expect((await status('escape'))?.state?.waiting?.message).toBe(
          `failed to prepare subPath for volumeMount "h" of container "main": subpath "out" not within volume path "${path}"`,
        );
        await real.remove('escape');
      });
    });

    describe('a container', () => {
      it('knows its Services, its resources and itself, and keys that name no variable are told', async () => {
        await real.cluster.create(Service, {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'my-db', namespace: 'default' },
          spec: { ports: [{ name: 'sql', port: 5432, targetPort: 1 }], clusterIP: '10.96.7.7' },
        });
        await configMap('odd', { good: 'yes', '1bad': 'no' });
        await real.create('env', {
          ...once,
          containers: [
            shell('echo $MY_DB_SERVICE_HOST $MY_DB_SERVICE_PORT_SQL $MY_DB_PORT $KUBERNETES_SERVICE_PORT $MEM $CPUS $HOSTNAME $good $URL', {
              envFrom: [{ configMapRef: { name: 'odd' } }],
              env: [
                { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
                { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
                { name: 'URL', value: 'db://$(MY_DB_SERVICE_HOST)' },
              ],
              resources: { limits: { memory: '64Mi', cpu: '250m' } },
            }),
          ],
        });
        await real.until(async () => (await phase('env')) === 'Succeeded');
        expect(await real.logs('env')).toBe('10.96.7.7 5432 tcp://10.96.7.7:5432 443 64 250 env yes db://10.96.7.7\n');
        expect(await real.events('env')).toContain(
          'InvalidEnvironmentVariableNames: Keys [1bad] from the EnvFrom configMap default/odd were skipped since they are considered invalid environment variable names.',
        );
        await real.remove('env');
      });
      it.skipIf(!isRoot)('runs as the user and group that it is told, and not as root where that is forbidden', async () => {
        const securityContext = { runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000 };
        const mounted = { volumeMounts: [{ name: 'e', mountPath: '/e' }] };
        const spec = {
          securityContext,
          volumes: [{ name: 'e', emptyDir: {} }],
          containers: [shell('id -u; id -g; stat -c "%g %a" /e; touch /e/x', mounted)],
        };
        expect(await output('user', spec)).toBe('1000\n2000\n3000 2777\n');
        await real.create('noroot', { containers: [shell('true', { securityContext: { runAsNonRoot: true } })] });
        await real.until(async () => (await status('noroot'))?.state?.waiting?.reason === 'CreateContainerConfigError');
        expect((await status('noroot'))?.state?.waiting?.message).toMatch(
          /^container has runAsNonRoot and image will run as root \(pod: "noroot_default\(/,
        );
        await real.remove('noroot');
      });
      it('leaves its last words in its file, or at the end of its log', async () => {
        await real.create('words', {
          ...once,
          containers: [
            shell('echo gone > /dev/termination-log; exit 3'),
            shell('echo from the log; exit 4', { name: 'logged', terminationMessagePolicy: 'FallbackToLogsOnError' }),
          ],
        });
        await real.until(async () => (await phase('words')) === 'Failed');
        const messages = (await real.pod('words')).status?.containerStatuses?.map((one) => one.state?.terminated?.message);
        expect(messages).toEqual(['gone\n', 'from the log\n']);
        await real.remove('words');
      });
      it('that crashes for the first time runs again within a quarter of a second, later ones back off', async () => {
        await real.create('crash', { containers: [shell('echo $(date +%s%N); sleep 0.3; exit 1')] });
        await real.until(async () => (await status('crash'))?.state?.waiting?.reason === 'CrashLoopBackOff');
        expect((await status('crash'))?.restartCount).toBe(1);
        const [second, first] = [await real.logs('crash'), await real.logs('crash', { previous: true })];
        expect(second).toBe(first); // It waits, and its last state is the run that ended last, as kubectl has it.
        await real.remove('crash');
      });
      it('is probed: http until it answers, exec for its life', async () => {
        const server = `setTimeout(() => require('http').createServer((q, r) => { r.statusCode = q.headers['x-key'] === 'k' ? 200 : 503; r.end() }).listen(8080), 300)`;
        const node = (name: string, more: Partial<Container>): Container => ({
          name,
          image: 'i',
          command: [process.execPath, '-e', server],
          ...more,
        });
        const ports = [{ name: 'web', containerPort: 8080 }];
        const get = (more: object) => ({ httpGet: { port: 'web', ...more }, periodSeconds: 1 });
        const begun = clock.now();
        await real.create('good', {
          containers: [
            node('main', { ports, readinessProbe: { ...get({ httpHeaders: [{ name: 'X-Key', value: 'k' }] }), periodSeconds: 10 } }),
          ],
        });
        await real.create('bad', { containers: [node('main', { ports, readinessProbe: get({}) })] });
        await real.until(async () => (await status('good'))?.ready === true, 5000);
        expect(clock.now() - begun).toBeLessThan(4000);
        await real.until(async () =>
          (await real.events('bad')).includes('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503'),
        );
        expect((await status('bad'))?.ready).toBe(false);
        await real.create('hangs', {
          containers: [
            shell('sleep 60', {
              livenessProbe: { exec: { command: ['sh', '-c', 'echo sick; exit 1'] }, periodSeconds: 1, failureThreshold: 1 },
            }),
          ],
        });
        await real.until(async () => ((await status('hangs'))?.restartCount ?? 0) > 0);
        expect(await real.events('hangs')).toEqual(
          expect.arrayContaining([
            'Unhealthy: Liveness probe failed: sick\n',
            'Killing: Container main failed liveness probe, will be restarted',
          ]),
        );
        await Promise.all(['good', 'bad', 'hangs'].map((name) => real.remove(name)));
      });
      it('is told when a hook fails, and when a probe cannot be made', async () => {
        const fails = { exec: { command: ['false'] } };
        const trapped = 'trap "exit 0" TERM; while true; do sleep 0.02; done';
        const probe = { exec: { command: ['no-such-command'] }, periodSeconds: 1 };
        await real.create('unhooked', { ...once, containers: [shell(trapped, { lifecycle: { postStart: fails } })] });
        await real.create('hooked', { containers: [shell(trapped, { lifecycle: { preStop: fails }, readinessProbe: probe })] });
        await real.until(async () => (await real.events('unhooked')).some((text) => text.startsWith('Killing')));
        expect(await real.events('unhooked')).toEqual(
          expect.arrayContaining(['FailedPostStartHook: PostStartHook failed', 'Killing: FailedPostStartHook']),
        );
        await real.until(async () => (await real.events('hooked')).some((text) => text.startsWith('Unhealthy')));
        expect((await real.events('hooked')).find((text) => text.startsWith('Unhealthy'))).toBe(
          'Unhealthy: Readiness probe errored and resulted in unknown state: exec: "no-such-command": executable file not found in $PATH',
        );
        await Promise.all(['hooked', 'unhooked'].map((name) => real.remove(name)));
        await real.until(async () => (await real.events('hooked')).includes('FailedPreStopHook: PreStopHook failed'));
      });
      it('has hooks after its start and before its end, and sidecars that live from before it to after it', async () => {
        const volumeMounts = [{ name: 'e', mountPath: '/e' }];
        const path = join(real.folder, 'story');
        const say = (word: string) => ({ exec: { command: ['sh', '-c', `echo ${word} >> /e/story`] } });
        const trap = (word: string) =>
          `echo ${word} >> /e/story; trap "echo end-${word} >> /e/story; exit 0" TERM; while true; do sleep 0.02; done`;
        await real.create('story', {
          terminationGracePeriodSeconds: 5,
          volumes: [{ name: 'e', hostPath: { path, type: 'DirectoryOrCreate' } }],
          initContainers: ['s1', 's2'].map((name) =>
            shell(trap(name), {
              name,
              volumeMounts,
              restartPolicy: 'Always',
              startupProbe: { exec: { command: ['grep', '-q', name, '/e/story'] } },
            }),
          ),
          containers: [shell(trap('app'), { volumeMounts, lifecycle: { postStart: say('post'), preStop: say('pre') } })],
        });
        await real.until(async () => (await status('story'))?.ready === true);
        await clock.sleep(300);
        await real.remove('story');
        const story = (
          await output('tells', { containers: [shell('cat /e/story', { volumeMounts })], volumes: [{ name: 'e', hostPath: { path } }] })
        ).trim();
        const [first, second, ...rest] = story.split('\n');
        // A hook after the start and the program that was started do not wait for each other.
        expect([first, second, ...rest.slice(0, 2).sort(), ...rest.slice(2)]).toEqual([
          's1',
          's2',
          'app',
          'post',
          'pre',
          'end-app',
          'end-s2',
          'end-s1',
        ]);
      });
    });

    it('nodes and pods are measured, as kubectl top asks', async () => {
      await real.create('busy', { containers: [shell('while true; do :; done', { resources: { limits: { cpu: '500m' } } })] });
      interface Metrics extends KubeObject {
        containers?: { usage: { cpu: string } }[];
        usage?: { cpu: string; memory: string };
      }
      const kind = (name: string, plural: string): Kind<Metrics> => ({
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        kind: name,
        plural,
        namespaced: plural === 'pods',
      });
      const number = (text = '0') => Number.parseInt(text, 10);
      await real.until(async () => {
        const { items } = await real.cluster.list(kind('PodMetrics', 'pods'), { namespace: 'default' });
        return number(items.find((one) => one.metadata.name === 'busy')?.containers?.[0]?.usage.cpu) > 50_000_000;
      });
      const [node] = (await real.cluster.list(kind('NodeMetrics', 'nodes'))).items;
      expect(number(node?.usage?.cpu)).toBeGreaterThan(0);
      expect(number(node?.usage?.memory)).toBeGreaterThan(1000);
      await real.remove('busy');
    });

    it('a pod that takes its time to end is ended when a second deletion gives it less', async () => {
      await real.create('slow', { terminationGracePeriodSeconds: 60, containers: [shell('trap "" TERM; while true; do sleep 0.1; done')] });
      await real.until(async () => (await phase('slow')) === 'Running');
      const key = { namespace: 'default', name: 'slow' };
      await real.cluster.delete(Pod, key);
      await clock.sleep(500);
      await real.cluster.delete(Pod, key, { graceSeconds: 1 });
      await real.until(() => real.pod('slow').then(() => false, isNotFound), 5000);
    });

    it('a pod that is being deleted when the control plane ends is ended in its next life', async () => {
      await real.create('stubborn', {
        terminationGracePeriodSeconds: 3,
        containers: [shell('trap "" TERM; while true; do sleep 0.1; done')],
      });
      await real.until(async () => (await phase('stubborn')) === 'Running');
      await real.cluster.delete(Pod, { namespace: 'default', name: 'stubborn' });
      await real.again();
      await real.until(() => real.pod('stubborn').then(() => false, isNotFound), 8000);
    }, 30_000);

    it('a pod goes on while the control plane starts again, with its volumes, its counts and the logs of its former run', async () => {
      const script = 'n=$(ls /e | wc -l); touch /e/$n; echo run $n; [ $n = 0 ] && exit 1; while true; do cat /c/a; echo; sleep 0.1; done';
      await configMap('again', { a: 'old' });
      await real.create('stays', {
        containers: [
          shell(script, {
            volumeMounts: [
              { name: 'e', mountPath: '/e' },
              { name: 'c', mountPath: '/c' },
            ],
          }),
        ],
        volumes: [
          { name: 'e', emptyDir: {} },
          { name: 'c', configMap: { name: 'again' } },
        ],
      });
      await real.until(async () => (await status('stays'))?.restartCount === 1 && (await status('stays'))?.ready === true);
      await real.create('failing', { containers: [shell('exit 1')] });
      await real.until(async () => (await status('failing'))?.state?.waiting?.reason === 'CrashLoopBackOff');
      const failed = await status('failing');
      const before = await status('stays');
      await real.again();
      await real.until(async () => (await status('stays'))?.ready === true);
      expect(await status('stays')).toEqual(before);
      expect(await status('failing')).toEqual(failed);
      expect(await real.logs('stays', { previous: true })).toBe('run 0\n');
      await real.cluster.patch(ConfigMap, { namespace: 'default', name: 'again' }, { data: { a: 'new' } });
      await real.until(async () => (await real.logs('stays')).includes('new'), 2000);
      await real.remove('stays');
    }, 30_000);
  },
  60_000,
);
