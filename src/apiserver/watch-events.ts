import type { KubeObject, WatchEvent } from '../api/object.ts';
import { apiVersionOf } from '../api/object.ts';
import { deepFreeze } from '../base/json.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Change, Entry } from '../store/store.ts';
import type { Call } from './context.ts';
import { eventLine, shaped } from './forms.ts';
import { inVersion } from './stored-version.ts';
import { formKey, type Form } from './negotiate.ts';
import type { EventWriter } from './watch-stream.ts';

/** Last states of objects that left a selection, stamped with the revision at which they left. */
const departed = new WeakMap<Change<KubeObject>, KubeObject>();

/** Events as lines of JSON, for sockets. */
export function lineWriter(call: Call, form: Form): EventWriter<Uint8Array> {
  const { kind } = call;
  const key = `${kind.kind.version}/${formKey(form)}`;
  return {
    event: (type, { entry, gone }) => {
      const make = () => encodeLine(call, type, subject(call, entry, gone), form);
      return call.server.lines.of(gone ?? entry, `${type}/${key}`, make);
    },
    bookmark: (revision, initialEnd) => eventLine('BOOKMARK', bookmarkObject(kind, { revision, initialEnd, form })),
    failure: (error) => eventLine('ERROR', error.toStatus()),
  };
}

/** Events as objects, in process. A failure is thrown to the reader. */
export function objectWriter(call: Call, form: Form): EventWriter<WatchEvent<unknown>> {
  const { kind } = call;
  return {
    event: (type, { entry, gone }) => {
      const value = valueOf(subject(call, entry, gone));
      return { type, object: form.as === 'object' ? value : shaped(kind, value, { form, now: call.server.clock.now() }) };
    },
    bookmark: (revision, initialEnd) => {
      const bookmark = { type: 'BOOKMARK', resourceVersion: String(revision) } as const;
      return initialEnd ? { ...bookmark, initialEventsEnd: true } : bookmark;
    },
    failure: () => undefined,
  };
}

function subject(call: Call, entry: Entry<KubeObject>, gone: Change<KubeObject> | undefined): Entry<KubeObject> | KubeObject {
  const shown = inVersion(call.kind, entry);
  if (gone === undefined) return shown;
  const last = shown.value();
  const known = departed.get(gone);
  if (known?.apiVersion === last.apiVersion) return known;
  const stamped = deepFreeze({ ...last, metadata: { ...last.metadata, resourceVersion: String(gone.entry.revision) } });
  departed.set(gone, stamped);
  return stamped;
}

function valueOf(subject: Entry<KubeObject> | KubeObject): KubeObject {
  return isEntry(subject) ? subject.value() : subject;
}
/** Nothing in an object is a function. */
function isEntry(subject: Entry<KubeObject> | KubeObject): subject is Entry<KubeObject> {
  return typeof (subject as Partial<Entry<KubeObject>>).value === 'function';
}

function encodeLine(call: Call, type: string, subject: Entry<KubeObject> | KubeObject, form: Form): Uint8Array {
  if (form.as === 'object' && isEntry(subject)) return eventLine(type, subject.json);
  return eventLine(type, shaped(call.kind, valueOf(subject), { form, now: call.server.clock.now() }) as object);
}

function bookmarkObject(kind: ResourceKind, of: { revision: number; initialEnd: boolean; form: Form }): object {
  const metadata = {
    resourceVersion: String(of.revision),
    creationTimestamp: null,
    ...(of.initialEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  };
  if (of.form.as === 'table') {
    const row = { cells: [], object: { kind: kind.kind.kind, apiVersion: apiVersionOf(kind.kind), metadata } };
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${of.form.version}`,
      metadata: { resourceVersion: metadata.resourceVersion },
      columnDefinitions: [],
      rows: [row],
    };
  }
  if (of.form.as === 'partial') return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${of.form.version}`, metadata };
  return { kind: kind.kind.kind, apiVersion: apiVersionOf(kind.kind), metadata };
}
