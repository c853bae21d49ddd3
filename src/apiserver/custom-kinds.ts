import type { Kind, KubeObject } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import { errorText } from '../base/log.ts';
import { customKinds } from '../kinds/custom.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Change } from '../store/store.ts';
import type { ServerContext } from './context.ts';
import { keyParts } from './entry-fields.ts';
import { cleanupFinalizer, definitionStatus, type DefinitionShape } from './definition-status.ts';
import { internalCall, serverOptions } from './internal-call.ts';
import { removeObject } from './rest/delete.ts';
import { modify } from './rest/modify.ts';

const resource = 'apiextensions.k8s.io/customresourcedefinitions/';

/** Serves the kinds of every CustomResourceDefinition from the moment it is stored, and removes their objects with it. */
export async function followCustomKinds(server: ServerContext): Promise<void> {
  const definitions = server.kinds.findKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition');
  if (definitions === undefined) return;
  const follower = new Follower(server, definitions);
  const { entries, revision } = await server.store.list(resource);
  for (const entry of entries) follower.stored(entry.value() as DefinitionShape);
  const fail = (error: unknown): void => server.log.error('custom kinds are no longer followed', { error: errorText(error) });
  server.hub.subscribe({ take: (change) => follower.take(change), fail }, { resource, prefix: resource, from: revision });
}

class Follower {
  readonly #server: ServerContext;
  readonly #definitions: ResourceKind;
  /** Kinds now in the registry, by the definition's name. */
  readonly #served = new Map<string, { readonly kinds: readonly Kind[]; readonly generation: number | undefined }>();
  readonly #cleaning = new Map<string, Disposable>();

  constructor(server: ServerContext, definitions: ResourceKind) {
    this.#server = server;
    this.#definitions = definitions;
  }

  take(change: Change<KubeObject>): void {
    if (change.type === 'put') this.stored(change.entry.value() as DefinitionShape);
    else this.#gone(change.entry.value().metadata.name);
  }

  stored(definition: DefinitionShape): void {
    const { name } = definition.metadata;
    const conflict = this.#conflict(definition);
    if (conflict === undefined) this.#serve(definition);
    this.#later(name, this.#writeStatus(definition, conflict));
    const going = definition.metadata.deletionTimestamp !== undefined && definition.metadata.finalizers?.includes(cleanupFinalizer);
    if (going && !this.#cleaning.has(name)) this.#clean(definition);
  }

  #gone(name: string): void {
    for (const kind of this.#served.get(name)?.kinds ?? []) this.#server.kinds.remove(kind);
    this.#served.delete(name);
    this.#cleaning.get(name)?.[Symbol.dispose]();
    this.#cleaning.delete(name);
  }

  #serve(definition: DefinitionShape): void {
    const { kinds } = this.#server;
    const { name, generation } = definition.metadata;
    const before = this.#served.get(name);
    if (before !== undefined && before.generation === generation) return;
    const now = customKinds(definition);
    for (const kind of before?.kinds ?? []) if (!now.some((one) => one.kind.version === kind.version)) kinds.remove(kind);
    for (const kind of now) kinds.add(kind);
    this.#served.set(name, { kinds: now.map(({ kind }) => kind), generation });
  }

  /** Why the names cannot be had: somebody else serves them in this group. */
  #conflict(definition: DefinitionShape): string | undefined {
    const { group, names } = definition.spec;
    const own = this.#served.get(definition.metadata.name)?.kinds ?? [];
    const others = this.#server.kinds.all().filter(({ kind }) => kind.group === group && !own.some((one) => one.plural === kind.plural));
    for (const { kind } of others) {
      if (kind.plural === names.plural) return `"${names.plural}" is already in use`;
      if (kind.kind === names.kind) return `"${names.kind}" is already in use`;
    }
    return undefined;
  }

  async #writeStatus(definition: DefinitionShape, conflict: string | undefined): Promise<void> {
    const { clock } = this.#server;
    const key = { namespace: '', name: definition.metadata.name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const current = live as DefinitionShape;
      // A newer definition has a turn of its own.
      if (current.metadata.generation !== definition.metadata.generation) return current;
      return definitionStatus(current, { conflict, clock });
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
    const kind = this.#server.kinds
      .all()
      .find((one) => one.kind.group === definition.spec.group && one.kind.plural === definition.spec.names.plural);
    const { entries } = await this.#server.store.list(prefix);
    for (const entry of kind === undefined ? [] : entries) {
      if (entry.value().metadata.deletionTimestamp !== undefined) continue;
      const key = keyParts(entry.key);
      await removeObject(internalCall(this.#server, kind as ResourceKind, key), key, { dryRun: false });
    }
    const left = await this.#server.store.count(prefix);
    if (left > 0) return;
    const key = { namespace: '', name: definition.metadata.name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const finalizers = live.metadata.finalizers?.filter((finalizer) => finalizer !== cleanupFinalizer) ?? [];
      const { finalizers: _, ...metadata } = live.metadata;
      return { ...live, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata };
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
