import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { methodNotAllowed } from '../../api/status.ts';
import type { Call } from '../context.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import { readObject } from './body.ts';
import { beforeCreate, placeObject } from './metadata.ts';
import { insert, writtenAnswer, type Written } from './modify.ts';
import { keepStatus } from './status-split.ts';

/** POST to a collection. */
export async function create(call: Call): Promise<ApiResponse> {
  if (call.info.name !== '') throw methodNotAllowed(call.kind.kind, 'create');
  const options = readWriteOptions(call, 'CreateOptions');
  return writtenAnswer(call, await createObject(call, readObject(call, options), options));
}

/** Makes the object, which belongs to this function. `applied`: its managedFields are written already. */
export async function createObject(call: Call, object: KubeObject, options: WriteOptions, applied?: true): Promise<Written> {
  placeObject(call, object, call.info.name);
  await beforeCreate(call, object);
  keepStatus(call.kind, object, undefined);
  return insert(call, { object, old: undefined, subresource: '', options, ...(applied && { applied }) });
}
