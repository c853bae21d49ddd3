import { refOf, refText, splitApiVersion, type Kind, type KubeObject } from '../api/object.ts';
import { removedVersion } from '../api/removed-versions.ts';
import type { Origin } from '../api/plan.ts';
import type { StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { isRecord, valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Schema } from '../schema/schema.ts';
import { nearest } from './nearest.ts';
import { inOrder, RenderError, type Manifest, type SourceProblem } from './renderer.ts';
import type { Judge } from './reading.ts';
import { quoted } from './sources/paths.ts';
import { fieldProblems, fieldSteps, type FieldProblem } from './validation/fields.ts';
import { metadataProblems } from './validation/metadata.ts';
import { PublishedSchemas, type KindName, type OwnSchemas, type Published } from './validation/published.ts';

export interface ValidateOptions {
  /** The target: what it serves and publishes decides. */
  readonly cluster: Cluster;
  /** For namespaced objects that name none. */
  readonly namespace: string;
  /** What to do with kinds that neither the target serves nor a CustomResourceDefinition of the same manifests brings. */
  readonly unserved: 'error' | 'skip';
  /** Asked for those in which nothing is wrong so far. */
  readonly judge?: Judge;
}
export interface Validated {
  /** With their namespaces; in the order given. */
  readonly manifests: readonly Manifest[];
  /** What was left out or could not be checked, and why. */
  readonly notes: readonly string[];
}

/**
 * Checks manifests against what the target publishes, and kinds that come with them against their own definitions.
 * What was found of an object is kept with it, so an unchanged file costs nothing. Make one for a process.
 * The function answered throws RenderError with all problems of all files.
 * `own` is for the only target there is, when it runs in this process; others are asked for their schemas.
 */
export function createValidate(
  clock: Pick<Clock, 'now'>,
  own: OwnSchemas = () => undefined,
): (manifests: readonly Manifest[], options: ValidateOptions) => Promise<Validated> {
  const published = new PublishedSchemas(clock, own);
  const known = new WeakMap<KubeObject, Checked>();
  const check: Tools['check'] = (object, schema, namespaced) => {
    const found = known.get(object);
    if (found !== undefined && found.schema === schema && found.namespaced === namespaced) return found;
    const fields = schema === undefined ? [] : fieldProblems(schema, object).filter((problem) => !isNameAgain(problem));
    const checked: Checked = { schema, namespaced, problems: [...metadataProblems(object, namespaced), ...fields], placed: new Map() };
    known.set(object, checked);
    return checked;
  };
  return async (manifests, options) => {
    const run = new Run(manifests, { options, published, check });
    return run.validate();
  };
}

/** Whatever a kind is to these manifests. */
interface Known {
  readonly namespaced: boolean | undefined;
  readonly published: Published | undefined;
  /** Why it cannot be applied; undefined when it can. */
  readonly unserved?: string;
}
interface Definition {
  readonly namespaced: boolean;
  readonly json: unknown;
}
interface Tools {
  readonly options: ValidateOptions;
  readonly published: PublishedSchemas;
  readonly check: (object: KubeObject, schema: Schema | undefined, namespaced: boolean | undefined) => Checked;
}
/** What is kept of an object that was looked at. */
interface Checked {
  readonly schema: Schema | undefined;
  readonly namespaced: boolean | undefined;
  readonly problems: readonly FieldProblem[];
  /** The object by the namespace that it was put into. */
  readonly placed: Map<string | undefined, KubeObject>;
}

class Run {
  readonly #manifests: readonly Manifest[];
  readonly #tools: Tools;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #kinds = new Map<string, Known>();
  readonly #problems: SourceProblem[] = [];
  readonly #wrong = new Set<Origin>();
  readonly #notes = new Set<string>();

  constructor(manifests: readonly Manifest[], tools: Tools) {
    this.#manifests = manifests;
    this.#tools = tools;
    this.#definitions = definitionsIn(manifests);
  }

  async validate(): Promise<Validated> {
    const out: Manifest[] = [];
    const seen = new Map<string, Manifest>();
    for (const manifest of this.#manifests) {
      const kind = this.#kinds.get(kindName(manifest.object)) ?? (await this.#lookUp(manifest.object));
      const ready = this.#one(manifest, kind);
      if (ready === undefined) continue;
      out.push(ready);
      const name = refText(refOf(ready.object));
      const first = seen.get(name);
      if (first === undefined) seen.set(name, ready);
      else
        this.#problem(ready, {
          path: ['metadata', 'name'],
          message: `is written twice: also in ${quoted(first.origin.path)}, line ${first.origin.line}`,
        });
    }
    const { judge } = this.#tools.options;
    if (judge !== undefined) this.#problems.push(...(await judge(out.filter((manifest) => !this.#wrong.has(manifest.origin)))));
    if (this.#problems.length > 0) throw new RenderError(inOrder(this.#problems));
    return { manifests: out, notes: [...this.#notes] };
  }

  /** Ready to be applied; undefined when it is left out. */
  #one(manifest: Manifest, { namespaced, published, unserved }: Known): Manifest | undefined {
    const { object } = manifest;
    if (unserved !== undefined) {
      if (this.#tools.options.unserved === 'error') this.#problem(manifest, { path: ['kind'], message: unserved });
      else this.#notes.add(`${nameOf(object)} (${quoted(manifest.origin.path)}, line ${manifest.origin.line}) is left out: ${unserved}`);
      return undefined;
    }
    const schema = published !== undefined && 'schema' in published ? published.schema : undefined;
    const checked = this.#tools.check(object, schema, namespaced);
    for (const problem of checked.problems) this.#problem(manifest, problem);
    if (published !== undefined && 'unreadable' in published) {
      this.#notes.add(`${object.apiVersion} ${object.kind} is checked by the target alone: ${published.unreadable}`);
    }
    const namespace = namespaced === false ? undefined : this.#tools.options.namespace;
    let placed = checked.placed.get(namespace);
    if (placed === undefined) checked.placed.set(namespace, (placed = inNamespace(object, namespace)));
    return placed === object ? manifest : { ...manifest, object: placed, position: (path) => manifest.position(path) };
  }

  #problem(manifest: Manifest, { path, message }: FieldProblem): void {
    this.#wrong.add(manifest.origin);
    this.#problems.push({ path: manifest.origin.path, ...manifest.position(path), message: `${nameOf(manifest.object)}: ${message}` });
  }

  async #lookUp(object: KubeObject): Promise<Known> {
    const known = await this.#ask(object);
    this.#kinds.set(kindName(object), known);
    return known;
  }

  async #ask({ apiVersion, kind }: KubeObject): Promise<Known> {
    const { cluster } = this.#tools.options;
    const name: KindName = { ...splitApiVersion(apiVersion), kind };
    // What the commit brings counts, also where the target has an older form of it.
    const definition = this.#definitions.get(`${apiVersion} ${kind}`);
    if (definition !== undefined) {
      return { namespaced: definition.namespaced, published: await this.#tools.published.ofDefinition(cluster, name, definition.json) };
    }
    const served = await cluster.kindOf({ apiVersion, kind });
    if (served !== undefined) return { namespaced: served.namespaced, published: await this.#tools.published.of(cluster, name) };
    return { namespaced: undefined, published: undefined, unserved: whyUnserved(name, apiVersion, await cluster.kinds()) };
  }
}

/** Of metadata.name more is said elsewhere. */
function isNameAgain({ path, message }: FieldProblem): boolean {
  return path.join('.') === 'metadata.name' && message.includes('Required value');
}

function definitionsIn(manifests: readonly Manifest[]): Map<string, Definition> {
  const out = new Map<string, Definition>();
  for (const { object } of manifests) {
    if (object.kind !== 'CustomResourceDefinition' || !object.apiVersion.startsWith('apiextensions.k8s.io/')) continue;
    const spec = valueAt(object, ['spec']);
    const versions = valueAt(spec, ['versions']);
    for (const version of Array.isArray(versions) ? versions.filter(isRecord) : []) {
      if (version['served'] === false) continue;
      const name = `${String(valueAt(spec, ['group']))}/${String(version['name'])} ${String(valueAt(spec, ['names', 'kind']))}`;
      out.set(name, { namespaced: valueAt(spec, ['scope']) !== 'Cluster', json: valueAt(version, ['schema', 'openAPIV3Schema']) });
    }
  }
  return out;
}

function whyUnserved({ group, kind }: KindName, apiVersion: string, kinds: readonly Kind[]): string {
  const removed = removedVersion(apiVersion, kind);
  if (removed !== undefined) return removed;
  const others = [
    ...new Set(
      kinds.filter((other) => other.kind === kind).map((other) => (other.group === '' ? other.version : `${other.group}/${other.version}`)),
    ),
  ];
  if (others.length > 0) return `the target does not serve ${apiVersion} ${kind}; it serves ${kind} as ${others.join(', ')}`;
  const [like] = nearest(kind, new Set(kinds.filter((other) => other.group === group).map((other) => other.kind)));
  return `the target does not serve ${apiVersion} ${kind}${like === undefined ? '' : `; did you mean ${like}?`}`;
}

/** Objects of no namespace (`undefined`) lose an empty one; others get it where they name none. */
function inNamespace(object: KubeObject, namespace: string | undefined): KubeObject {
  const { namespace: named, ...rest } = object.metadata;
  if (namespace === undefined ? named === undefined : (named ?? '') !== '') return object;
  return Object.freeze({ ...object, metadata: Object.freeze(namespace === undefined ? rest : { ...rest, namespace }) });
}
function kindName({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion} ${kind}`;
}

/** `apps/Deployment shop/web` as far as the object says it. */
function nameOf(object: KubeObject): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const name = text(object.metadata.name);
  const ref = {
    group: splitApiVersion(object.apiVersion).group,
    kind: object.kind,
    namespace: text(object.metadata.namespace),
    name: name === '' ? '(no name)' : name,
  };
  return quoted(refText(ref)).slice(1, -1);
}

/**
 * What a server's refusal says of a manifest: one problem for each cause, at the line of its field; one at the object's first line
 * where it names none. For a Secret the server's words, which may quote a value, are left out.
 */
export function mapServerErrors(error: StatusError, manifest: Manifest): SourceProblem[] {
  const { object, origin } = manifest;
  const causes = (error.details?.causes ?? []).filter((cause) => cause.field !== undefined && cause.field !== '');
  const secret = object.kind === 'Secret';
  if (causes.length === 0) {
    const said = secret && error.reason === 'Invalid' ? 'the target finds it invalid' : error.message;
    return [{ path: origin.path, line: origin.line, column: 1, message: `${nameOf(object)}: ${said}` }];
  }
  return causes.map((cause) => {
    const field = cause.field as string;
    const said = secret ? 'the target finds this value invalid' : (cause.message ?? cause.reason ?? 'is refused');
    return { path: origin.path, ...manifest.position(fieldSteps(object, field)), message: `${nameOf(object)}: ${field}: ${said}` };
  });
}
