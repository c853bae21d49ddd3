import type { KubeObject } from '../../api/object.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
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

/** What is left of a write: of one of /status or /approval the part that it may change, otherwise all of it. */
export function writtenPart({ kind, info, server }: Call, object: KubeObject, old: Readonly<KubeObject>): KubeObject {
  if (!isStatusPart(info.subresource)) return object;
  const next = onlyStatus(kind, object, old);
  if (kind.kind.group === 'certificates.k8s.io' && kind.kind.kind === 'CertificateSigningRequest') {
    settleConditions(next, old, { approval: info.subresource === 'approval', now: timestamp(server.clock) });
  }
  return next;
}

/** The kind whose labels even a write of /status leaves alone, as upstream's strategy for it. */
const keepsLabels = (kind: ResourceKind): boolean => kind.kind.group === 'apps' && kind.kind.kind === 'Deployment';

/** A write of /status changes the status alone; of built-in kinds also labels and annotations, as nodes need it. */
function onlyStatus(kind: ResourceKind, object: KubeObject, old: Readonly<KubeObject>): KubeObject {
  const next: WithStatus = clone(old) as WithStatus;
  const { status } = object as WithStatus;
  if (status === undefined) delete next.status;
  else next.status = kind.custom ? status : zeroed(kind, status);
  const { metadata } = object;
  if (metadata.resourceVersion !== undefined) next.metadata.resourceVersion = metadata.resourceVersion;
  if (metadata.uid !== undefined) next.metadata.uid = metadata.uid;
  if (metadata.managedFields !== undefined) next.metadata.managedFields = metadata.managedFields;
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
