import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Application, ConfigMap } from '../../src/api/kinds.generated.ts';
import { changes } from '../../src/gitops/plan-id.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startGitOps, type TestGitOps } from '../support/gitops.ts';
import { openRenderers } from '../support/render-tools.ts';

const files = {
  'base/kustomization.yaml': 'resources: [map.yaml]\n',
  'base/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { mode: fast }\n',
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'chart/values.yaml': 'mode: fast\n',
  'chart/templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }}-settings }\ndata: { mode: {{ .Values.mode }}, in: {{ .Release.Namespace }} }\n',
};

describe('an application that says how it is rendered', () => {
  let world: TestGitOps;
  let renderers: readonly Renderer[] = [];
  beforeEach(async () => {
    world = await startGitOps({ nodes: 0, renderers: (clock) => (renderers = openRenderers({ clock })) });
    world.source.commit('repo', files);
  });
  afterEach(() => world.stop());

  const mapAt = (name: string, namespace = 'default') => world.find<ConfigMap>(ConfigMap, { namespace, name });
  const planned = async (path: string) => {
    const { plan } = await planOnce({
      cluster: world.client,
      sources: world.source,
      renderers,
      validate: createValidate(world.cluster.clock),
      source: { repo: 'repo', path, revision: '', intervalMs: 30_000 },
      application: { namespace: 'default', name: 'shop' },
      signal: new AbortController().signal,
    });
    return plan.steps.filter((step) => changes(step));
  };

  it('gets what kustomize makes of it, and renders anew when that changes', async () => {
    await world.application('shop', { source: { repo: 'repo', path: 'base' }, renderer: { kustomize: { namePrefix: 'a-' } } });
    await world.synced('shop');
    expect((await mapAt('a-settings'))?.data).toEqual({ mode: 'fast' });
    expect(await planned('base')).toEqual([]);
    await world.client.patch(
      Application,
      { namespace: 'default', name: 'shop' },
      { spec: { renderer: { kustomize: { namePrefix: 'b-' } } } },
    );
    await world.cluster.until(async () => (await mapAt('b-settings')) !== undefined && (await mapAt('a-settings')) === undefined);
    expect(await planned('base')).toEqual([]);
  });

  it('gets what helm makes of it, released under its own name', async () => {
    await world.application('shop', { source: { repo: 'repo', path: 'chart' }, renderer: { helm: { values: { mode: 'slow' } } } });
    await world.synced('shop');
    expect((await mapAt('shop-settings'))?.data).toEqual({ mode: 'slow', in: 'default' });
    expect(await planned('chart')).toEqual([]);
  });

  it('is told what is written wrongly, and nothing is applied', async () => {
    await world.application('shop', { source: { repo: 'repo', path: 'base' }, renderer: { kustomize: { nameprefix: 'a-' } } });
    await world.cluster.until(async () => (await world.events('InvalidSpec')).length > 0);
    expect((await world.app('shop')).status?.message).toBe(
      'spec.renderer.kustomize.nameprefix: there is no such field; is namePrefix meant?',
    );
    expect(await mapAt('settings')).toBeUndefined();
  });
});
