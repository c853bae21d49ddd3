import type { KubeObject, ObjectKey } from '../api/object.ts';
import { internalError } from '../api/status.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Call, ServerContext } from './context.ts';
import type { WriteOptions } from './write-options.ts';

/** What the server itself writes, it writes under this name. */
export const serverUser = { name: 'system:apiserver', groups: ['system:masters'] };
export const serverOptions: WriteOptions = { dryRun: false, fieldValidation: 'Ignore', fieldManager: 'steersman-apiserver', named: true };

/** A call that the server makes to itself, past authorization and audit. */
export function internalCall(server: ServerContext, kind: ResourceKind, key: ObjectKey, subresource = ''): Call {
  const { group, version, plural } = kind.kind;
  const info = {
    isResource: true,
    verb: 'update',
    path: '',
    parts: [],
    group,
    version,
    namespace: key.namespace,
    resource: plural,
    subresource,
    name: key.name,
    rest: [],
    query: new URLSearchParams(),
  };
  return {
    server,
    info,
    kind,
    user: serverUser,
    warnings: [],
    request: { method: 'PUT', path: '', query: '', headers: {}, wantsObject: true },
  };
}

/** The kind of an object of ours. @throws StatusError InternalError when it is not served */
export function kindOf(
  server: ServerContext,
  object: Pick<KubeObject, 'kind'> & { readonly group: string; readonly version: string },
): ResourceKind {
  const kind = server.kinds.findKind(object.group, object.version, object.kind);
  if (kind === undefined) throw internalError(`${object.kind} is not served`);
  return kind;
}
