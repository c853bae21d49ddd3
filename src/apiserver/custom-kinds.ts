import type { KubeObject } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import { jsonEqual } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import { customKinds } from '../kinds/custom.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Change } from '../store/store.ts';
import type { ServerContext } from './context.ts';
import { keyParts } from './entry-fields.ts';
import { acceptNames, wholeNames, type Names, type NamesVerdict } from './definition-names.ts';
import { cleanupFinalizer, definitionStatus, isEstablished, withoutInstances, type DefinitionShape } from './definition-status.ts';
import { internalCall, serverOptions } from './internal-call.ts';
import { endKind } from './kind-life.ts';
import { removeObject } from './rest/delete.ts';
import { modify } from './rest/modify.ts';

const resource = 'apiextensions.k8s.io/customresourcedefinitions/';

/** Serves the kinds of every CustomResourceDefinition from the moment it is stored, and removes their objects with it. */
export async function followCustomKinds(server: ServerContext): Promise<void> {
  const definitions = server.kinds.findKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition');
  if (definitions === undefined) return;
  const follower = new Follower(server, definitions);
  const { entries, revision } = await server.store.list(resource);
  // First who has which names, so that nobody takes another's because it is read earlier.
  for (const entry of entries) follower.remember(entry.value() as DefinitionShape);
  for (const entry of entries) follower.stored(entry.value() as DefinitionShape);
  const fail = (error: unknown): void => server.log.error('custom kinds are no longer followed', { error: errorText(error) });
  server.hub.subscribe({ take: (change) => follower.take(change), fail }, { resource, prefix: resource, from: revision });
}

class Follower {
  readonly #server: ServerContext;
  readonly #definitions: ResourceKind;
  /** Definitions by name, with the names that each has been given. */
  readonly #known = new Map<string, { definition: DefinitionShape; names: NamesVerdict }>();
  /** Kinds now in the registry, by the definition's name, and what they were made from. */
  readonly #served = new Map<string, { readonly kinds: readonly ResourceKind[]; readonly spec: unknown }>();
  readonly #cleaning = new Map<string, Disposable>();

  constructor(server: ServerContext, definitions: ResourceKind) {
    this.#server = server;
    this.#definitions = definitions;
  }

  remember(definition: DefinitionShape): void {
    const accepted = definition.status?.acceptedNames ?? { plural: '', kind: '' };
    this.#known.set(definition.metadata.name, { definition: withoutManagers(definition), names: { accepted } });
  }

  take(change: Change<KubeObject>): void {
    if (change.type === 'put') this.stored(change.entry.value() as DefinitionShape);
    else this.#gone(change.entry.value() as DefinitionShape);
  }

  stored(definition: DefinitionShape): void {
    const { name } = definition.metadata;
    const before = this.#known.get(name)?.names.accepted;
    const names = this.#judge(definition);
    this.#known.set(name, { definition: withoutManagers(definition), names });
    if (names.conflict === undefined || isEstablished(definition)) this.#serve(definition, names.accepted);
    this.#later(name, this.#writeStatus(definition, names));
    const going = definition.metadata.deletionTimestamp !== undefined && definition.metadata.finalizers?.includes(cleanupFinalizer);
    if (going && !this.#cleaning.has(name)) this.#clean(definition);
    // Names that it has given up may be what another one waits for.
    if (before !== undefined && !jsonEqual(before, names.accepted)) this.#askAgain(definition);
  }

  #gone(definition: DefinitionShape): void {
    const { name } = definition.metadata;
    for (const kind of this.#served.get(name)?.kinds ?? []) this.#remove(kind);
    this.#served.delete(name);
    this.#known.delete(name);
    this.#cleaning.get(name)?.[Symbol.dispose]();
    this.#cleaning.delete(name);
    this.#askAgain(definition);
  }

  #askAgain({ spec: { group }, metadata: { name } }: DefinitionShape): void {
    for (const { definition, names } of [...this.#known.values()]) {
      const waiting = names.conflict !== undefined && definition.spec.group === group && definition.metadata.name !== name;
      if (waiting) this.stored(definition);
    }
  }

  #remove(kind: ResourceKind): void {
    this.#server.kinds.remove(kind.kind);
    endKind(kind);
  }

  #serve(definition: DefinitionShape, accepted: Names): void {
    const { kinds } = this.#server;
    const { name } = definition.metadata;
    const before = this.#served.get(name);
    const spec = { ...definition.spec, names: accepted };
    if (before !== undefined && jsonEqual(before.spec, spec)) return;
    const now = customKinds({ ...definition, spec } as DefinitionShape);
    for (const kind of before?.kinds ?? []) {
      if (now.some((one) => one.kind.version === kind.kind.version)) endKind(kind);
      else this.#remove(kind);
    }
    for (const kind of now) kinds.add(kind);
    this.#served.set(name, { kinds: now, spec });
  }

  /** Which names it gets, beside all others of its group: custom kinds, and built-in ones. */
  #judge({ spec: { group, names: wanted }, metadata: { name }, status }: DefinitionShape): NamesVerdict {
    const others = [...this.#known.values()]
      .filter(({ definition }) => definition.spec.group === group && definition.metadata.name !== name)
      .map(({ names }) => names.accepted);
    const builtIn = this.#server.kinds
      .all()
      .filter(({ kind, custom }) => !custom && kind.group === group)
      .map((one) => ({ ...one, plural: one.kind.plural, kind: one.kind.kind }));
    const had = this.#known.get(name)?.names.accepted ?? status?.acceptedNames;
    return acceptNames(wholeNames(wanted), had, [...others, ...builtIn]);
  }

  async #writeStatus(definition: DefinitionShape, names: NamesVerdict): Promise<void> {
    const { clock } = this.#server;
    const key = { namespace: '', name: definition.metadata.name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const current = live as DefinitionShape;
      // A newer definition has a turn of its own, and so has one that was made anew.
      if (current.metadata.generation !== definition.metadata.generation || current.metadata.uid !== definition.metadata.uid)
        return current;
      return definitionStatus(current, { names, clock });
    };
    await modify(internalCall(this.#server, this.#definitions, key, 'status'), key, {
      options: serverOptions,
      subresource: 'status',
      attempts: 5,
      next,
      raw: true,
    });
  }

  /** Deletes what is left of the kind, again whenever one of its objects has gone, and then lets the definition go. */
  #clean(definition: DefinitionShape): void {
    const { name } = definition.metadata;
    const prefix = `${definition.spec.group}/${definition.spec.names.plural}/`;
    const step = () => this.#later(name, this.#cleanStep(definition, prefix));
    const take = (change: Change<KubeObject>) => {
      if (change.type === 'delete') step();
    };
    const from = this.#server.store.revision();
    this.#cleaning.set(name, this.#server.hub.subscribe({ take, fail: () => undefined }, { resource: prefix, prefix, from }));
    step();
  }

  async #cleanStep(definition: DefinitionShape, prefix: string): Promise<void> {
    const { entries } = await this.#server.store.list(prefix);
    const kind = entries.length === 0 ? undefined : anyVersion(definition);
    for (const entry of kind === undefined ? [] : entries) {
      if (entry.value().metadata.deletionTimestamp !== undefined) continue;
      const key = keyParts(entry.key);
      await removeObject(internalCall(this.#server, kind as ResourceKind, key), key, { dryRun: false });
    }
    const left = await this.#server.store.count(prefix);
    if (left > 0) return;
    const key = { namespace: '', name: definition.metadata.name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const done = withoutInstances(live as DefinitionShape, this.#server.clock);
      const finalizers = live.metadata.finalizers?.filter((finalizer) => finalizer !== cleanupFinalizer) ?? [];
      const { finalizers: _, ...metadata } = live.metadata;
      return { ...done, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata };
    };
    await modify(internalCall(this.#server, this.#definitions, key), key, {
      options: serverOptions,
      subresource: '',
      attempts: 5,
      next,
      raw: true,
    });
  }

  #later(name: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      // The definition is gone already, and with it what was to be done.
      if (isNotFound(error) || this.#server.signal.aborted) return;
      this.#server.log.error('a custom kind could not be looked after', { definition: name, error: errorText(error) });
    });
  }
}

/** The kind of a definition, served or not. */
function anyVersion(definition: DefinitionShape): ResourceKind | undefined {
  const versions = definition.spec.versions.map((version) => ({ ...version, served: true }));
  return customKinds({ ...definition, spec: { ...definition.spec, versions } } as DefinitionShape)[0];
}

/** Who owns which field is as large as the definition itself, and nobody asks for it here. */
function withoutManagers(definition: DefinitionShape): DefinitionShape {
  const { managedFields: _managedFields, ...metadata } = definition.metadata;
  return { ...definition, metadata };
}
