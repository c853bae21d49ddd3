import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { forbidden, methodNotAllowed } from '../../api/status.ts';
import { askedOf, refusalText } from '../authorization.ts';
import type { Call } from '../context.ts';
import { serverUser } from '../internal-call.ts';
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
  if (call.info.verb === 'update' || call.info.verb === 'patch') await requireCreation(call);
  placeObject(call, object, call.info.name);
  await beforeCreate(call, object);
  keepStatus(call.kind, object, undefined);
  return insert(call, { object, old: undefined, subresource: '', options, ...(applied && { applied }) });
}

/** Who may change an object that is there need not be one who may make it. @throws StatusError Forbidden */
async function requireCreation({ info, kind, server, user }: Call): Promise<void> {
  if (user === serverUser) return;
  const asked = { ...askedOf(info), verb: 'create' };
  const { allowed, reason } = await server.authorize(user, asked);
  if (!allowed) throw forbidden(kind.kind, info.name, refusalText(user, asked, reason));
}
