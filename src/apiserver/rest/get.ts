import type { ApiResponse } from '../../api/http.ts';
import { notFound } from '../../api/status.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Entry } from '../../store/store.ts';
import type { Call } from '../context.ts';
import { storeKey } from '../entry-fields.ts';
import { entryAnswer } from '../forms.ts';
import { inVersion } from '../stored-version.ts';
import { readRevision, requireReached } from '../list-options.ts';

/** GET of one object. */
export async function get(call: Call): Promise<ApiResponse> {
  const version = call.info.query.get('resourceVersion') ?? '';
  if (version !== '') requireReached(readRevision(version), call.server.store.revision());
  return entryAnswer(call, await found(call));
}

/** The stored object that the path names. @throws StatusError NotFound */
export async function found(call: Call): Promise<Entry<KubeObject>> {
  const entry = await call.server.store.get(storeKey(call.kind, call.info));
  if (entry === undefined) throw notFound(call.kind.kind, call.info.name);
  return inVersion(call.kind, entry);
}
