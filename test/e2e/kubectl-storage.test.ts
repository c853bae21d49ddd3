import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim } from '../../src/api/kinds.generated.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, yaml } from '../support/gitops.ts';
import { kubectlOn, type Kubectl } from '../support/kubectl.ts';
import { eventually, newestKubectl } from '../support/process-cluster.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder('steer-storage-');
let up: Up;
let kubectl: Kubectl;

beforeAll(async () => {
  if (newestKubectl === undefined) return;
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({ 'settings.yaml': yaml(configMap('settings', { a: '1' })) });
  up = await startUp(repository.path, { folder: folder.path });
  kubectl = kubectlOn(newestKubectl, { kubeconfig: up.kubeconfig, namespace: 'default', folder: folder.path });
});
afterAll(async () => {
  if (newestKubectl !== undefined) await up.stop();
  folder[Symbol.dispose]();
});

const claim = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const create = (object: object) => kubectl.ok(['create', '-f', '-'], JSON.stringify(object));
/** A table's columns, each line without the age. */
const table = async (...args: string[]) =>
  (await kubectl.ok(['get', ...args, '--no-headers']))
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).slice(0, -1));
const phase = (name: string) => kubectl.ok(['get', 'pvc', name, '-o', 'jsonpath={.status.phase}']);
/** Reason and message of the events that `describe` shows. */
const described = async (...args: string[]) => {
  const text = await kubectl.ok(['describe', ...args]);
  return text.slice(text.indexOf('Events:'));
};

describe.skipIf(newestKubectl === undefined)('storage, as kubectl shows it', () => {
  it('has a default class, whose claims wait for a pod, have a folder, grow, and go with it (A6.6)', async () => {
    expect(await table('storageclass')).toEqual([
      ['local-path', '(default)', 'steersman.dev/local-path', 'Delete', 'WaitForFirstConsumer', 'true'],
    ]);
    await create(claim('data'));
    await eventually('the event', async () =>
      (await described('pvc', 'data')).includes('waiting for first consumer to be created before binding'),
    );
    expect(await phase('data')).toBe('Pending');
    const container = { name: 'web', image: 'web:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] };
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    await create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec: { containers: [container], volumes } });
    await kubectl.ok(['wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/data', '--timeout=30s']);
    const { spec } = await kubectl.json<PersistentVolumeClaim>(['get', 'pvc', 'data']);
    const name = spec.volumeName ?? '';
    expect(existsSync(join(up.dataDir, 'volumes', name))).toBe(true);
    expect(await table('pvc', 'data')).toEqual([['data', 'Bound', name, '1Gi', 'RWO', 'local-path', '<unset>']]);
    expect(await table('pv', name)).toEqual([[name, '1Gi', 'RWO', 'Delete', 'Bound', 'default/data', 'local-path', '<unset>']]);
    await eventually('the event', async () => (await described('pvc', 'data')).includes('ProvisioningSucceeded'));
    const text = await kubectl.ok(['describe', 'pvc', 'data']);
    for (const word of [
      /Used By: +user/,
      /Finalizers: +\[kubernetes.io\/pvc-protection\]/,
      /ProvisioningSucceeded .* Successfully provisioned volume pvc-/,
    ]) {
      expect(text).toMatch(word);
    }
    expect(await kubectl.ok(['describe', 'pv', name])).toMatch(/Source:\s+Type: +LocalVolume/);
    await kubectl.ok(['patch', 'pvc', 'data', '-p', '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}']);
    await kubectl.ok(['wait', '--for=jsonpath={.status.capacity.storage}=2Gi', 'pvc/data', '--timeout=30s']);
    await kubectl.ok(['delete', 'pvc', 'data', '--wait=false']);
    expect((await table('pvc', 'data'))[0]?.[1]).toBe('Terminating');
    await kubectl.ok(['delete', 'pod', 'user', '--now']);
    await kubectl.ok(['wait', '--for=delete', `pv/${name}`, '--timeout=30s']);
    expect(existsSync(join(up.dataDir, 'volumes', name))).toBe(false);
  });

  it('binds what is there: the claim and the volume say so to each other, and the volume is kept (A6.5)', async () => {
    const spec = {
      accessModes: ['ReadWriteMany'],
      capacity: { storage: '5Gi' },
      storageClassName: 'manual',
      nfs: { server: 'nfs.example.com', path: '/' },
    };
    await create({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'share' }, spec });
    await create(claim('shared', { storageClassName: 'manual', accessModes: ['ReadWriteMany'] }));
    await kubectl.ok(['wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/shared', '--timeout=30s']);
    expect(await table('pv', 'share')).toEqual([['share', '5Gi', 'RWX', 'Retain', 'Bound', 'default/shared', 'manual', '<unset>']]);
    await kubectl.ok(['delete', 'pvc', 'shared']);
    await kubectl.ok(['wait', '--for=jsonpath={.status.phase}=Released', 'pv/share', '--timeout=30s']);
    await create(claim('late', { storageClassName: '' }));
    await eventually('the event', async () =>
      (await described('pvc', 'late')).includes('no persistent volumes available for this claim and no storage class is set'),
    );
  });

  it('shows Endpoints, and what people keep of them as slices (A5.14)', async () => {
    const ports = [{ port: 5432 }];
    await create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db' }, spec: { ports } });
    await create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db' }, subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports }] });
    await eventually('the slice', async () => (await kubectl.ok(['describe', 'service', 'db'])).includes('192.0.2.7:5432'));
    expect(await table('endpoints', 'db')).toEqual([['db', '192.0.2.7:5432']]);
  });
});
