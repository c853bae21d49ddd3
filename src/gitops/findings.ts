import type { KubeObject, ManagedFieldsEntry, ObjectKey } from '../api/object.ts';
import type { Finding } from '../api/plan.ts';
import { removedVersion } from '../api/removed-versions.ts';
import { jsonEqual } from '../base/json.ts';
import { fieldsOf, fieldText, fieldValue, leavesOf, otherOwner, owns, type FieldPath } from './fields.ts';
import type { Inspection } from './inspect.ts';
import { annotationOf, annotations, applicationLabel, fieldManager, trackingValue } from './tracking.ts';

export interface FindingOptions {
  readonly application: ObjectKey;
  /** What the last applied revision set, by `refText`; undefined for what it did not have. */
  lastApplied(name: string): KubeObject | undefined;
  /** True when the application of this tracking value still counts the object as its own. */
  ownedBy(tracking: string, name: string): boolean;
}

/** What a person should know of one object before the plan is applied, worst first. */
export function findingsOf(inspection: Inspection, options: FindingOptions): Finding[] {
  const { desired, prediction, live } = inspection;
  if (desired.served === 'no') {
    const { apiVersion, kind } = desired.object;
    const removed = removedVersion(apiVersion, kind);
    const message = `the cluster does not serve ${apiVersion} ${kind}${removed === undefined ? '' : `: ${removed}`}`;
    return [{ kind: 'unserved', message, blocks: true }];
  }
  if (prediction === undefined) return [];
  const out: Finding[] = [];
  const { failure, ownership } = prediction;
  if (failure !== undefined) {
    const recreates = failure.kind === 'immutable' && annotationOf(desired.object, annotations.force) === 'recreate';
    out.push({ kind: failure.kind, message: failure.message, fields: failure.fields, blocks: !recreates });
  }
  if (typeof ownership === 'object') out.push(foreign(inspection, ownership.application, options));
  if (ownership === 'nobody' && live !== undefined) out.push(adopted(inspection, live));
  out.push(...fieldFindings(inspection, options));
  if (prediction.respected.length > 0) out.push(respected(prediction.respected));
  return out.sort((a, b) => Number(b.blocks) - Number(a.blocks));
}

/** Held by the plan, unless the manifest says that it may be taken over. */
function adopted(inspection: Inspection, live: KubeObject): Finding {
  const writers = [...new Set((live.metadata.managedFields ?? []).map((entry) => entry.manager ?? ''))].filter((name) => name !== '');
  const by = writers.length === 0 ? '' : `, written by ${writers.join(', ')}`;
  const fields = changedFields(inspection).map(fieldText);
  const base = { kind: 'adopt' as const, message: `it is there already and belongs to no application${by}`, blocks: false };
  return fields.length === 0 ? base : { ...base, fields };
}

function foreign(inspection: Inspection, application: string, options: FindingOptions): Finding {
  const { desired } = inspection;
  const moves = !options.ownedBy(application, desired.name) || annotationOf(desired.object, annotations.adopt) === 'true';
  const message = moves
    ? `it moves here from application ${application}`
    : `it belongs to application ${application}; take it out there first, or annotate the manifest with ${annotations.adopt}: "true"`;
  return { kind: 'foreign', message, blocks: !moves };
}

function respected(list: readonly { field: string; manager: string }[]): Finding {
  const fields = list.map(({ field }) => field);
  const managers = [...new Set(list.map(({ manager }) => manager))].join(', ');
  return { kind: 'respected', message: `${fields.join(', ')} left to ${managers}`, fields, writer: managers, blocks: false };
}

/** Fields that we would set and that now have another value. */
function changedFields(inspection: Inspection): FieldPath[] {
  const { live, prediction } = inspection;
  const predicted = prediction?.predicted;
  if (live === undefined || predicted === undefined) return [];
  const ours = fieldsOf(predicted, fieldManager);
  if (ours === undefined) return [];
  return leavesOf(ours).filter((path) => {
    if (path.at(-1) === `f:${applicationLabel}`) return false;
    const before = fieldValue(live, path);
    // an entry or map that is there is no difference by itself: its members are looked at one by one
    if (before !== undefined && path.at(-1)?.startsWith('k:') === true) return false;
    return !jsonEqual(before, fieldValue(predicted, path));
  });
}

function fieldFindings(inspection: Inspection, options: FindingOptions): Finding[] {
  const { desired, live, prediction } = inspection;
  if (live === undefined || prediction === undefined || prediction.ownership === 'absent' || prediction.ownership === 'nobody') return [];
  const before = options.lastApplied(desired.name);
  const ours = fieldsOf(live, fieldManager);
  const out: Finding[] = [];
  for (const path of changedFields(inspection)) {
    const last = before === undefined ? undefined : fieldValue(before, path);
    const owner = otherOwner(live, path, fieldManager);
    if (last !== undefined) {
      if (jsonEqual(last, fieldValue(desired.object, path))) out.push(drift(path, owner));
    } else if (owner !== undefined && !owns(ours, path)) out.push(conflicting(path, owner, desired.object));
  }
  return out;
}

function conflicting(path: FieldPath, owner: ManagedFieldsEntry, manifest: KubeObject): Finding {
  const field = fieldText(path);
  const taken = annotationOf(manifest, annotations.take) === 'true';
  const who = owner.manager ?? 'somebody else';
  const message = taken
    ? `${field} is taken from ${who}`
    : `${field} was set by ${who} and never by this application; annotate the manifest with ${annotations.take}: "true" to take it`;
  return { kind: 'conflict', message, fields: [field], ...writer(owner), blocks: !taken };
}

function drift(path: FieldPath, owner: ManagedFieldsEntry | undefined): Finding {
  const field = fieldText(path);
  return {
    kind: 'drift',
    message: `${field} was changed by ${owner?.manager ?? 'somebody'}`,
    fields: [field],
    ...writer(owner),
    blocks: false,
  };
}

function writer(owner: ManagedFieldsEntry | undefined): { writer?: string; time?: string } {
  return {
    ...(owner?.manager === undefined ? {} : { writer: owner.manager }),
    ...(owner?.time === undefined ? {} : { time: owner.time }),
  };
}

/** True when the object carries the mark of this application. */
export function isOurs(live: KubeObject, application: ObjectKey): boolean {
  return live.metadata.labels?.[applicationLabel] === trackingValue(application);
}
