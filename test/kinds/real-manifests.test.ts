import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isRecord } from '../../src/base/json.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { kinds, write, type Loose } from './write.ts';

/** Files that Kubernetes refuses too: the field that is wrong. */
const refused: Readonly<Record<string, string>> = {
  'argo-cd-e2e-testdata/crashing-guestbook/guestbook-deployment.yaml': 'spec.selector: Required value',
  'argo-cd-e2e-testdata/crd-validation/deployment.yaml': 'spec.template.spec.containers[0].ports[0].containerPort: ',
  'argo-cd-e2e-testdata/deprecated-extensions/ingress.yaml': 'spec.rules[0].http.paths[0].pathType: Required value',
  'argo-cd-e2e-testdata/failure-during-sync/failure-during-sync.yaml': 'metadata.labels: Invalid value: "has-inva/id-character!"',
  'argo-cd-e2e-testdata/ssa-revision-history/deployment.yaml': 'spec.selector: Required value',
  // Its template has no labels that a selector could be made of.
  'kubernetes-examples/_archived/sysdig-cloud/sysdig-rc.yaml': 'spec.selector: Required value',
  'kubernetes-examples/_archived/volumes/aws_ebs/aws-ebs-web.yaml': 'spec.containers[0].ports[0].protocol: Unsupported value: "tcp"',
  'kubernetes-examples/_archived/volumes/cinder/cinder-web.yaml': 'spec.containers[0].ports[0].protocol: Unsupported value: "tcp"',
  'kubernetes-examples/_archived/volumes/fibre_channel/fc.yaml': 'spec.volumes[0].fc.lun: ',
  'microservices-demo/kustomize/components/without-loadgenerator/delete-loadgenerator.patch.yaml': 'spec.selector: Required value',
  'rendered argo-cd-e2e-testdata/failure-during-sync': 'metadata.labels: Invalid value: "has-inva/id-character!"',
};
/** Fields that Kubernetes does not know either. */
const unknown: Readonly<Record<string, readonly string[]>> = {
  'argo-cd-e2e-testdata/deprecated-extensions/ingress.yaml': [
    'spec.rules[0].http.paths[0].backend.serviceName',
    'spec.rules[0].http.paths[0].backend.servicePort',
  ],
  'argo-cd-e2e-testdata/sync-options-validate-false/invalid-cm.yaml': ['invalidKey'],
  'kubernetes-examples/_archived/volumes/rbd/rbd.yaml': ['spec.volumes[0].rbd.imageformat', 'spec.volumes[0].rbd.imagefeatures'],
  'kubernetes-examples/_archived/volumes/scaleio/pod.yaml': ['spec.volumes[0].scaleIO.protectionDoamin'],
  'kubernetes-examples/_archived/volumes/storageos/storageos-pod.yaml': ['spec.volumes[0].storageos.pool'],
  'kubernetes-examples/_archived/volumes/storageos/storageos-pv.yaml': ['spec.storageos.secretName'],
  'microservices-demo/kustomize/components/without-loadgenerator/delete-loadgenerator.patch.yaml': ['$patch'],
};

/** Objects of served kinds below a folder; templates with holes left out. */
function* objectsIn(folder: string): Generator<{ path: string; object: Loose }> {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.ya?ml$/.test(path)) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    if (/\{\{|\$\{|name: _\b|-template\.yaml/.test(text + path)) continue;
    for (const document of parseAllDocuments(text, { version: '1.1', merge: true })) {
      const object: unknown = document.errors.length > 0 ? undefined : document.toJS();
      if (isRecord(object) && typeof object['apiVersion'] === 'string' && isRecord(object['metadata'])) yield { path, object };
    }
  }
}

/** What kustomize made of the same trees, each object once. */
function* renderedIn(folder: string): Generator<{ path: string; object: Loose }> {
  const seen = new Set<string>();
  for (const file of readdirSync(folder).sort()) {
    const { tree, builds } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      tree: string;
      builds: Record<string, { yaml?: string }>;
    };
    for (const [build, { yaml = '' }] of Object.entries(builds)) {
      for (const document of parseAllDocuments(yaml, { version: '1.1', merge: true })) {
        const object: unknown = document.toJS();
        const text = JSON.stringify(object);
        if (seen.has(text)) continue;
        seen.add(text);
        if (isRecord(object) && isRecord(object['metadata'])) yield { path: `rendered ${tree}/${build}`, object };
      }
    }
  }
}

describe.skipIf(corpus === undefined)('real manifests', () => {
  it('are accepted, but for those that Kubernetes refuses too, and written again they do not change', () => {
    const found = { refused: {} as Record<string, string>, unknown: {} as Record<string, readonly string[]>, count: 0 };
    for (const { path, object } of [...objectsIn(corpusPath('gitops')), ...renderedIn(corpusPath('rendered'))]) {
      const [version = '', group = ''] = String(object['apiVersion']).split('/').reverse();
      const kind = kinds.findKind(group, version, String(object['kind']));
      if (kind === undefined) continue;
      const { namespace = 'default', ...rest } = object['metadata'] as Record<string, unknown>;
      const metadata = { ...(kind.kind.namespaced && { namespace }), uid: 'u', ...rest };
      const { value, dropped } = dropUnknown(kind.schema, { ...object, metadata });
      if (dropped.length > 0) found.unknown[path] = dropped;
      const first = write(value);
      const [error] = first.errors;
      if (error !== undefined) found.refused[path] = error;
      else expect(write(first.object, first.object)).toEqual(first);
      found.count += 1;
    }
    expect(found.count).toBeGreaterThan(300);
    expect(found.unknown).toEqual(unknown);
    const expected = Object.entries(refused).map(([path, text]) => [path, expect.stringContaining(text) as string]);
    expect(found.refused).toEqual(Object.fromEntries(expected));
  });
});
