import { expect, it } from 'vitest';
import { Job } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { configMap, startGitOps, yaml } from '../support/gitops.ts';

const job = (name: string, annotations: Record<string, string> = {}): KubeObject =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
  }) as KubeObject;
const definition = (...versions: string[]): KubeObject =>
  ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.sea.example' },
    spec: {
      group: 'sea.example',
      scope: 'Namespaced',
      names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
      versions: versions.map((name, at) => ({ name, served: true, storage: at === 0, schema: { openAPIV3Schema: { type: 'object' } } })),
    },
  }) as KubeObject;

it('a rollback says what it does not bring back and what runs again', async () => {
  const world = await startGitOps();
  try {
    const hook = job('check', { 'steersman.dev/hook': 'PreSync' });
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' }), definition('v1'), hook) });
    await world.application('shop');
    await world.synced('shop');
    const check = async () => (await world.client.get(Job, { namespace: 'default', name: 'check' })).metadata.uid;
    const initial = await check();
    const second = world.source.commit('repo', {
      'a.yaml': yaml(configMap('a', { k: '2' }), definition('v1', 'v2'), hook, job('migrate')),
    });
    await world.synced('shop', second);
    expect(await world.find(Job, { namespace: 'default', name: 'migrate' })).toBeDefined();

    const first = await check();
    expect(first).not.toBe(initial);
    await world.ask('shop', { action: 'rollback', to: 1 });
    expect(await check()).not.toBe(first);
    const message = (await world.revisions('shop')).at(-1)?.spec.cause?.message;
    expect(message).toMatch(
      /^rolling back to revision 1 \(\w+\); mind: batch\/Job default\/check runs again; apiextensions\.k8s\.io\/CustomResourceDefinition boats\.sea\.example: version v2 goes, .*; batch\/Job default\/migrate has run: what it did is not undone$/,
    );
  } finally {
    await world.stop();
  }
});

it('a rollback of what can simply be set back says nothing', async () => {
  const world = await startGitOps();
  try {
    world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '1' })) });
    await world.application('shop');
    await world.synced('shop');
    await world.synced('shop', world.source.commit('repo', { 'a.yaml': yaml(configMap('a', { k: '2' })) }));
    await world.ask('shop', { action: 'rollback' });
    expect((await world.revisions('shop')).at(-1)?.spec.cause?.message).toMatch(/^rolling back to revision 1 \(\w+\)$/);
  } finally {
    await world.stop();
  }
});
