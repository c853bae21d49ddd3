import type { ApiResponse } from '../../api/http.ts';
import { apiVersionOf, type KubeObject } from '../../api/object.ts';
import {
  badRequest,
  conflict,
  invalid,
  isAlreadyExists,
  isNotFound,
  staleVersion,
  unsupportedMediaType,
  type FieldError,
} from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, isRecord } from '../../base/json.ts';
import { appliedProblems } from '../../schema/applied-problems.ts';
import { serverSideApply, untypedError } from '../../schema/apply.ts';
import { normalise } from '../../schema/normalise.ts';
import { applyPatch } from '../../schema/patch.ts';
import { strategicMerge, strategicMergeType } from '../../schema/strategic-merge.ts';
import { dropUnknown } from '../../schema/unknown.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import type { Call } from '../context.ts';
import { storeKey } from '../entry-fields.ts';
import { versionsOf } from '../manager-versions.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import { contentType, decodeBody, knownFields, readBody, requireKind, type Body } from './body.ts';
import { createObject } from './create.ts';
import { judgeFields, type BodyForm } from './field-validation.ts';
import { beforeUpdate, placeObject } from './metadata.ts';
import { modify, writtenAnswer, type Written } from './modify.ts';
import { appliedPart, isStatusPart, keepStatus, ownedPart, sharesOld, writtenPart } from './status-split.ts';

const attempts = 5;
export const applyTypes = ['application/apply-patch+yaml'];
const mergeTypes = ['application/json-patch+json', 'application/merge-patch+json'];

const forms: Readonly<Record<string, BodyForm>> = { 'application/json-patch+json': 'json-patch', [strategicMergeType]: 'strategic-patch' };

/** How objects of a kind may be patched; custom kinds have no merge keys. */
export function patchTypesOf({ custom }: Pick<ResourceKind, 'custom'>): readonly string[] {
  return [...mergeTypes, ...(custom ? [] : [strategicMergeType]), ...applyTypes];
}

/** PATCH: JSON Patch, merge patch, strategic merge patch or server-side apply, by the Content-Type. */
export async function patch(call: Call): Promise<ApiResponse> {
  const type = contentType(call);
  const types = patchTypesOf(call.kind);
  if (!types.includes(type)) throw unsupportedMediaType(type, types);
  const options = readWriteOptions(call, 'PatchOptions');
  return writtenAnswer(call, applyTypes.includes(type) ? await apply(call, options) : await merge(call, type, options));
}

async function merge(call: Call, type: string, options: WriteOptions): Promise<Written> {
  if (options.force !== undefined)
    throw optionsInvalid([{ type: 'FieldValueForbidden', field: 'force', detail: 'may not be specified for non-apply patch' }]);
  const body = readPatch(call, false);
  return modify(call, call.info, {
    options,
    subresource: call.info.subresource,
    attempts,
    next: (live) => settle(call, patched(call, type, { body, live, options }), live),
  });
}

/** The body of a patch: never with a type of its own in the way. */
export function readPatch(call: Call, yaml: boolean): Body {
  if (call.request.object !== undefined) return readBody(call);
  return decodeBody(call.request.body ?? new Uint8Array(0), yaml);
}

function patched(call: Call, type: string, of: { body: Body; live: Readonly<KubeObject>; options: WriteOptions }): KubeObject {
  const merged = requireKind(call, mergedBy(call, type, of));
  const known = knownFields(call, merged, { body: of.body, form: forms[type] ?? 'merge-patch', options: of.options, live: of.live });
  // A write of the status alone only borrows all else from the live object.
  if (sharesOld(call.kind, call.info.subresource)) return { ...known, metadata: { ...known.metadata } };
  return forms[type] === 'json-patch' ? known : clone(known);
}

function mergedBy(call: Call, type: string, { body, live }: { body: Body; live: Readonly<KubeObject> }): unknown {
  if (type !== strategicMergeType) return applyPatch(type, live, body.value);
  if (!isRecord(body.value)) throw badRequest('error decoding patch: a strategic merge patch is an object');
  return strategicMerge(call.kind.schema, live, body.value);
}

function settle(call: Call, object: KubeObject, live: Readonly<KubeObject>): KubeObject {
  const { info, kind } = call;
  placeObject(call, object, info.name);
  const next = writtenPart(call, object, live);
  beforeUpdate(call, next, live, true);
  if (!isStatusPart(info.subresource)) keepStatus(kind, next, live);
  return next;
}

/** Server-side apply: makes the object when it is absent. */
async function apply(call: Call, options: WriteOptions): Promise<Written> {
  requireManager(options);
  const body = readPatch(call, true);
  const applied = requireApplied(call, body, options);
  const merge = (live: Readonly<KubeObject> | undefined): KubeObject =>
    clone(
      serverSideApply(call.kind.schema, live as KubeObject | undefined, applied, {
        manager: options.fieldManager,
        force: options.force ?? false,
        time: timestamp(call.server.clock),
        subresource: call.info.subresource,
        versions: versionsOf(call.server.kinds, call.kind),
        owned: (fields) => ownedPart(call.info.subresource, fields),
      }),
    ) as KubeObject;
  for (let attempt = 1; ; attempt++) {
    const live = await call.server.store.get(storeKey(call.kind, call.info));
    try {
      if (live === undefined && call.info.subresource === '') {
        refuseNamed(call, applied);
        return await createObject(call, merge(undefined), options, true);
      }
      return await modify(call, call.info, {
        options,
        subresource: call.info.subresource,
        attempts,
        applied: true,
        next: (found) => settleApplied(call, merge(found), found),
      });
    } catch (error) {
      // Somebody has made it, or deleted it, in between.
      const raced = live === undefined ? isAlreadyExists(error) : isNotFound(error) && call.info.subresource === '';
      if (!raced || attempt >= attempts) throw error;
    }
  }
}

/** @throws StatusError Invalid when nobody is named to own what is applied */
export function requireManager(options: WriteOptions): void {
  if (!options.named) throw optionsInvalid([{ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' }]);
}

/** An apply that names the object it is about does not make another one. */
function refuseNamed(call: Call, { metadata }: KubeObject): void {
  const { uid = '', resourceVersion = '' } = metadata;
  if (uid !== '') {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(call.kind.kind, metadata.name, why);
  }
  if (resourceVersion !== '') throw staleVersion(call.kind.kind, metadata.name);
}

function requireApplied(call: Call, body: Body, options: WriteOptions): KubeObject {
  const { kind } = call.kind;
  if (isRecord(body.value) && (body.value['apiVersion'] === undefined || body.value['kind'] === undefined)) {
    throw badRequest(`error decoding patch: Object 'Kind' or 'apiVersion' is missing: an applied ${kind.kind} must say both`);
  }
  requireType(call, body.value);
  const said = requireKind(call, body.value);
  const { value, dropped } = dropUnknown(call.kind.schema, said);
  // Unlike any other write, an apply refuses what the schema lacks, whatever fieldValidation says.
  if (dropped.length > 0) throw untypedError(placed(call, said), appliedProblems(call.kind.schema, said));
  judgeFields(call, options.fieldValidation, { form: 'apply', body, object: said, dropped });
  const object = placed(call, normalise(call.kind.schema, value));
  if (object.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  return appliedPart(call.kind, object, call.info.subresource);
}

/** @throws StatusError BadRequest when another kind or version is applied than the path says */
function requireType(call: Call, value: unknown): void {
  const { apiVersion, kind } = isRecord(value) ? value : {};
  const expected = apiVersionOf(call.kind.kind);
  if (apiVersion === expected && kind === call.kind.kind.kind) return;
  throw badRequest(`invalid object type: ${String(apiVersion).includes('/') ? '' : '/'}${String(apiVersion)}, Kind=${String(kind)}`);
}

function placed(call: Call, object: KubeObject): KubeObject {
  placeObject(call, object, call.info.name);
  return object;
}

function settleApplied(call: Call, merged: KubeObject, live: Readonly<KubeObject>): KubeObject {
  const next = writtenPart(call, merged, live);
  beforeUpdate(call, next, live, true);
  if (!isStatusPart(call.info.subresource)) keepStatus(call.kind, next, live);
  return next;
}

function optionsInvalid(errors: readonly FieldError[]): Error {
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', errors);
}
