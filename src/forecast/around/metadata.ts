import type { Kind, KubeObject, ObjectKey } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { ApiResponse } from '../../api/http.ts';
import { isRecord, recordsAt, valueAt } from '../../base/json.ts';
import { bytesOf } from '../../client/body.ts';
import type { Connection } from '../../client/connect.ts';
import { collectionPath, objectPath, queryText } from '../../client/paths.ts';

export type Metadata = KubeObject['metadata'];

const partial = (kind: string): Record<string, string> => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` });

/** Names and owners of all objects of a kind, page by page: the server sends nothing else of them. @throws StatusError */
export async function metadataPages(cluster: Connection, kind: Kind, namespace?: string): Promise<Metadata[]> {
  const out: Metadata[] = [];
  for (let page: string | undefined = ''; page !== undefined;) {
    const query = queryText({ limit: 500, continue: page });
    const headers = partial('PartialObjectMetadataList');
    const answer = await read(await cluster.request({ method: 'GET', path: collectionPath(kind, namespace), query, headers }));
    for (const { metadata } of recordsAt(answer, ['items'])) if (isRecord(metadata)) out.push(namesOf(metadata));
    const next = valueAt(answer, ['metadata', 'continue']);
    page = typeof next === 'string' && next !== '' ? next : undefined;
  }
  return out;
}
/** Annotations may hold what was applied last, values and all: they are let go at once. */
function namesOf(metadata: Readonly<Record<string, unknown>>): Metadata {
  const { name, namespace, uid, ownerReferences } = metadata;
  return { name, namespace, uid, ownerReferences } as Metadata;
}

/** Whether an object is there, of which nothing is read; undefined where that may not be known. */
export async function isThere(cluster: Connection, kind: Kind, key: ObjectKey): Promise<boolean | undefined> {
  const { status } = await cluster.request({ method: 'GET', path: objectPath(kind, key), headers: partial('PartialObjectMetadata') });
  if (status === 404) return false;
  return status === 200 ? true : undefined;
}

async function read({ status, body }: ApiResponse): Promise<unknown> {
  const answer: unknown = JSON.parse(new TextDecoder().decode(await bytesOf(body)));
  if (status !== 200) throw StatusError.from(answer, status);
  return answer;
}
