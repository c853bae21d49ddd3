import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { pod, podEnvironment, processesOf, shellContainer } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const folder = tempFolder('steer-process-volumes-');
let cluster: ProcessCluster;

beforeAll(async () => {
  if (newestKubectl !== undefined) cluster = await startProcessCluster(folder.path);
});
afterAll(async () => {
  if (newestKubectl !== undefined) await cluster.up.stop();
  folder[Symbol.dispose]();
});

describe.skipIf(newestKubectl === undefined)('volumes of pods that are processes', () => {
  const logs = (...words: string[]) => cluster.kubectl.ok(['logs', ...words]);
  const configMap = (data: Record<string, string>, more: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data,
    ...more,
  });
  const mounted = (name: string, more: object = {}) => ({ volumeMounts: [{ name, mountPath: `/mounted`, ...more }] });

  it('a helper reads what the main container writes into the volume that they share (A3.2, A6.3)', async () => {
    const main = shellContainer('main', 'i=0; while :; do i=$((i+1)); echo "entry $i" >>/mounted/log; sleep 0.2; done', mounted('shared'));
    const helper = shellContainer('helper', 'until test -e /mounted/log; do sleep 0.1; done; exec tail -f /mounted/log', mounted('shared'));
    await cluster.apply(pod('pair', { containers: [main, helper], volumes: [{ name: 'shared', emptyDir: {} }] }));
    await eventually('the log of the helper', async () => (await logs('pair', '-c', 'helper')).startsWith('entry 1\nentry 2\n'));
    expect(await logs('pair', '-c', 'main')).toBe('');
  });

  it('a changed ConfigMap is in the files of a running pod, and not in its environment; an immutable one stays (A6.1)', async () => {
    await cluster.apply(configMap({ url: 'http://one' }));
    const env = [{ name: 'URL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'url' } } }];
    const script = 'while :; do echo "env $URL file $(cat /mounted/url)"; sleep 0.1; done';
    const volumes = [{ name: 'settings', configMap: { name: 'settings' } }];
    await cluster.apply(pod('configured', { containers: [shellContainer('main', script, { env, ...mounted('settings') })], volumes }));
    await eventually('the first value', async () => (await logs('configured')).includes('env http://one file http://one\n'));
    const from = Date.now();
    await cluster.apply(configMap({ url: 'http://two' }));
    await eventually('the second value', async () => (await logs('configured', '--tail=1')) === 'env http://one file http://two\n');
    console.log(`a changed ConfigMap was in the log of its pod ${Date.now() - from} ms after kubectl had begun to apply it`);
    expect((await cluster.pod('configured')).status.containerStatuses[0]?.restartCount).toBe(0);

    await cluster.apply(configMap({ url: 'http://two' }, { immutable: true }));
    const patch = ['patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"url":"http://three"}}'];
    expect(await cluster.kubectl.fails(patch)).toContain('data: Forbidden: field is immutable when `immutable` is set');
    expect(await logs('configured', '--tail=1')).toBe('env http://one file http://two\n');
  });

  it('a Secret is base64 in the API, itself in its pod, and in no file of the store (A6.2)', async () => {
    const words = ['secret', 'generic', 'key', '--from-literal=password=correct-horse-battery'];
    const object = await cluster.kubectl.ok(['create', ...words, '--dry-run=client', '-o', 'json']);
    await cluster.kubectl.ok(['create', '--validate=false', '-f', '-'], object);
    expect(await cluster.kubectl.ok(['get', 'secret', 'key', '-o', 'jsonpath={.data.password}'])).toBe('Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5');
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'key', key: 'password' } } }];
    const script =
      'stat -L -c "mode %a" /mounted/password; test "$(cat /mounted/password)" = "$PASSWORD" && echo "${PASSWORD%-horse*}"; exec sleep 1000';
    const volumes = [{ name: 'key', secret: { secretName: 'key', defaultMode: 0o400 } }];
    await cluster.apply(pod('keeper', { containers: [shellContainer('main', script, { env, ...mounted('key') })], volumes }));
    await eventually('its log', async () => (await logs('keeper')) === 'mode 400\ncorrect\n');
    const store = join(cluster.up.dataDir, 'store');
    const files = readdirSync(store).map((name) => join(store, name));
    expect(files.filter((file) => statSync(file).size > 100_000).length).toBeGreaterThan(0);
    const holds = (text: string) => files.filter((file) => readFileSync(file).includes(text));
    expect(holds('correct-horse')).toEqual([]);
    expect(holds('Y29ycmVjdC1ob3JzZS')).toEqual([]);
    expect(holds('keeper')).not.toEqual([]); // The name of what is no secret is found this way.
  });

  it('a folder of the machine outlives its pod, an emptyDir does not (A6.4)', async () => {
    const path = join(folder.path, 'on-the-machine');
    mkdirSync(path);
    const volumes = [
      { name: 'machine', hostPath: { path, type: 'Directory' } },
      { name: 'empty', emptyDir: {} },
    ];
    const volumeMounts = [
      { name: 'machine', mountPath: '/machine' },
      { name: 'empty', mountPath: '/empty' },
    ];
    const script =
      'exec 2>&1; cat /machine/word /empty/word; echo written >/machine/word; echo written >/empty/word; echo done; exec sleep 1000';
    const again = () => cluster.apply(pod('writer', { containers: [shellContainer('main', script, { volumeMounts })], volumes }));
    await again();
    await eventually('its log', async () => (await logs('writer')).endsWith('done\n'));
    await cluster.kubectl.ok(['delete', 'pod', 'writer']);
    expect(readFileSync(join(path, 'word'), 'utf8')).toBe('written\n');
    await again();
    await eventually('its log', async () => (await logs('writer')).endsWith('done\n'));
    const lines = (await logs('writer')).trimEnd().split('\n');
    expect(lines.filter((line) => line === 'written')).toHaveLength(1);
    expect(lines.filter((line) => /empty\/word.*No such file/.test(line))).toHaveLength(1);
  });

  it('a database that is replaced finds its data (A6.8)', async () => {
    const path = join(folder.path, 'database');
    const container = shellContainer(
      'main',
      'touch /mounted/rows; echo "found $(cat /mounted/rows | wc -l) rows"; echo row >>/mounted/rows; exec sleep 1000',
      {
        env: podEnvironment,
        ...mounted('data', { subPath: 'rows-of/one' }),
      },
    );
    const template = {
      metadata: { labels: { app: 'database' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [container],
        volumes: [{ name: 'data', hostPath: { path, type: 'DirectoryOrCreate' } }],
      },
    };
    const spec = { replicas: 1, strategy: { type: 'Recreate' }, selector: { matchLabels: { app: 'database' } }, template };
    await cluster.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'database' }, spec });
    const found = (rows: number) =>
      eventually(`${rows} rows`, async () => {
        const [one, ...others] = await cluster.podsOf('database');
        const name = one?.metadata.name ?? '';
        return others.length === 0 && (await logs(name)) === `found ${rows} rows\n` && name;
      });
    const before = await found(0);
    await cluster.kubectl.ok(['delete', 'pod', before, '--grace-period=0', '--force']);
    const after = await found(1);
    await eventually('the end of the first', () => Promise.resolve(processesOf(before).length === 0));
    expect(processesOf(after)).toHaveLength(1);
    expect(readFileSync(join(path, 'rows-of/one/rows'), 'utf8')).toBe('row\nrow\n');
  });

  it('a claim of the default class is a folder that outlives the pods of its StatefulSet, and goes with the claim (A3.11, A6.6, A6.8)', async () => {
    const script = 'touch /mounted/rows; echo "found $(cat /mounted/rows | wc -l) rows"; echo row >>/mounted/rows; exec sleep 1000';
    const containers = [shellContainer('main', script, mounted('data'))];
    const labels = { app: 'store' };
    const set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'store' },
      spec: {
        replicas: 1,
        serviceName: 'store',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } },
        volumeClaimTemplates: [
          { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
        ],
      },
    };
    await cluster.apply(set);
    const found = (rows: number) =>
      eventually(
        `${rows} rows`,
        async () => (await cluster.podsOf('store')).length === 1 && (await logs('store-0')) === `found ${rows} rows\n`,
      );
    await found(0);
    const get = (path: string) => cluster.kubectl.ok(['get', 'pvc', 'data-store-0', '-o', `jsonpath=${path}`]);
    expect(await get('{.status.phase} {.spec.storageClassName}')).toBe('Bound local-path');
    const volumes = join(cluster.up.dataDir, 'volumes');
    const name = await get('{.spec.volumeName}');
    expect(readdirSync(volumes)).toEqual([name]);
    await cluster.kubectl.ok(['delete', 'pod', 'store-0', '--grace-period=0', '--force']);
    await found(1);
    await cluster.kubectl.ok(['delete', 'statefulset', 'store']);
    expect(readFileSync(join(volumes, name, 'rows'), 'utf8')).toBe('row\nrow\n');
    await cluster.kubectl.ok(['delete', 'pvc', 'data-store-0']);
    await eventually('the end of the folder', () => Promise.resolve(readdirSync(volumes).length === 0));
    expect(await cluster.kubectl.ok(['get', 'pv'])).toBe('');
  });
});
