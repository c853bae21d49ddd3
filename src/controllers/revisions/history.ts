import { keyOf, keyText, type Kind, type KubeObject } from '../../api/object.ts';
import { ControllerRevision, type LabelSelector, type PodTemplateSpec } from '../../api/kinds.generated.ts';
import { controllerReference, isControlledBy } from '../../api/owner.ts';
import { isAlreadyExists, isNotFound } from '../../api/status.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Context } from '../../reconcile/controller.ts';
import { OwnWrites } from '../cache/own-writes.ts';
import { createClaimer, type Claimer, type Claiming } from '../owners/claiming.ts';
import { byRevision, holdsTemplate, revisionData, revisionHash, revisionHashLabel, revisionName } from './revision.ts';

/** A kind whose templates are kept as ControllerRevisions. */
export type Revised = KubeObject & {
  readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number };
  readonly status?: { readonly collisionCount?: number };
};

/** Which ControllerRevisions belong to which owner. */
export function revisionsOf<O extends Revised>(ownerKind: Kind<O>): Claiming<O, ControllerRevision> {
  return { ownerKind, kind: ControllerRevision, selectorOf: ({ spec }) => spec.selector };
}

/** The revision of the present template, all others, and how often a name was taken. */
export interface Revisions {
  readonly update: Readonly<ControllerRevision>;
  /** Oldest first, without `update`. */
  readonly old: readonly Readonly<ControllerRevision>[];
  readonly collisions: number;
}

/** Keeps the former templates of one kind, so that one can go back to them. A controller makes it when it starts. */
export class History<O extends Revised> {
  readonly #context: Context;
  readonly #kind: Kind<O>;
  readonly #own: OwnWrites<ControllerRevision>;
  readonly #claimed: Claimer<O, ControllerRevision>;
  /** The label under which a revision bears its hash. */
  readonly #hashLabel: string;

  constructor(context: Context, kind: Kind<O>, hashLabel = revisionHashLabel) {
    this.#context = context;
    this.#kind = kind;
    this.#own = new OwnWrites(context.informer(ControllerRevision), context.clock);
    this.#claimed = createClaimer(context, revisionsOf(kind));
    this.#hashLabel = hashLabel;
  }

  /** The revisions of an owner, oldest first, adopted and released by selector; undefined while the cache is behind our own writes. */
  async claimed(owner: Readonly<O>): Promise<readonly Readonly<ControllerRevision>[] | undefined> {
    const claimed = [...(await this.#claimed(owner))].sort(byRevision);
    return this.#own.isBehind(keyText(keyOf(owner)), claimed) ? undefined : claimed;
  }

  /**
   * The revision of the owner's template: the newest that holds it, which becomes the newest of all (a rollback), or a new one.
   * `revisions` are all, oldest first.
   */
  async present(owner: Readonly<O>, revisions: readonly Readonly<ControllerRevision>[]): Promise<Revisions> {
    const collisions = owner.status?.collisionCount ?? 0;
    const known = revisions.findLast((each) => holdsTemplate(each, owner.spec.template));
    const others = revisions.filter((each) => each !== known);
    const revision = others.reduce((max, each) => Math.max(max, each.revision), 0) + 1;
    if (known === undefined) return { old: others, ...(await this.#make(owner, revision, collisions)) };
    // Others that hold the template may be as new.
    const newest = known.revision >= revision || known === revisions.at(-1);
    return { update: newest ? known : await this.renumber(known, revision), old: others, collisions };
  }

  async renumber(base: Readonly<ControllerRevision>, revision: number): Promise<Readonly<ControllerRevision>> {
    const written = await this.#context.cluster.update(ControllerRevision, { ...base, revision });
    this.#own.updated(base, written);
    return written;
  }

  async remove(owner: Readonly<O>, revisions: readonly Readonly<ControllerRevision>[]): Promise<void> {
    for (const revision of revisions) {
      try {
        await this.#context.cluster.delete(ControllerRevision, keyOf(revision), { uid: revision.metadata.uid ?? '' });
        this.#own.deleted(keyText(keyOf(owner)), revision);
      } catch (error) {
        // Somebody else was first.
        if (!isNotFound(error)) throw error;
      }
    }
  }

  async #make(owner: Readonly<O>, revision: number, collisions: number): Promise<Pick<Revisions, 'update' | 'collisions'>> {
    for (let count = collisions; ; count++) {
      const draft = this.#draft(owner, revision, count);
      try {
        const update = await this.#context.cluster.create(ControllerRevision, draft);
        this.#own.made(keyText(keyOf(owner)), update);
        return { update, collisions: count };
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        const taken = await this.#context.cluster.get(ControllerRevision, keyOf(draft));
        // Ours, which the cache does not show yet; else the name is somebody else's.
        if (isControlledBy(taken, owner) && canonicalJson(taken.data) === canonicalJson(draft.data))
          return { update: taken, collisions: count };
        this.#context.log.info('hash collision: another ControllerRevision has the name', { name: draft.metadata.name });
      }
    }
  }

  #draft(owner: Readonly<O>, revision: number, collisions: number): ControllerRevision {
    const { metadata, spec } = owner;
    const data = revisionData(spec.template);
    const hash = revisionHash(data, collisions);
    return {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: revisionName(metadata.name, hash),
        namespace: metadata.namespace ?? '',
        labels: { ...spec.template.metadata?.labels, [this.#hashLabel]: hash },
        ...(metadata.annotations === undefined ? {} : { annotations: { ...metadata.annotations } }),
        ownerReferences: [controllerReference(this.#kind, owner)],
      },
      data,
      revision,
    };
  }
}
