import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isRecord, jsonEqual } from '../../src/base/json.ts';
import { compare } from '../../src/schema/compare.ts';
import { withDefaults } from '../../src/schema/defaults.ts';
import { normalise } from '../../src/schema/normalise.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { validate } from '../../src/schema/validate.ts';
import { serverSideApply } from '../../src/schema/apply.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { readSchema, schemaOf } from './schemas.ts';

const folder = join(import.meta.dirname, '../../schemas');
const served = new Map<string, string>();
for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.json') || path.startsWith('steersman/')) continue;
  const json = readSchema(path);
  const gvk = json['x-kubernetes-group-version-kind'] as { group: string; version: string; kind: string } | undefined;
  if (json['x-kubernetes-resource'] !== undefined && gvk !== undefined)
    served.set(`${gvk.group === '' ? '' : `${gvk.group}/`}${gvk.version}/${gvk.kind}`, path.replace(/\.json$/, ''));
}
function schemaFor(object: unknown): Schema | undefined {
  if (!isRecord(object)) return undefined;
  const name = served.get(`${String(object['apiVersion'])}/${String(object['kind'])}`);
  return name === undefined ? undefined : schemaOf(name);
}

describe.skipIf(corpus === undefined)('an object with every field set', () => {
  const path = corpus === undefined ? '' : corpusPath('suites/api-testdata/v1.35.0');
  const names = corpus === undefined ? [] : readdirSync(path).filter((name) => name.endsWith('.json'));
  const objects = names
    .map((name) => [name, JSON.parse(readFileSync(join(path, name), 'utf8')) as KubeObject] as const)
    .filter(([, object]) => schemaFor(object) !== undefined);

  it('is there for most kinds', () => {
    expect(objects.length).toBeGreaterThan(10);
  });

  it.each(objects)('%s keeps every field and its types', (_name, object) => {
    const schema = schemaFor(object) as Schema;
    expect(dropUnknown(schema, object).dropped).toEqual([]);
    expect(validate(schema, object).filter(({ type }) => type === 'FieldValueTypeInvalid' || type === 'FieldValueRequired')).toEqual([]);
    expect(normalise(schema, normalise(schema, object))).toEqual(normalise(schema, object));
    expect(compare(schema, object, withDefaults(schema, object)).modified).toEqual({});
  });

  it.each(objects)('%s can be applied and applied again', (_name, object) => {
    const schema = schemaFor(object) as Schema;
    const { managedFields: _fields, ...metadata } = object.metadata;
    const applied = { ...object, metadata } as KubeObject;
    const once = serverSideApply(schema, undefined, applied, { manager: 'flux', time: '2026-01-01T00:00:00Z' });
    expect(serverSideApply(schema, once, applied, { manager: 'flux', time: '2026-01-02T00:00:00Z' })).toEqual(once);
  });
});

/** Mistakes in the manifests themselves: a patch, templates, text for numbers, `tcp` for TCP, fields that never were. */
const examples = 'gitops/kubernetes-examples/_archived';
const mistakes = [
  `${examples}/newrelic-infrastructure/newrelic-config-template.yaml: data[config] FieldValueTypeInvalid`,
  `${examples}/newrelic/newrelic-config-template.yaml: data[config] FieldValueTypeInvalid`,
  `${examples}/storage/vitess/etcd-controller-template.yaml: spec.replicas FieldValueTypeInvalid, spec.template.metadata.labels[cell] FieldValueTypeInvalid`,
  `${examples}/storage/vitess/etcd-service-template.yaml: metadata.labels[cell] FieldValueTypeInvalid, spec.selector[cell] FieldValueTypeInvalid`,
  `${examples}/storage/vitess/vtgate-controller-template.yaml: spec.replicas FieldValueTypeInvalid`,
  `${examples}/volumes/aws_ebs/aws-ebs-web.yaml: spec.containers[0].ports[0].protocol FieldValueNotSupported`,
  `${examples}/volumes/cinder/cinder-web.yaml: spec.containers[0].ports[0].protocol FieldValueNotSupported`,
  `${examples}/volumes/fibre_channel/fc.yaml: spec.volumes[0].fc.lun FieldValueTypeInvalid`,
  `${examples}/volumes/rbd/rbd.yaml: spec.volumes[0].rbd.imageformat unknown, spec.volumes[0].rbd.imagefeatures unknown`,
  `${examples}/volumes/scaleio/pod.yaml: spec.volumes[0].scaleIO.protectionDoamin unknown`,
  `${examples}/volumes/storageos/storageos-pod.yaml: spec.volumes[0].storageos.pool unknown`,
  `${examples}/volumes/storageos/storageos-pv.yaml: spec.storageos.secretName unknown`,
  'gitops/microservices-demo/kustomize/components/without-loadgenerator/delete-loadgenerator.patch.yaml: $patch unknown',
];

describe.skipIf(corpus === undefined)('manifests of real projects', () => {
  const roots = ['gitops/microservices-demo', 'gitops/podinfo', 'gitops/kubernetes-examples']
    .map((name) => (corpus === undefined ? '' : corpusPath(name)))
    .filter((path) => existsSync(path));
  const files = roots.flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => join(root, name)),
  );
  const objects = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1', merge: true, uniqueKeys: false, logLevel: 'error' })
      .filter((document) => document.errors.length === 0)
      .map((document) => [file.slice((corpus ?? '').length + 1), document.toJS() as unknown] as const)
      .filter(([, object]) => schemaFor(object) !== undefined),
  );

  it('are many', () => {
    expect(objects.length).toBeGreaterThan(100);
  });

  it('are right by their schemas, but for mistakes that a real server refuses too', () => {
    const wrong = objects.flatMap(([file, object]) => {
      const schema = schemaFor(object) as Schema;
      const { value, dropped } = dropUnknown(schema, object);
      const errors = validate(schema, withDefaults(schema, normalise(schema, value))).map(({ field, type }) => `${field} ${type}`);
      const all = [...dropped.map((path) => `${path} unknown`), ...errors];
      return all.length === 0 ? [] : [`${file}: ${all.join(', ')}`];
    });
    expect(wrong.sort()).toEqual(mistakes);
  });

  it('compare as equal to themselves with defaults spelled out', () => {
    for (const [, object] of objects) {
      const schema = schemaFor(object) as Schema;
      const once = withDefaults(schema, object);
      expect(jsonEqual(withDefaults(schema, once), once)).toBe(true);
    }
  });
});
