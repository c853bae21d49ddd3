import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import { badRequest, internalError, invalid, StatusError, tooLarge } from '../../api/status.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import { judgeObject, type Verdict } from '../../kinds/object-errors.ts';
import { defaulted } from '../../kinds/served-form.ts';
import { withDefaults } from '../../schema/defaults.ts';
import { recordUpdate } from '../../schema/apply.ts';
import { timestamp } from '../../base/clock.ts';
import { allocate, judge, mutate, type Attempt } from '../admission/index.ts';
import type { Call } from '../context.ts';
import { storedForm, storedKind, valueInVersion } from '../stored-version.ts';
import { versionsOf } from '../manager-versions.ts';
import type { WriteOptions } from '../write-options.ts';
import { raiseGeneration } from './metadata.ts';
import { ownMembers } from './own-members.ts';
import { sharesOld } from './status-split.ts';

/** One object on its way to the store, after unknown fields were dropped and a patch was merged. */
export interface Draft {
  /** The draft's own: it is changed. */
  readonly object: KubeObject;
  readonly old: Readonly<KubeObject> | undefined;
  /** Bytes of the old object's JSON. */
  readonly oldSize?: number;
  readonly subresource: string;
  readonly options: WriteOptions;
  /** The merge has written managedFields itself. */
  readonly applied?: true;
}
/** What is ready to be stored, and what to take back when it is not. */
export interface Prepared {
  readonly object: KubeObject;
  readonly undo: readonly (() => void)[];
  readonly stored: readonly ((revision: number) => void)[];
}

const largestObject = 1_572_864;

/**
 * Defaults, field managers, admission, strategy, validation: in this order, by the rules of the version that is stored. So nobody owns
 * what the server adds after defaults, as upstream. Answers the object in that version. @throws StatusError
 */
export async function prepare(asked: Call, draft: Draft): Promise<Prepared> {
  const kind = storedKind(asked.server.kinds, asked.kind);
  const call = kind === asked.kind ? asked : { ...asked, kind };
  const { options, subresource } = draft;
  const { strategy } = kind;
  const old = draft.old && storedForm(asked.kind, draft.old);
  if (call !== asked) requireReadable(asked, draft.object);
  const object =
    old !== undefined && sharesOld(kind, subresource)
      ? statusDefaults(kind, draft.object)
      : defaulted(kind, storedForm(asked.kind, draft.object));
  const attempt: Attempt = {
    call,
    operation: old === undefined ? 'create' : 'update',
    subresource,
    object,
    old,
    dryRun: options.dryRun,
    undo: [],
    stored: [],
  };
  try {
    const managedFields = draft.applied ? object.metadata.managedFields : managersOf(asked, object, draft);
    await mutate(call.server.admission, attempt);
    strategy?.prepare?.(object, old as KubeObject | undefined, subresource);
    allocate(call.server.admission, attempt);
    const final = settled(asked, { object, managedFields }, draft);
    check(asked, final, { ...draft, old });
    await judge(call.server.admission, { ...attempt, object: final });
    return { object: final, undo: attempt.undo, stored: attempt.stored };
  } catch (error) {
    takeBack(attempt.undo);
    throw error instanceof StatusError ? error : (malformed(call, object, { ...draft, old }) ?? error);
  }
}

/** All but the status is the old object's, and has its defaults. */
function statusDefaults({ schema }: ResourceKind, object: KubeObject & { status?: unknown }): KubeObject {
  const below = schema.properties.get('status');
  if (below === undefined || object.status === undefined) return object;
  return { ...object, status: withDefaults(below, object.status) } as KubeObject;
}

/** Where something stumbles over a value of the wrong type, the schema says which one it is. */
function malformed(call: Call, object: KubeObject, { old, subresource }: Draft): StatusError | undefined {
  return refusal(call, object, judgeObject(call.kind, object, old as KubeObject | undefined, subresource));
}

/** The answer to an object that is not right. What Kubernetes could not even read is no object of the kind. */
function refusal({ kind: { kind } }: Call, object: KubeObject, { errors, unreadable }: Verdict): StatusError | undefined {
  if (unreadable !== undefined) {
    return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${unreadable}`);
  }
  return errors.length === 0 ? undefined : invalid(kind, String(object.metadata.name ?? ''), errors);
}

export function takeBack(undo: readonly (() => void)[]): void {
  for (const step of undo) step();
}

/** Tells those who wait for it that the object is stored. */
export function tellStored(prepared: Prepared, revision: number): void {
  for (const step of prepared.stored) step(revision);
}

/** Who owns what after this write, in the fields of the version that was written. */
function managersOf({ kind, server }: Call, object: KubeObject, { old, options, subresource }: Draft): ManagedFieldsEntry[] | undefined {
  const { metadata } = recordUpdate(kind.schema, old as KubeObject | undefined, valueInVersion(kind, object), {
    manager: options.fieldManager,
    time: timestamp(server.clock),
    subresource,
    versions: versionsOf(server.kinds, kind),
  });
  return metadata.managedFields;
}

/** With its generation and its field managers. */
function settled(
  { kind, server }: Call,
  written: { object: KubeObject; managedFields: ManagedFieldsEntry[] | undefined },
  { old, subresource }: Draft,
): KubeObject {
  const { object, managedFields } = written;
  if (old !== undefined && subresource !== 'status') {
    raiseGeneration(storedKind(server.kinds, kind), object, storedForm(kind, old));
  }
  const { managedFields: _before, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(managedFields && { managedFields }) } };
}

/** An object of a version that is converted: only what can be read can be. @throws StatusError BadRequest */
function requireReadable(call: Call, object: KubeObject): void {
  const { strategy: _, ...bare } = call.kind;
  const { errors, unreadable } = judgeObject(bare, object, undefined);
  if (unreadable !== undefined) throw refusal(call, object, { errors, unreadable }) ?? internalError(unreadable);
}

function check(call: Call, object: KubeObject, draft: Draft): void {
  const { kind, conversion } = call.kind;
  const { subresource } = draft;
  // Rules are those of the stored version, and look at what is stored.
  const old = draft.old === undefined ? undefined : storedForm(call.kind, draft.old);
  const ruling = storedKind(call.server.kinds, call.kind);
  const { strategy } = ruling;
  const verdict = judgeObject(ruling, object, old, subresource);
  const further = conversion?.validate?.(object, old) ?? [];
  const told = verdict.errors.map((error) => ({ ...error, field: conversion?.toldFields?.[error.field] ?? error.field }));
  const refused = refusal(call, object, conversion === undefined ? verdict : { ...verdict, errors: [...told, ...further] });
  if (refused !== undefined) throw refused;
  call.warnings.push(...(strategy?.warnings?.(object, old) ?? []));
  if (mayBeLarge(call, object, draft) && roughSize(object, largestObject) >= largestObject) {
    throw tooLarge(`${kind.kind} "${object.metadata.name}" is too large: the limit is ${largestObject} bytes`);
  }
}

/** What came as few bytes and is new needs no measuring, nor what has hardly grown. */
function mayBeLarge(call: Call, object: KubeObject, { old, oldSize }: Draft): boolean {
  if (old !== undefined) return oldSize === undefined || oldSize + roughSize(ownMembers(object, old), largestObject) >= largestObject;
  const { body } = call.request;
  return body === undefined || body.length > largestObject / 4;
}

/** About how many bytes of JSON a value takes; stops counting at `limit`. */
function roughSize(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let size = 2;
  for (const key in value) {
    size += (Array.isArray(value) ? 1 : key.length + 4) + roughSize((value as Record<string, unknown>)[key], limit - size);
    if (size >= limit) return size;
  }
  return size;
}
