import type { Pod } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import { appliedSpec, isPodPart, writtenSpec, type PodPart } from '../../kinds/pod-parts.ts';
import type { FieldSet } from '../../schema/field-set.ts';
import type { Call } from '../context.ts';
import { settleConditions } from './signing-conditions.ts';

type WithStatus = KubeObject & { status?: unknown };

/** A write of the main resource leaves the status as it is. */
export function keepStatus(kind: ResourceKind, object: KubeObject, old: Readonly<KubeObject> | undefined): void {
  if (kind.subresources.status === undefined) return;
  const status = (old as WithStatus | undefined)?.status;
  if (status === undefined) delete (object as WithStatus).status;
  else (object as WithStatus).status = clone(status);
}

/** Does a write of this subresource change parts of the status, and nothing of what is wanted? */
export function isStatusPart(subresource: string): boolean {
  return subresource === 'status' || subresource === 'approval';
}

/** What is left of a write: of a subresource the part that it may change, otherwise all of it. */
export function writtenPart({ kind, info, server }: Call, object: KubeObject, old: Readonly<KubeObject>): KubeObject {
  if (isPodPart(info.subresource)) return onlySpecPart(object, old, info.subresource);
  if (!isStatusPart(info.subresource)) return object;
  const next = onlyStatus(kind, object, { old, share: sharesOld(kind, info.subresource) });
  if (kind.kind.group === 'certificates.k8s.io' && kind.kind.kind === 'CertificateSigningRequest') {
    settleConditions(next, old, { approval: info.subresource === 'approval', now: timestamp(server.clock) });
  }
  return next;
}

/** The kind whose labels even a write of /status leaves alone, as upstream's strategy for it. */
const keepsLabels = (kind: ResourceKind): boolean => kind.kind.group === 'apps' && kind.kind.kind === 'Deployment';

/** A write of /status changes the status alone; of built-in kinds also labels and annotations, as nodes need it. */
function onlyStatus(kind: ResourceKind, object: KubeObject, { old, share }: { old: Readonly<KubeObject>; share: boolean }): KubeObject {
  const next: WithStatus = asBefore(object, old, share);
  const { status } = object as WithStatus;
  if (status === undefined) delete next.status;
  else next.status = kind.custom ? status : zeroed(kind, status);
  const { metadata } = object;
  if (!kind.custom) {
    for (const field of ['labels', 'annotations'] as const) {
      if (field === 'labels' && keepsLabels(kind)) continue;
      const value = metadata[field];
      if (value === undefined) delete next.metadata[field];
      else next.metadata[field] = value;
    }
  }
  return next;
}

/** Does a write of this part share with the old object all that it may not change? Else it is a copy, which defaults and admission may change. */
export function sharesOld({ strategy, conversion }: ResourceKind, subresource: string): boolean {
  return subresource === 'status' && strategy?.sharesSpec === true && conversion === undefined;
}

/** The old object, which the new one says it is about. */
function asBefore({ metadata }: KubeObject, old: Readonly<KubeObject>, share = false): KubeObject {
  const next = share ? { ...old, metadata: { ...old.metadata } } : (clone(old) as KubeObject);
  const { resourceVersion, uid, managedFields } = metadata;
  if (resourceVersion !== undefined) next.metadata.resourceVersion = resourceVersion;
  if (uid !== undefined) next.metadata.uid = uid;
  if (managedFields !== undefined) next.metadata.managedFields = managedFields;
  return next;
}

/** A write of a part of what is wanted leaves all else, also labels and annotations, as it is. What is no such part is for validation. */
function onlySpecPart(object: KubeObject, old: Readonly<KubeObject>, part: PodPart): KubeObject {
  const written = writtenSpec((object as Partial<Pod>).spec, (old as Pod).spec, part);
  return written === undefined ? object : ({ ...asBefore(object, old), spec: written } as KubeObject);
}

/** Of what is applied to a subresource the part that it may own; of the main resource all but its status. */
export function appliedPart(kind: ResourceKind, object: KubeObject, subresource: string): KubeObject {
  const { apiVersion, metadata } = object;
  const bare = { apiVersion, kind: kind.kind.kind, metadata };
  if (isStatusPart(subresource)) return 'status' in object ? ({ ...bare, status: object.status } as KubeObject) : bare;
  if (isPodPart(subresource)) {
    const { labels: _labels, annotations: _annotations, finalizers: _finalizers, ownerReferences: _owners, ...named } = metadata;
    const { spec } = object as Partial<Pod>;
    return { ...bare, metadata: named, ...(isRecord(spec) && { spec: appliedSpec(object as Pod, subresource) }) } as KubeObject;
  }
  if (kind.subresources.status !== undefined) delete (object as WithStatus).status;
  return object;
}

/** What an apply to a subresource owns of the fields that it says: the name of a resized container only tells which one it is. */
export function ownedPart(subresource: string, fields: FieldSet): FieldSet {
  return subresource === 'resize' ? withoutNames(fields) : fields;
}
function withoutNames(fields: FieldSet): FieldSet {
  const kept = Object.entries(fields).map(([element, below]) => {
    if (!element.startsWith('k:')) return [element, withoutNames(below)] as const;
    const { 'f:name': _name, ...rest } = below;
    return [element, rest] as const;
  });
  return Object.fromEntries(kept);
}

/** What a status must say is 0 or false where it does not say it: upstream reads it into a struct and writes that. */
function zeroed(kind: ResourceKind, status: unknown): unknown {
  const schema = kind.schema.properties.get('status');
  if (schema === undefined || !isRecord(status)) return status;
  const whole = { ...status };
  for (const name of schema.required) {
    const type = schema.properties.get(name)?.type;
    if (whole[name] !== undefined) continue;
    if (type === 'integer' || type === 'number') whole[name] = 0;
    if (type === 'boolean') whole[name] = false;
  }
  return whole;
}
