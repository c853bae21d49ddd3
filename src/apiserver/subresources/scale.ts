import { apiVersionOf, type KubeObject } from '../../api/object.ts';
import { selectorText, type LabelSelector } from '../../api/selector.ts';
import { badRequest, invalid, methodNotAllowed, unsupportedMediaType } from '../../api/status.ts';
import { clone, isRecord, valueAt } from '../../base/json.ts';
import { timestamp } from '../../base/clock.ts';
import { serverSideApply } from '../../schema/apply.ts';
import { untyped } from '../../schema/granularity.ts';
import { applyPatch } from '../../schema/patch.ts';
import { strategicMerge, strategicMergeType } from '../../schema/strategic-merge.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { contentType, readBody } from '../rest/body.ts';
import { found } from '../rest/get.ts';
import { requireSame } from '../rest/metadata.ts';
import { modify, type Written } from '../rest/modify.ts';
import { applyTypes, patchTypesOf, readPatch, requireManager } from '../rest/patch.ts';
import { versionsOf } from '../manager-versions.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

/** The number of copies, the same for every kind that has one (autoscaling/v1, Scale). */
export const scale: Subresource = {
  name: 'scale',
  verbs: ['get', 'patch', 'update'],
  body: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  handle: async (call) => {
    const { verb } = call.info;
    if (verb === 'get') return answer(call, (await found(call)).value());
    if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed(call.kind.kind, verb);
    const options = readWriteOptions(call, verb === 'update' ? 'UpdateOptions' : 'PatchOptions');
    if (verb === 'patch' && applyTypes.includes(contentType(call))) return answer(call, valueOf(await applyScale(call, options)));
    const change = verb === 'update' ? replacement(call) : merger(call);
    const written = await modify(call, call.info, {
      options,
      subresource: 'scale',
      attempts: 5,
      next: (live) => scaled(call, live, change(scaleOf(call, live))),
    });
    return answer(call, valueOf(written));
  },
};

function valueOf(written: Written): Readonly<KubeObject> {
  return written.outcome === 'stored' ? written.entry.value() : written.value;
}

interface Scale {
  readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly spec?: { readonly replicas?: number };
}

function answer(call: Call, object: Readonly<KubeObject>) {
  return jsonAnswer(200, scaleOf(call, object), call.request.wantsObject === true);
}

function replacement(call: Call): (live: object) => Scale {
  const { value } = readBody(call);
  return () => requireScale(value);
}

function merger(call: Call): (live: object) => Scale {
  const type = contentType(call);
  const types = patchTypesOf(call.kind);
  if (!types.includes(type)) throw unsupportedMediaType(type, types);
  const { value } = readPatch(call, false);
  return (live) => {
    const { metadata, ...rest } = live as Scale & { metadata: object };
    const { resourceVersion: _, ...unversioned } = metadata as { resourceVersion?: string };
    const scaled = { ...rest, metadata: unversioned };
    return requireScale(type === strategicMergeType ? strategicMerge(untyped, scaled, recordOf(value)) : applyPatch(type, scaled, value));
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw badRequest('error decoding patch: a strategic merge patch is an object');
}

/**
 * Server-side apply of a Scale: its replicas are those of the object behind it, and belong to the manager there
 * (apimachinery, managedfields/scalehandler.go).
 */
async function applyScale(call: Call, options: WriteOptions): Promise<Written> {
  requireManager(options);
  const { value } = readPatch(call, true);
  const { spec } = requireScale(value);
  const { name, namespace } = call.info;
  const { kind, schema, subresources } = call.kind;
  const metadata = { name, ...(kind.namespaced && { namespace }) };
  const applied: KubeObject = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  if (spec?.replicas !== undefined) setAt(applied, pathOf(subresources.scale?.specReplicas ?? ''), spec.replicas);
  return modify(call, call.info, {
    options,
    subresource: 'scale',
    attempts: 5,
    applied: true,
    next: (live) => {
      const replicas = spec?.replicas ?? 0;
      scaled(call, live, { spec: { replicas } });
      const time = timestamp(call.server.clock);
      const versions = versionsOf(call.server.kinds, call.kind);
      const how = {
        manager: options.fieldManager,
        force: options.force ?? false,
        time,
        subresource: 'scale',
        shownVersion: 'autoscaling/v1',
        versions,
      };
      return clone(serverSideApply(schema, live as KubeObject, applied, how)) as KubeObject;
    },
  });
}

function requireScale(value: unknown): Scale {
  const isScale = isRecord(value) && (value['kind'] === undefined || value['kind'] === 'Scale');
  if (isScale && (value['spec'] === undefined || isRecord(value['spec']))) return value as Scale;
  throw badRequest('the body of the request must be an object of kind Scale');
}

function pathOf(jsonPath: string): string[] {
  return jsonPath.split('.').filter((part) => part !== '');
}

function scaleOf(call: Call, object: Readonly<KubeObject>): object {
  const { scale: paths } = call.kind.subresources;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const read = (path: string | undefined) => (path === undefined ? undefined : valueAt(object, pathOf(path)));
  const selector = read(paths?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: read(paths?.specReplicas) ?? 0 },
    status: {
      replicas: read(paths?.statusReplicas) ?? 0,
      ...(selector !== undefined && { selector: textOf(selector) }),
    },
  };
}

/** A selector is written as text, as an object's selector, or, by a ReplicationController, as a plain map of labels. */
function textOf(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const plain = isRecord(selector) && Object.values(selector).every((value) => typeof value === 'string');
  return selectorText(plain ? { matchLabels: selector as Record<string, string> } : (selector as LabelSelector));
}

function scaled(call: Call, live: Readonly<KubeObject>, wanted: Scale): KubeObject {
  const { kind, subresources } = call.kind;
  const { name } = live.metadata;
  requireSame(call, wanted.metadata ?? {}, live.metadata);
  const replicas = wanted.spec?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
    const detail = 'must be greater than or equal to 0';
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
      { type: 'FieldValueInvalid', field: 'spec.replicas', value: replicas, detail },
    ]);
  }
  const object = clone(live) as KubeObject;
  setAt(object, pathOf(subresources.scale?.specReplicas ?? ''), replicas);
  return { ...object, apiVersion: apiVersionOf(kind) };
}

function setAt(object: object, path: readonly string[], value: unknown): void {
  let at = object as Record<string, unknown>;
  for (const step of path.slice(0, -1)) {
    if (!isRecord(at[step])) at[step] = {};
    at = at[step] as Record<string, unknown>;
  }
  at[path.at(-1) ?? ''] = value;
}
