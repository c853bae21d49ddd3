import type { ApiResponse } from '../api/http.ts';
import { apiVersionOf, type KubeObject } from '../api/object.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Entry } from '../store/store.ts';
import { bytesAnswer, encodeJson, encodeText, jsonAnswer, showing, yamlAnswer } from './answer.ts';
import type { Call } from './context.ts';
import { negotiate, type Form } from './negotiate.ts';
import { inVersion, valueInVersion } from './stored-version.ts';
import { partialOf, tableOf, type ListMeta } from './table.ts';

/** The form that a call asks for. @throws StatusError NotAcceptable */
export function formOf(call: Call): Form {
  return negotiate(call.request.headers['accept'], call.info.query.get('includeObject'));
}

/** What `value` looks like in a form, as an object. */
export function shaped(kind: ResourceKind, value: KubeObject, options: { readonly form: Form; readonly now: number }): unknown {
  const { form, now } = options;
  if (form.as === 'partial') return partialOf(value, form.version);
  if (form.as === 'object') return value;
  const { resourceVersion } = value.metadata;
  const metadata = resourceVersion === undefined ? {} : { resourceVersion };
  return tableOf(kind, [value], { now, version: form.version, include: form.include, metadata });
}

/** One stored object, from its stored bytes where the form allows. */
export function entryAnswer(call: Call, stored: Entry<KubeObject>, status = 200): ApiResponse {
  const form = formOf(call);
  const entry = inVersion(call.kind, stored);
  if (form.as !== 'object' || form.yaml) return valueAnswer(call, entry.value(), status);
  const value = () => entry.value();
  return call.request.wantsObject ? bytesAnswer(status, entry.json, value) : showing(bytesAnswer(status, entry.json, undefined), value);
}

/** One object that is not, or no longer, in the store. */
export function valueAnswer(call: Call, value: KubeObject, status = 200): ApiResponse {
  const form = formOf(call);
  const object = shaped(call.kind, valueInVersion(call.kind, value), { form, now: call.server.clock.now() });
  return form.as === 'object' && form.yaml ? yamlAnswer(status, object) : jsonAnswer(status, object, call.request.wantsObject === true);
}

/** A page of a list. */
export interface Page {
  readonly entries: readonly Entry<KubeObject>[];
  readonly metadata: ListMeta;
}

export function listAnswer(call: Call, page: Page): ApiResponse {
  const form = formOf(call);
  const { kind } = call;
  const head = { kind: kind.listKind, apiVersion: apiVersionOf(kind.kind), metadata: page.metadata };
  if (form.as === 'object') {
    const whole = () => ({ ...head, items: page.entries.map((entry) => entry.value()) });
    if (form.yaml) return yamlAnswer(200, whole());
    if (call.request.wantsObject) return { ...jsonAnswer(200, undefined, true), object: whole() };
    return bytesAnswer(200, joined(head, page.entries), undefined);
  }
  const values = page.entries.map((entry) => entry.value());
  const object =
    form.as === 'table'
      ? tableOf(kind, values, { now: call.server.clock.now(), version: form.version, include: form.include, metadata: page.metadata })
      : partialList(values, form.version, page.metadata);
  return jsonAnswer(200, object, call.request.wantsObject === true);
}

function partialList(values: readonly KubeObject[], version: string, metadata: ListMeta): unknown {
  const items = values.map((value) => partialOf(value, version));
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata, items };
}

const comma = encodeText(',');
const chunkBytes = 256 * 1024;

/** A list document from the stored bytes of its items: whole where it is short, in chunks where it is long. */
function joined(head: object, entries: readonly Entry<KubeObject>[]): ApiResponse['body'] {
  const text = JSON.stringify(head);
  const first = encodeText(`${text.slice(0, -1)},"items":[`);
  const last = encodeText(']}\n');
  const size = entries.reduce((sum, entry) => sum + entry.size + 1, first.length + last.length);
  if (size > 2 * chunkBytes) return chunks(first, entries, last);
  const parts: Uint8Array[] = [first];
  for (const entry of entries) parts.push(...(parts.length > 1 ? [comma, entry.json] : [entry.json]));
  return Buffer.concat([...parts, last]);
}

async function* chunks(first: Uint8Array, entries: readonly Entry<KubeObject>[], last: Uint8Array): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [first];
  let size = first.length;
  for (const [index, entry] of entries.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(entry.json);
    size += entry.size + 1;
    if (size < chunkBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  yield Buffer.concat([...parts, last]);
}

/** One event of a watch as a line of JSON; `object` is JSON bytes already or a value. */
export function eventLine(type: string, object: Uint8Array | object): Uint8Array {
  if (!(object instanceof Uint8Array)) return encodeJson({ type, object });
  return Buffer.concat([encodeText(`{"type":"${type}","object":`), object, encodeText('}\n')]);
}
