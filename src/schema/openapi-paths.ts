import type { Kind } from '../api/object.ts';
import type { Components } from './openapi-components.ts';
import type { Schema } from './schema.ts';
import { strategicMergeType } from './strategic-merge.ts';

type Json = Record<string, unknown>;

/** What a document says of one served kind. */
export interface OpenApiKind {
  readonly kind: Kind;
  readonly listKind: string;
  readonly schema: Schema;
  readonly subresources: { readonly status?: true; readonly scale?: object; readonly others?: readonly string[] };
  readonly custom: boolean;
  readonly computed?: { readonly verbs: readonly string[] };
}
/** Where a kind lies and what its bodies are. */
export interface Place {
  readonly served: OpenApiKind;
  /** `/apis/apps/v1`. */
  readonly root: string;
  readonly object: Json;
  readonly list: Json;
  readonly components: Components;
}

const applyType = 'application/apply-patch+yaml';
const mergeTypes = ['application/json-patch+json', 'application/merge-patch+json'];
function patchTypesOf({ served }: Place): readonly string[] {
  return [applyType, ...mergeTypes, ...(served.custom ? [] : [strategicMergeType])];
}

/** The paths of one kind with their operations, as kubectl looks them up. */
export function pathsOf(place: Place): Json {
  const { kind, subresources } = place.served;
  const prefix = kind.namespaced ? `${place.root}/namespaces/{namespace}` : place.root;
  const collection = `${prefix}/${kind.plural}`;
  const item = `${collection}/{name}`;
  const { computed } = place.served;
  const shared = kind.namespaced ? [namespaceParameter, pretty] : [pretty];
  const named = [nameParameter(kind), ...shared];
  if (computed?.verbs.includes('create')) return { [collection]: { parameters: shared, post: postOperation(place) } };
  if (computed !== undefined) {
    const { get } = readAndWrite(place, { suffix: '', body: place.object, gvk: gvkOf(kind) });
    return { [collection]: { get: listOperation(place, ''), parameters: shared }, [item]: { get, parameters: named } };
  }
  return {
    ...(kind.namespaced && { [`${place.root}/${kind.plural}`]: { get: listOperation(place, 'ForAllNamespaces'), parameters: [pretty] } }),
    [collection]: {
      ...(deletedTogether(kind) && { delete: deleteCollection(place) }),
      get: listOperation(place, ''),
      parameters: shared,
      post: postOperation(place),
    },
    [item]: {
      ...readAndWrite(place, { suffix: '', body: place.object, gvk: gvkOf(kind) }),
      delete: deleteOperation(place),
      parameters: named,
    },
    ...(subresources.status && {
      [`${item}/status`]: { ...readAndWrite(place, { suffix: 'Status', body: place.object, gvk: gvkOf(kind) }), parameters: named },
    }),
    ...(subresources.scale && {
      [`${item}/scale`]: {
        ...readAndWrite(place, { suffix: 'Scale', body: place.components.fixed('io.k8s.api.autoscaling.v1.Scale'), gvk: scale }),
        parameters: named,
      },
    }),
    ...partPaths(place, item, named),
    ...otherPaths(place, item, named),
  };
}
const scale = { group: 'autoscaling', kind: 'Scale', version: 'v1' };
function gvkOf(kind: Kind): Json {
  return { group: kind.group, kind: kind.kind, version: kind.version };
}

/** Parts of the object that are written apart, as the whole object. */
const parts: ReadonlySet<string> = new Set(['approval', 'ephemeralcontainers', 'resize']);
function partPaths(place: Place, item: string, parameters: readonly Json[]): Json {
  const { kind, subresources } = place.served;
  const names = (subresources.others ?? []).filter((name) => parts.has(name));
  const operations = (name: string) => readAndWrite(place, { suffix: capital(name), body: place.object, gvk: gvkOf(kind) });
  return Object.fromEntries(names.map((name) => [`${item}/${name}`, { ...operations(name), parameters }])) as Json;
}

const otherVerbs: Readonly<Record<string, { readonly verb: string; readonly method: string }>> = {
  log: { verb: 'read', method: 'get' },
  finalize: { verb: 'replace', method: 'put' },
};
function otherPaths(place: Place, item: string, parameters: readonly Json[]): Json {
  const { kind, subresources } = place.served;
  const others = (subresources.others ?? []).filter((name) => !parts.has(name));
  const paths = others.map((name) => {
    const { verb, method } = otherVerbs[name] ?? { verb: 'create', method: 'post' };
    const operation = {
      description: `${verb} ${name} of the specified ${kind.kind}`,
      operationId: operationId(place, verb, capital(name)),
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-action': method,
      'x-kubernetes-group-version-kind': gvkOf(kind),
    };
    return [`${item}/${name}`, { [method]: operation, parameters }];
  });
  return Object.fromEntries(paths) as Json;
}

interface Bodies {
  /** Of the operation's name: `Status`. */
  readonly suffix: string;
  readonly body: Json;
  readonly gvk: Json;
}
function readAndWrite(place: Place, { suffix, body, gvk }: Bodies): Json {
  const { kind } = place.served.kind;
  const of = suffix === '' ? `the specified ${kind}` : `${suffix.toLowerCase()} of the specified ${kind}`;
  const operation = (verb: string, action: string, rest: Json): Json => ({
    operationId: operationId(place, verb, suffix),
    ...rest,
    responses: answers(body, action === 'get' ? [200] : [200, 201]),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  });
  const patch = place.components.fixed('io.k8s.apimachinery.pkg.apis.meta.v1.Patch');
  const content = Object.fromEntries(patchTypesOf(place).map((type) => [type, { schema: patch }]));
  return {
    get: operation('read', 'get', { description: `read ${of}` }),
    patch: operation('patch', 'patch', {
      description: `partially update ${of}`,
      parameters: [...writeParameters, force],
      requestBody: { content, required: true },
    }),
    put: operation('replace', 'put', { description: `replace ${of}`, parameters: writeParameters, requestBody: bodyOf(body) }),
  };
}

function postOperation(place: Place): Json {
  return {
    description: `create ${article(place.served.kind.kind)}`,
    operationId: operationId(place, 'create', ''),
    parameters: writeParameters,
    requestBody: bodyOf(place.object),
    responses: answers(place.object, [200, 201, 202]),
    'x-kubernetes-action': 'post',
    'x-kubernetes-group-version-kind': gvkOf(place.served.kind),
  };
}
function listOperation(place: Place, suffix: string): Json {
  return {
    description: `list or watch objects of kind ${place.served.kind.kind}`,
    operationId: operationId(place, 'list', suffix),
    parameters: listParameters,
    responses: answers(place.list, [200]),
    'x-kubernetes-action': 'list',
    'x-kubernetes-group-version-kind': gvkOf(place.served.kind),
  };
}
function deleteOperation(place: Place): Json {
  return {
    description: `delete ${article(place.served.kind.kind)}`,
    operationId: operationId(place, 'delete', ''),
    parameters: deleteParameters,
    requestBody: { content: { '*/*': { schema: place.components.fixed('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions') } } },
    responses: answers(place.components.fixed('io.k8s.apimachinery.pkg.apis.meta.v1.Status'), [200, 202]),
    'x-kubernetes-action': 'delete',
    'x-kubernetes-group-version-kind': gvkOf(place.served.kind),
  };
}
/** Namespaces go one by one. */
function deletedTogether(kind: Kind): boolean {
  return kind.group !== '' || kind.kind !== 'Namespace';
}
function deleteCollection(place: Place): Json {
  return {
    ...deleteOperation(place),
    description: `delete collection of ${place.served.kind.kind}`,
    operationId: operationId(place, 'delete', 'Collection'),
    parameters: [...deleteParameters, ...listParameters],
    'x-kubernetes-action': 'deletecollection',
  };
}

function bodyOf(schema: Json): Json {
  return { content: { '*/*': { schema } }, required: true };
}
const descriptions: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
function answers(schema: Json, codes: readonly number[]): Json {
  const content = { 'application/json': { schema }, 'application/yaml': { schema } };
  return Object.fromEntries(codes.map((code) => [code, { description: descriptions[code], content }]));
}

/** `patchAppsV1NamespacedDeploymentStatus`, `deleteAppsV1CollectionNamespacedDeployment`. */
function operationId(place: Place, verb: string, suffix: string): string {
  const { group, version, kind, namespaced } = place.served.kind;
  const first =
    group === ''
      ? 'core'
      : group
          .replace(/\.k8s\.io$/, '')
          .split('.')
          .map(capital)
          .join('');
  const scope = namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const whole = suffix === 'Collection';
  return `${verb}${capital(first)}${capital(version)}${whole ? suffix : ''}${scope}${kind}${whole ? '' : suffix}`;
}
function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
function article(kind: string): string {
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function query(name: string, type: string, description: string): Json {
  return { description, in: 'query', name, schema: { type, uniqueItems: true } };
}
const pretty = query('pretty', 'string', 'Prints the answer with line breaks.');
const namespaceParameter: Json = {
  description: 'the namespace of the object',
  in: 'path',
  name: 'namespace',
  required: true,
  schema: { type: 'string', uniqueItems: true },
};
function nameParameter(kind: Kind): Json {
  return {
    description: `name of the ${kind.kind}`,
    in: 'path',
    name: 'name',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  };
}
const dryRun = query('dryRun', 'string', 'All: everything is done but storing.');
const writeParameters: readonly Json[] = [
  dryRun,
  query('fieldManager', 'string', 'Who makes the change; needed to apply.'),
  query(
    'fieldValidation',
    'string',
    'What becomes of unknown and duplicate fields: Ignore drops them, Warn says so, Strict refuses the request.',
  ),
];
const force = query('force', 'boolean', 'Applies over fields that others own. Only to apply.');
const deleteParameters: readonly Json[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'How long the object has to end.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
const listParameters: readonly Json[] = [
  query('allowWatchBookmarks', 'boolean', 'The watch may carry bookmarks.'),
  query('continue', 'string', 'Where an earlier list ended.'),
  query('fieldSelector', 'string', 'Only objects with these fields.'),
  query('labelSelector', 'string', 'Only objects with these labels.'),
  query('limit', 'integer', 'At most so many objects.'),
  query('resourceVersion', 'string', 'The version to read at or after.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'The watch begins with what there is.'),
  query('timeoutSeconds', 'integer', 'When the call ends.'),
  query('watch', 'boolean', 'Answers changes as they happen.'),
];
