import { describe, expect, it } from 'vitest';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import { cautionText } from '../support/cautions.ts';
import { review } from '../support/review.ts';

const claim = (size: string, more = '') =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { ${more} accessModes: [ReadWriteOnce], resources: { requests: { storage: ${size} } } }\n`;
const web = (image: string, options: { label?: string; container?: string } = {}) => {
  const { label = 'web', container = '' } = options;
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: ${label} } }
  template:
    metadata: { labels: { app: ${label} } }
    spec: { containers: [{ name: web, image: 'web:${image}'${container} }] }
`;
};
const settings = (kind: string, value: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: settings }\n${kind === 'Secret' ? 'stringData' : 'data'}: { key: ${value} }\n`;
const reading = (kind: 'configMap' | 'secret') => ({ container: `, envFrom: [{ ${kind}Ref: { name: settings } }]` });

async function texts(
  base: Record<string, string>,
  head: Record<string, string | null>,
  renderers?: readonly Renderer[],
): Promise<string[]> {
  const { review: document } = await review(base, head, renderers === undefined ? {} : { renderers });
  return document.cautions.map(cautionText);
}

describe('the cautions of a review', () => {
  it.each([
    ['of the default class', ''],
    ['of a class that the cluster must have', 'storageClassName: fast,'],
  ])('are none when a claim grows %s', async (_name, more) => {
    expect(await texts({ 'a/a.yaml': claim('1Gi', more) }, { 'a/a.yaml': claim('2Gi', more) })).toEqual([]);
  });

  it('say once that a claim does not shrink', async () => {
    expect(await texts({ 'a/a.yaml': claim('2Gi') }, { 'a/a.yaml': claim('1Gi') })).toEqual([
      'blocker volume-shrinks PersistentVolumeClaim default/data: asks for 1Gi of storage instead of 2Gi: volumes do not shrink, so the server refuses',
    ]);
  });

  it('tell what the server refuses, in its words', async () => {
    const found = await texts({ 'a/a.yaml': web('1') }, { 'a/a.yaml': web('1', { label: 'shop' }) });
    expect(found).toEqual([
      expect.stringMatching(/^blocker immutable-field apps\/Deployment default\/web: is refused: .*field is immutable/),
    ]);
  });

  it('look at what nothing changes only where something may be there', async () => {
    const rendered = new Set<string>();
    const renderers = createRenderers().map((one): Renderer => ({
      ...one,
      render: (artifact, path, signal, options) => {
        rendered.add(path);
        return one.render(artifact, path, signal, options);
      },
    }));
    const files = { 'a/a.yaml': web('1'), 'b/b.yaml': settings('ConfigMap', 'one') };
    expect(await texts(files, { 'a/a.yaml': web('2') }, renderers)).toEqual([
      'caution image-major apps/Deployment default/web: goes to a new major version of web: 1 to 2',
    ]);
    expect([...rendered]).toEqual(['a']);
    expect(await texts(files, { 'a/a.yaml': web('1', reading('configMap')) }, renderers)).toEqual([]);
    expect([...rendered]).toEqual(['a', 'b']);
    expect(await texts(files, { 'a/a.yaml': web('1', reading('secret')) }, renderers)).toEqual([
      'caution missing-reference apps/Deployment default/web: reads Secret settings, which is not in this repository: unless somebody else makes it, its pods do not start',
    ]);
  });

  it('see that another application still reads what goes', async () => {
    const files = {
      'a/a.yaml': web('1', reading('configMap')),
      'b/b.yaml': settings('ConfigMap', 'one'),
      'b/c.yaml': web('1').replaceAll('web', 'api'),
    };
    expect(await texts(files, { 'b/b.yaml': null })).toEqual([
      'blocker missing-reference apps/Deployment default/web: reads ConfigMap settings, which this merge deletes: its pods do not start',
    ]);
  });

  it('hold no value of a Secret', async () => {
    const files = { 'a/a.yaml': web('1', reading('secret')), 'a/s.yaml': settings('Secret', 'hunter2hunter2') };
    const { review: document } = await review(files, { 'a/s.yaml': settings('Secret', 'hunter3hunter3') });
    expect(document.cautions.map(({ rule }) => rule)).toEqual(['stale-config']);
    const text = JSON.stringify(document);
    for (const value of ['hunter2hunter2', 'hunter3hunter3']) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString('base64'));
    }
  });
});
