import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { clone } from '../../base/json.ts';
import type { Call } from '../context.ts';
import { storeKey } from '../entry-fields.ts';
import { readWriteOptions, type WriteOptions } from '../write-options.ts';
import { readObject } from './body.ts';
import { createObject } from './create.ts';
import { beforeUpdate, placeObject } from './metadata.ts';
import { modify, writtenAnswer, type Written } from './modify.ts';
import { isStatusPart, keepStatus, writtenPart } from './status-split.ts';

const unconditionalAttempts = 10;

/** PUT of an object, or of its status. */
export async function update(call: Call): Promise<ApiResponse> {
  const { info, kind } = call;
  const options = readWriteOptions(call, 'UpdateOptions');
  const sent = readObject(call, options);
  placeObject(call, sent, info.name);
  const conditional = (sent.metadata.resourceVersion ?? '') !== '';
  if (kind.createOnUpdate && info.subresource === '' && !conditional) {
    const created = await createdBy(call, sent, options);
    if (created !== undefined) return writtenAnswer(call, created);
  }
  const written = await modify(call, info, {
    options,
    subresource: info.subresource,
    attempts: conditional ? 1 : unconditionalAttempts,
    next: (live) => replaced(call, conditional ? sent : (clone(sent) as KubeObject), live),
  });
  return writtenAnswer(call, written);

  function replaced(of: Call, object: KubeObject, live: Readonly<KubeObject>): KubeObject {
    const next = writtenPart(of, object, live);
    beforeUpdate(of, next, live, kind.unconditionalUpdate);
    if (!isStatusPart(info.subresource)) keepStatus(kind, next, live);
    return next;
  }
}

/** Some kinds may be made by a PUT. Undefined when the object is there already. */
async function createdBy(call: Call, sent: KubeObject, options: WriteOptions): Promise<Written | undefined> {
  if ((await call.server.store.get(storeKey(call.kind, call.info))) !== undefined) return undefined;
  try {
    return await createObject(call, clone(sent) as KubeObject, options);
  } catch (error) {
    // Somebody has made it in between: then it is changed.
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}
