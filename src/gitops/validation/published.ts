import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { isRecord } from '../../base/json.ts';
import type { Cluster } from '../../client/cluster.ts';
import { isNotFound } from '../../api/status.ts';
import { compileSchema, type ResolveRef } from '../../schema/compile.ts';
import { SchemaError } from '../../schema/marks.ts';
import type { Schema } from '../../schema/schema.ts';
import { Recent } from '../recent.ts';

/** The schema of a kind as its target publishes it; `unreadable` says why there is none to check with. */
export type Published = { readonly schema: Schema } | { readonly unreadable: string };
export interface KindName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Schemas of a target that runs in this process: used as they are, so that nothing is compiled twice. */
export type OwnSchemas = (name: KindName) => Schema | undefined;

/** Documents are asked for again after this; kinds of users change while the target runs. */
const freshMs = 10_000;
const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const builtInGroups: ReadonlySet<string> = new Set([
  ...['', 'apps', 'batch', 'autoscaling', 'policy', 'extensions', 'events.k8s.io', 'networking.k8s.io', 'storage.k8s.io', 'node.k8s.io'],
  ...['rbac.authorization.k8s.io', 'authorization.k8s.io', 'authentication.k8s.io', 'admissionregistration.k8s.io', 'resource.k8s.io'],
  ...[
    'apiextensions.k8s.io',
    'apiregistration.k8s.io',
    'scheduling.k8s.io',
    'coordination.k8s.io',
    'discovery.k8s.io',
    'certificates.k8s.io',
  ],
]);

/** OpenAPI documents by their content, compiled kind by kind when first needed. One for a process. */
export class PublishedSchemas {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #own: OwnSchemas;
  readonly #clusters = new WeakMap<Cluster, Map<string, { readonly atMs: number; readonly document: Promise<Compiled> }>>();
  readonly #compiled = new Recent<string, Compiled>(64);
  readonly #custom = new Recent<string, Published>(500);

  constructor(clock: Pick<Clock, 'now'>, own: OwnSchemas) {
    this.#clock = clock;
    this.#own = own;
  }

  async of(cluster: Cluster, name: KindName): Promise<Published> {
    const schema = this.#own(name);
    if (schema !== undefined) return { schema };
    return (await this.#document(cluster, name)).kind(name);
  }

  /** The schema that a CustomResourceDefinition of the same commit gives a kind. `json` is its openAPIV3Schema. */
  async ofDefinition(cluster: Cluster, name: KindName, json: unknown): Promise<Published> {
    const id = JSON.stringify([name, json]);
    const known = this.#custom.get(id);
    if (known !== undefined) return known;
    const core = await this.#document(cluster, { group: '', version: 'v1', kind: '' });
    const made = attempt(() => {
      const user = isRecord(json) ? json : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      const properties = isRecord(user['properties']) ? user['properties'] : {};
      const own = {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: `core.json#/components/schemas/${objectMeta}` },
      };
      return compileSchema({ path: '', json: { ...user, type: 'object', properties: { ...properties, ...own } } }, core.resolve, {
        custom: true,
      });
    });
    this.#custom.set(id, made);
    return made;
  }

  #document(cluster: Cluster, { group, version }: KindName): Promise<Compiled> {
    const documents = this.#clusters.get(cluster) ?? new Map<string, { atMs: number; document: Promise<Compiled> }>();
    this.#clusters.set(cluster, documents);
    const key = `${group}/${version}`;
    const known = documents.get(key);
    const now = this.#clock.now();
    // What comes with the target does not change while it runs.
    if (known !== undefined && (builtInGroups.has(group) || now - known.atMs < freshMs)) return known.document;
    const document = this.#fetch(cluster, group, version);
    documents.set(key, { atMs: now, document });
    document.catch(() => documents.delete(key));
    return document;
  }

  async #fetch(cluster: Cluster, group: string, version: string): Promise<Compiled> {
    const json = await cluster.openapi(group, version).catch((error: unknown) => {
      // An aggregated API may be served and publish nothing.
      if (isNotFound(error)) return {};
      throw error;
    });
    const hash = createHash('sha256').update(JSON.stringify(json)).digest('hex');
    let compiled = this.#compiled.get(hash);
    if (compiled === undefined) this.#compiled.set(hash, (compiled = new Compiled(isRecord(json) ? json : {}, !builtInGroups.has(group))));
    return compiled;
  }
}

/** One OpenAPI v3 document. */
class Compiled {
  readonly resolve: ResolveRef;
  readonly #document: Readonly<Record<string, unknown>>;
  readonly #custom: boolean;
  readonly #names = new Map<string, string>();
  readonly #kinds = new Map<string, Published>();

  constructor(document: Readonly<Record<string, unknown>>, custom: boolean) {
    this.#document = document;
    this.#custom = custom;
    this.resolve = () => document;
    for (const [name, schema] of Object.entries(componentsOf(document))) {
      const kinds = isRecord(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
      for (const kind of Array.isArray(kinds) ? kinds : []) if (isRecord(kind)) this.#names.set(kindKey(kind as unknown as KindName), name);
    }
  }

  kind(name: KindName): Published {
    const key = kindKey(name);
    let found = this.#kinds.get(key);
    if (found === undefined) this.#kinds.set(key, (found = this.#compile(key)));
    return found;
  }

  #compile(key: string): Published {
    const component = this.#names.get(key);
    if (component === undefined) return { unreadable: 'the target publishes no schema for it' };
    const pointer = `#/components/schemas/${component.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!this.#custom) return attempt(() => compileSchema({ path: '', json: { $ref: `document.json${pointer}` } }, this.resolve));
    // Patterns of users must not be able to take for ever: `custom` has them run on re2.
    return attempt(() =>
      compileSchema({ path: '', json: { $ref: pointer, components: this.#document['components'] } }, this.resolve, { custom: true }),
    );
  }
}

function componentsOf(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const components = document['components'];
  const schemas = isRecord(components) ? components['schemas'] : undefined;
  return isRecord(schemas) ? schemas : {};
}
function kindKey({ group, version, kind }: KindName): string {
  return `${group}/${version}/${kind}`;
}
function attempt(compile: () => Schema): Published {
  try {
    return { schema: compile() };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return { unreadable: `its published schema cannot be read: ${error.message}` };
  }
}
