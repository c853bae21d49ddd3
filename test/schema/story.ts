import { parse } from 'yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { serverSideApply, recordUpdate } from '../../src/schema/apply.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { fieldPathText } from '../../src/schema/field-path.ts';
import { pathsOf, type FieldSet } from '../../src/schema/field-set.ts';
import { deepFreeze } from '../../src/base/json.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { readSchema, schemaOf } from './schemas.ts';

/** An object through a list of writes, each a second after the last. */
export interface Story {
  apply(manager: string, spec: string, options?: { force?: boolean; subresource?: string }): Story;
  update(manager: string, change: (object: Plain) => void, options?: { subresource?: string }): Story;
  readonly object: Plain;
  /** Everything but metadata's bookkeeping. */
  readonly body: Plain;
  /** Paths by manager, `name` for appliers, `name (Update)` for updaters. */
  readonly owners: Record<string, string[]>;
  /** Seconds since the start of the story, by manager. */
  readonly times: Record<string, number | undefined>;
}
export type Plain = KubeObject & { spec?: object; status?: object };

/** Starts with nothing; `live` starts with an object whose writers are unknown. */
export function story(schema: Schema, live?: object): Story {
  let object = deepFreeze(live) as Plain | undefined;
  let seconds = 0;
  const time = () => `2026-01-01T00:00:${String(++seconds).padStart(2, '0')}Z`;
  const self: Story = {
    apply(manager, text, options = {}) {
      const applied = { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' }, ...(parse(text) as object) };
      object = deepFreeze(serverSideApply(schema, object, deepFreeze(applied) as unknown as Plain, { manager, time: time(), ...options }));
      return self;
    },
    update(manager, change, options = {}) {
      const next = structuredClone(object ?? { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' } }) as Plain;
      change(next);
      object = deepFreeze(recordUpdate(schema, object, deepFreeze(next), { manager, time: time(), ...options }));
      return self;
    },
    get object() {
      return object as Plain;
    },
    get body() {
      const { apiVersion: _version, kind: _kind, metadata, ...rest } = object as Plain;
      const { managedFields: _fields, name: _name, ...meta } = metadata;
      return (Object.keys(meta).length === 0 ? rest : { metadata: meta, ...rest }) as unknown as Plain;
    },
    get owners() {
      const entries = (object?.metadata.managedFields ?? []).map((entry) => [
        `${entry.manager}${entry.subresource === undefined ? '' : `/${entry.subresource}`}${entry.operation === 'Update' ? ' (Update)' : ''}`,
        pathsOf(entry.fieldsV1 as FieldSet).map(fieldPathText),
      ]);
      return Object.fromEntries(entries) as Record<string, string[]>;
    },
    get times() {
      const entries = (object?.metadata.managedFields ?? []).map((entry) => [
        entry.manager,
        entry.time === undefined ? undefined : Number(entry.time.slice(17, 19)),
      ]);
      return Object.fromEntries(entries) as Record<string, number | undefined>;
    },
  };
  return self;
}

const shelfJson = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { $ref: 'meta/v1/objectmeta.json' },
    spec: {
      type: 'object',
      properties: {
        count: { type: 'integer' },
        note: { type: 'string' },
        slots: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            properties: {
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
              label: { type: 'string' },
              size: { type: 'integer' },
            },
          },
        },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        steps: { type: 'array', items: { type: 'string' } },
        free: { type: 'object', additionalProperties: { type: 'string' } },
        pick: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { seen: { type: 'integer' } } },
  },
};
export const shelf = compileSchema({ path: '', json: shelfJson }, readSchema, { custom: true });
export const deployment = schemaOf('apps/v1/deployment');
