import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, lstatSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveToGroup } from '../../src/agent/volumes/give-to-group.ts';
import { PersistentVolume, PersistentVolumeClaim, type PersistentVolumeSpec, type Pod } from '../../src/api/kinds.generated.ts';
import { canIsolate, isRoot } from '../support/process-runtime.ts';
import { startRealCluster, type RealCluster } from '../support/real-cluster.ts';

const container = (script: string, mount: object = {}): NonNullable<Pod['spec']>['containers'][number] => ({
  name: 'main',
  image: 'i',
  command: ['sh', '-c', script],
  volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }],
});

describe.skipIf(process.platform !== 'linux' || !(await canIsolate()))('claims of pods that really run', { timeout: 60_000 }, () => {
  let real: RealCluster;
  beforeAll(async () => void (real = await startRealCluster('isolated')), 30_000);
  afterAll(async () => {
    expect(await real.stop()).toEqual([]);
    expect(real.troubles).toEqual([]);
  }, 30_000);

  /** A claim that is bound to a volume of this kind. */
  const bound = async (name: string, source: Partial<PersistentVolumeSpec>) => {
    const spec = { accessModes: ['ReadWriteOnce' as const], capacity: { storage: '1Gi' }, ...source };
    await real.cluster.create(PersistentVolume, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec });
    await claim(name, { volumeName: name });
    await real.until(async () => (await claimed(name)).status?.phase === 'Bound');
  };
  const claim = (name: string, more: Partial<PersistentVolumeClaim['spec']> = {}) =>
    real.cluster.create(PersistentVolumeClaim, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } }, ...more },
    });
  const claimed = (name: string) => real.cluster.get(PersistentVolumeClaim, { namespace: 'default', name });
  const run = async (name: string, claimName: string, script: string, more: { mount?: object; readOnly?: true; spec?: object } = {}) => {
    const persistentVolumeClaim = { claimName, ...(more.readOnly === undefined ? {} : { readOnly: true }) };
    const containers = [container(script, more.mount)];
    await real.create(name, { restartPolicy: 'Never', containers, volumes: [{ name: 'data', persistentVolumeClaim }], ...more.spec });
    await real.until(async () => ['Succeeded', 'Failed'].includes((await real.pod(name)).status?.phase ?? ''));
    const text = await real.logs(name);
    await real.remove(name);
    return text;
  };
  const folder = (name: string) => {
    const path = join(real.folder, name);
    mkdirSync(path, { mode: 0o777 });
    return path;
  };

  it('outlive the pod: what one has written the next one reads (A6.8)', async () => {
    const path = folder('kept');
    await bound('kept', { local: { path }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } } });
    expect(await run('first', 'kept', 'echo written >/data/file')).toBe('');
    expect(await run('second', 'kept', 'cat /data/file')).toBe('written\n');
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('written\n');
  });
  const here = { key: 'kubernetes.io/os', operator: 'In' as const, values: ['linux'] };

  it('may be read-only, or a part of them', async () => {
    const path = folder('parts');
    writeFileSync(join(path, 'file'), 'text\n');
    await bound('parts', { hostPath: { path, type: 'Directory' } });
    expect(await run('reader', 'parts', 'cat /data/file; touch /data/x 2>&1', { readOnly: true })).toMatch(
      /^text\n.*Read-only file system/,
    );
    await run('part', 'parts', 'echo inside >/data/in', { mount: { subPath: 'a/b' } });
    expect(readFileSync(join(path, 'a/b/in'), 'utf8')).toBe('inside\n');
  });

  it.skipIf(!isRoot)('are given to the group of the pod', async () => {
    const path = folder('owned');
    writeFileSync(join(path, 'file'), '', { mode: 0o600 });
    await bound('owned', { local: { path }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } } });
    const spec = { securityContext: { runAsUser: 1000, fsGroup: 4321 } };
    expect(await run('member', 'owned', 'stat -c "%g %a" /data /data/file; echo x >/data/file && echo ok', { spec })).toBe(
      '4321 2775\n4321 660\nok\n',
    );
  });

  it('that are not ready hold the pod, and say why', async () => {
    const volumes = (claimName: string) => [{ name: 'data', persistentVolumeClaim: { claimName } }];
    const lost = join(real.folder, 'lost');
    await bound('lost', { local: { path: lost }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } } });
    await bound('far', { nfs: { server: 'nfs.example.com', path: '/' } });
    await claim('pending');
    for (const name of ['lost', 'far', 'pending', 'missing']) {
      await real.create(`of-${name}`, { nodeName: 'here', containers: [container('sleep 60')], volumes: volumes(name) });
    }
    const failed = 'MountVolume.SetUp failed for volume "data" : ';
    const unable = 'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: ';
    const why = {
      lost: `${failed}path "${lost}" does not exist`,
      far: `${failed}the volume far is of type nfs, which is not provided by this node`,
      pending: `${unable}error processing PVC default/pending: PVC is not bound`,
      missing: `${unable}error processing PVC default/missing: failed to fetch PVC from API server: persistentvolumeclaims "missing" not found`,
    };
    for (const [name, text] of Object.entries(why)) {
      const told = `FailedMount: ${text}`;
      await real.until(async () => (await real.events(`of-${name}`)).includes(told));
    }
    mkdirSync(lost);
    await real.until(async () => (await real.pod('of-lost')).status?.phase === 'Running');
    for (const name of Object.keys(why)) await real.remove(`of-${name}`);
  });
});

describe.skipIf(!isRoot)('giving a folder to a group', () => {
  it('follows no link out of it, and stops where the root is right', async () => {
    const place = await mkdtemp(join(tmpdir(), 'steer-group-'));
    try {
      const [outside, inside] = [join(place, 'outside'), join(place, 'inside')];
      mkdirSync(join(inside, 'deep'), { recursive: true });
      writeFileSync(outside, '', { mode: 0o600 });
      writeFileSync(join(inside, 'deep', 'file'), '', { mode: 0o640 });
      symlinkSync(outside, join(inside, 'link'));
      symlinkSync(place, join(inside, 'up'));
      await giveToGroup(inside, 4321);
      const of = (path: string) => [lstatSync(path).gid, (lstatSync(path).mode & 0o7777).toString(8)];
      expect([of(inside), of(join(inside, 'deep')), of(join(inside, 'deep', 'file'))]).toEqual([
        [4321, '2775'],
        [4321, '2775'],
        [4321, '660'],
      ]);
      expect([statSync(outside).gid, statSync(place).gid, lstatSync(join(inside, 'link')).gid]).toEqual([0, 0, 4321]);
      writeFileSync(join(inside, 'later'), '');
      await giveToGroup(inside, 4321, { onlyIfRootDiffers: true });
      // What is made in it has the group already, but not its rights.
      expect(of(join(inside, 'later'))).toEqual([4321, '644']);
    } finally {
      await rm(place, { recursive: true });
    }
  });
});
