import { splitApiVersion, type Kind } from '../api/object.ts';
import { isNotFound, isPassing, StatusError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import type { Caller } from './caller.ts';
import { aggregatedKinds, classicKinds, type AggregatedDiscovery, type ClassicDiscovery, type ServedKind } from './discovery-documents.ts';

const form = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
const accept = `${form('v2')},${form('v2beta1')},application/json`;
/** A kind that is not known makes us ask again, but no more often than this. */
const shortestMs = 1_000;
/** `kinds` answers from memory no longer than this. */
const freshMs = 10_000;

/** What a server serves, kept until somebody asks for a kind that is not in it. */
export class Discovery {
  readonly #caller: Caller;
  #listable: readonly Kind[] = [];
  #byName = new Map<string, Kind>();
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** The kind of a manifest; undefined when the server does not serve it. */
  async kindOf(manifest: { apiVersion: string; kind: string }): Promise<Kind | undefined> {
    const { group, version } = splitApiVersion(manifest.apiVersion);
    const name = `${group}/${version}/${manifest.kind}`;
    if (!this.#byName.has(name)) await this.#refresh(shortestMs);
    return this.#byName.get(name);
  }

  /** Kinds that can be listed, in the server's order; of a group that is served in several versions the preferred one comes first. */
  async kinds(): Promise<readonly Kind[]> {
    await this.#refresh(freshMs);
    return this.#listable;
  }

  async #refresh(olderThanMs: number): Promise<void> {
    if (this.#caller.clock.now() - this.#askedAt < olderThanMs) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const [core, groups] = await Promise.all([this.#document('/api'), this.#document('/apis')]);
    const served = [...(await this.#kindsIn(core)), ...(await this.#kindsIn(groups))];
    this.#byName = new Map();
    const listable: Kind[] = [];
    for (const { verbs, ...kind } of served) {
      const name = `${kind.group}/${kind.version}/${kind.kind}`;
      if (!this.#byName.has(name)) this.#byName.set(name, kind);
      // What can be listed and not watched is computed (metrics): it is nobody's to keep or clean up.
      if (verbs.includes('list') && verbs.includes('watch')) listable.push(kind);
    }
    this.#listable = listable;
    this.#askedAt = this.#caller.clock.now();
  }

  async #document(path: string): Promise<unknown> {
    return this.#caller.json({ method: 'GET', path, headers: { accept } });
  }

  /** An aggregated document says it all; a classic one names group versions that are asked one by one. */
  async #kindsIn(document: unknown): Promise<ServedKind[]> {
    if (isRecord(document) && document['kind'] === 'APIGroupDiscoveryList')
      return aggregatedKinds(document as unknown as AggregatedDiscovery);
    const lists = await Promise.all(groupVersionPaths(document).map((path) => this.#classic(path)));
    return lists.flat();
  }

  /** A group version whose own server is away serves nothing for now; the others are not held up by it. */
  async #classic(path: string): Promise<ServedKind[]> {
    try {
      return classicKinds((await this.#caller.json({ method: 'GET', path })) as ClassicDiscovery);
    } catch (error) {
      if (error instanceof StatusError && (isPassing(error) || isNotFound(error))) return [];
      throw error;
    }
  }
}

function groupVersionPaths(document: unknown): string[] {
  const { versions, groups } = document as {
    versions?: readonly string[];
    groups?: readonly { versions: readonly { groupVersion: string }[]; preferredVersion?: { groupVersion: string } }[];
  };
  const core = (versions ?? []).map((version) => `/api/${version}`);
  const named = (groups ?? []).flatMap(({ versions: all, preferredVersion }) => {
    const rest = all.map((version) => version.groupVersion).filter((version) => version !== preferredVersion?.groupVersion);
    return preferredVersion === undefined ? rest : [preferredVersion.groupVersion, ...rest];
  });
  return [...core, ...named.map((groupVersion) => `/apis/${groupVersion}`)];
}
