import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { Application, ConfigMap, Secret, type ApplicationSpec } from '../../src/api/kinds.generated.ts';
import { unsupportedFields } from '../../src/gitops/application/unsupported.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import { renderSettingsOf } from '../../src/gitops/render-settings.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startGitOps, type TestGitOps } from '../support/gitops.ts';

describe('unsupportedFields', () => {
  const source = { repo: 'repo' };
  test.each<[string, Partial<ApplicationSpec>, RegExp | undefined]>([
    ['nothing special', {}, undefined],
    ['no destination', { destination: {} }, undefined],
    ['another destination', { destination: { context: 'prod' } }, /^spec.destination.context: "prod": .*leave it out/],
    ['no verification', { source: { ...source, verify: { mode: 'none' } } }, undefined],
    [
      'verification',
      { source: { ...source, verify: { mode: 'head', signers: ['ann'] } } },
      /^spec.source.verify.mode: head: .*nothing is applied/,
    ],
    ['windows', { sync: { windows: [{ schedule: '0 22 * * *', duration: '1h' }] } }, /^spec.sync.windows: .*spec.suspend/],
    ['a renderer that is built in', { renderer: { plain: {} } }, undefined],
    ['a renderer that is not', { renderer: { helm: {} } }, /^spec.renderer.helm: there is no such renderer here \(there is: plain\)/],
  ])('%s', (_name, spec, message) => {
    const found = unsupportedFields({ source, ...spec }, ['plain']);
    expect(found).toEqual(message === undefined ? [] : [expect.stringMatching(message)]);
  });
});

describe('renderSettingsOf', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, []],
    ['the plain renderer', { plain: {} }, []],
    [
      'all of kustomize',
      {
        kustomize: {
          namePrefix: 'a-',
          images: [{ name: 'web', newTag: '2' }],
          replicas: [{ name: 'web', count: 3 }],
          commonLabels: { a: 'b' },
          components: ['../c'],
          patches: [{ patch: '{}', target: { kind: 'Deployment' } }],
        },
      },
      [],
    ],
    [
      'all of helm',
      { helm: { valueFiles: ['v.yaml'], values: { a: 1 }, parameters: [{ name: 'a', value: 'b', forceString: true }], skipCrds: true } },
      [],
    ],
    [
      'a slip of the hand',
      { helm: { valuesFiles: ['v.yaml'] } },
      ['spec.renderer.helm.valuesFiles: there is no such field; is valueFiles meant?'],
    ],
    [
      'wrong shapes',
      { kustomize: { images: 'web:2', replicas: [{ name: 'web' }, { name: 'api', count: '3' }], commonLabels: { a: 1 } } },
      [
        'spec.renderer.kustomize.images: must be a list',
        'spec.renderer.kustomize.replicas[0].count: must be there',
        'spec.renderer.kustomize.replicas[1].count: must be a whole number that is not negative',
        'spec.renderer.kustomize.commonLabels: must be a map of texts',
      ],
    ],
    [
      'two at once',
      { kustomize: {}, helm: {} },
      ['spec.renderer: names kustomize and helm, and only one can render; leave the others out'],
    ],
    ['no map', { helm: 'yes' }, ['spec.renderer.helm: must be a map']],
  ])('reads %s', (_name, renderer, problems) => {
    expect(renderSettingsOf(renderer).problems).toEqual(problems);
  });

  it('answers settings as renderers take them', () => {
    expect(renderSettingsOf({ kustomize: { nameSuffix: '-b' } }).settings).toEqual({ kustomize: { nameSuffix: '-b' } });
    expect(renderSettingsOf({ plain: {} }).settings).toEqual({ directory: {} });
    expect(renderSettingsOf({ helm: { releasename: 'a' } }).settings).toEqual({});
  });
});

describe('an application that asks for what cannot be done', () => {
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
  let world: TestGitOps;
  beforeEach(async () => {
    world = await startGitOps({ nodes: 0 });
    world.source.commit('repo', { 'a.yaml': map });
  });
  afterEach(() => world.stop());

  const refused = async () => (await world.app('shop')).status?.conditions?.some(({ reason }) => reason === 'InvalidSpec') === true;

  it('says so in its status and in an Event, and applies nothing', async () => {
    await world.application('shop', { destination: { context: 'prod' } });
    await world.cluster.until(refused);
    const { status } = await world.app('shop');
    expect(status).toMatchObject({ sync: 'Unknown', message: expect.stringMatching(/^spec.destination.context: "prod": /) as string });
    expect(status?.conditions?.map(({ type, status: on }) => [type, on])).toEqual([
      ['Ready', 'False'],
      ['Reconciling', 'False'],
      ['Stalled', 'True'],
    ]);
    expect(await world.events('InvalidSpec')).toHaveLength(1);
    expect(await world.find(ConfigMap, { namespace: 'default', name: 'a' })).toBeUndefined();
  });

  it('refuses requests, and goes on when the spec is put right', async () => {
    await world.application('shop', { destination: { context: 'prod' } });
    await world.cluster.until(refused);
    expect((await world.ask('shop', { action: 'sync' })).status?.operation).toMatchObject({
      phase: 'Refused',
      message: expect.stringContaining('spec.destination.context') as string,
    });
    await world.client.patch(Application, { namespace: 'default', name: 'shop' }, { spec: { destination: null } });
    await world.synced('shop');
    expect(await world.find(ConfigMap, { namespace: 'default', name: 'a' })).toBeDefined();
  });

  it('can be deleted', async () => {
    await world.application('shop', { destination: { context: 'prod' } });
    await world.cluster.until(refused);
    await world.client.delete(Application, { namespace: 'default', name: 'shop' });
    await world.cluster.until(async () => (await world.find(Application, { namespace: 'default', name: 'shop' })) === undefined);
  });

  it('is not planned for', async () => {
    await world.application('shop', { destination: { context: 'prod' } });
    const planning = planOnce({
      cluster: world.client,
      sources: world.source,
      renderers: createRenderers(),
      validate: createValidate(world.cluster.clock),
      source: { repo: 'repo', path: '', revision: '', intervalMs: 30_000 },
      application: { namespace: 'default', name: 'shop' },
      signal: new AbortController().signal,
    });
    await expect(planning).rejects.toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining('prod') as string });
  });

  it('says that a Secret holds no credentials that it knows', async () => {
    await world.client.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tls', namespace: 'default' },
      data: { 'tls.crt': 'AA==', 'tls.key': 'AA==' },
    });
    await world.application('shop', { source: { repo: 'repo', credentials: 'tls' } });
    await world.cluster.until(async () => (await world.events('AuthenticationFailed')).length > 0);
    const [event] = await world.events('AuthenticationFailed');
    expect((await world.app('shop')).status).toMatchObject({ sync: 'Unknown', message: expect.stringContaining('tls.key') as string });
    expect(event?.message).toMatch(
      /Secret default\/tls: none of its keys \(tls.crt, tls.key\) is known: .*client certificates are not supported/,
    );
  });
});
