import type { Kind } from '../../api/object.ts';
import { isRecord } from '../../base/json.ts';
import { compileSchema, type ResolveRef } from '../../schema/compile.ts';
import type { Schema } from '../../schema/schema.ts';
import { schemaResolver } from '../load.ts';
import type { Node } from './node.ts';

/** Limits of an object's name that a CustomResourceDefinition may set. */
export interface NameLimits {
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** The user's schema with what every object has. Rules about metadata.name are kept aside, since metadata has its own schema. */
export function objectSchema(
  user: Node,
  kind: Pick<Kind, 'group' | 'version' | 'kind'>,
): { json: Node; name: NameLimits; generateName: NameLimits } {
  const properties = isRecord(user['properties']) ? user['properties'] : {};
  const metadata = isRecord(properties['metadata']) ? properties['metadata'] : {};
  const fields = isRecord(metadata['properties']) ? metadata['properties'] : {};
  const text = (name: string): Node => ({ type: 'string', ...(isRecord(properties[name]) ? properties[name] : {}) });
  const json = {
    ...user,
    type: 'object',
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    properties: { ...properties, apiVersion: text('apiVersion'), kind: text('kind'), metadata: { $ref: 'meta/v1/objectmeta.json' } },
  };
  return { json, name: (fields['name'] ?? {}) as NameLimits, generateName: (fields['generateName'] ?? {}) as NameLimits };
}

let resolver: ResolveRef | undefined;
/** Compiles what `objectSchema` made, or a part of it. All custom kinds share one compiled ObjectMeta. @throws SchemaError */
export function compileCustom(json: Node, resolve: ResolveRef = (resolver ??= schemaResolver())): Schema {
  return compileSchema({ path: '', json }, resolve, { custom: true });
}
