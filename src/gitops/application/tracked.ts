import type { Application, ApplicationRevision } from '../../api/kinds.generated.ts';
import { apiVersionOf, keyText, parseKey, type Kind, type KubeObject, type ObjectKey } from '../../api/object.ts';
import { jsonEqual } from '../../base/json.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { StoredManifest } from '../chunks.ts';
import type { DesiredSet } from '../desired.ts';
import { InspectionMemo } from '../inspect.ts';
import { versionOf, type WrittenObjects } from '../live.ts';
import type { Artifact, Sources, SourceSpec } from '../source.ts';
import { applicationLabel, labelOf, trackingValue } from '../tracking.ts';

/** What one process remembers of one Application. All of it can be found again; it saves work and waits. */
export interface Tracked {
  readonly key: ObjectKey;
  readonly tracking: string;
  readonly memo: InspectionMemo;
  readonly chunks: Map<string, readonly StoredManifest[]>;
  /** Set by the source's watch: ask it again. */
  sourceChanged: boolean;
  artifact: Artifact | undefined;
  rendered: { readonly key: string; readonly set: DesiredSet; readonly notes: readonly string[] } | undefined;
  /** Newer than the cache for a moment after a write. */
  application: Readonly<Application> | undefined;
  readonly revisions: Map<number, Readonly<ApplicationRevision>>;
  /** Names of what it wants and what it counts as its own. */
  wants: ReadonlySet<string>;
  owned: ReadonlySet<string>;
  /** Objects applied in the running operation. */
  readonly applied: Set<string>;
  /** Since when all has been healthy, in ms. */
  healthySince: number | undefined;
  requestDoneAt: number | undefined;
  /** How often the source could not be read in a row, and when it is tried again, in ms. */
  failures: { readonly count: number; readonly dueAt: number };
  waitsSince: number | undefined;
  /** Heals of an object: when, and until when it is left alone. */
  readonly heals: Map<string, { times: number[]; until: number; writer: string }>;
  settings: unknown;
  lastSentence: string;
  watched: { readonly spec: SourceSpec; readonly watch: Disposable & { readonly how: string } } | undefined;
}

/** All applications of a process, the watches on their sources and on the kinds that they use. */
export class Registry {
  readonly #context: Context;
  readonly #sources: Sources;
  readonly #written: WrittenObjects;
  readonly #gatherMs: number;
  readonly #tracked = new Map<string, Tracked>();
  readonly #byTracking = new Map<string, Tracked>();
  readonly #kinds = new Map<string, Disposable>();

  constructor(options: { context: Context; sources: Sources; written: WrittenObjects; gatherMs: number }) {
    const { context, sources, written, gatherMs } = options;
    this.#context = context;
    this.#sources = sources;
    this.#written = written;
    this.#gatherMs = gatherMs;
    context.signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  open(key: ObjectKey): Tracked {
    const text = keyText(key);
    let tracked = this.#tracked.get(text);
    if (tracked === undefined) {
      tracked = fresh(key);
      this.#tracked.set(text, tracked);
      this.#byTracking.set(tracked.tracking, tracked);
    }
    return tracked;
  }

  close(key: ObjectKey): void {
    const tracked = this.#tracked.get(keyText(key));
    if (tracked === undefined) return;
    tracked.watched?.watch[Symbol.dispose]();
    this.#tracked.delete(keyText(key));
    this.#byTracking.delete(tracked.tracking);
  }

  byTracking(tracking: string): Tracked | undefined {
    return this.#byTracking.get(tracking);
  }

  others(key: ObjectKey): Tracked[] {
    return [...this.#tracked.values()].filter((other) => keyText(other.key) !== keyText(key));
  }

  /** Follows the source of an application from now on. */
  watchSource(tracked: Tracked, spec: SourceSpec): void {
    if (tracked.watched !== undefined && jsonEqual(tracked.watched.spec, spec)) return;
    tracked.watched?.watch[Symbol.dispose]();
    tracked.artifact = undefined;
    tracked.sourceChanged = true;
    const watch = this.#sources.watch(spec, () => {
      tracked.sourceChanged = true;
      this.#context.enqueue(tracked.key);
    });
    tracked.watched = { spec, watch };
  }

  /** Wakes applications when an object of the kind that carries their mark changes. */
  watchKind(kind: Kind): void {
    const id = `${apiVersionOf(kind)}/${kind.plural}`;
    if (this.#kinds.has(id)) return;
    const subscription = this.#context.informer(kind, { managedFields: true }).onChange((object, previous) => {
      if (object === undefined && previous !== undefined) this.#written.forget(kind, previous);
      this.#wake(object);
      if (previous !== undefined && labelOf(previous, applicationLabel) !== (object && labelOf(object, applicationLabel)))
        this.#wake(previous);
    });
    this.#kinds.set(id, subscription);
  }

  #wake(object: KubeObject | undefined): void {
    const label = object === undefined ? undefined : labelOf(object, applicationLabel);
    const tracked = label === undefined ? undefined : this.#byTracking.get(label);
    if (tracked !== undefined) this.#context.enqueue(tracked.key, this.#gatherMs);
  }

  #close(): void {
    for (const subscription of this.#kinds.values()) subscription[Symbol.dispose]();
    for (const text of [...this.#tracked.keys()]) this.close(parseKey(text));
  }
}

function fresh(key: ObjectKey): Tracked {
  return {
    key,
    tracking: trackingValue(key),
    memo: new InspectionMemo(),
    chunks: new Map(),
    sourceChanged: true,
    artifact: undefined,
    rendered: undefined,
    application: undefined,
    revisions: new Map(),
    wants: new Set(),
    owned: new Set(),
    applied: new Set(),
    healthySince: undefined,
    requestDoneAt: undefined,
    failures: { count: 0, dueAt: 0 },
    waitsSince: undefined,
    heals: new Map(),
    settings: undefined,
    lastSentence: '',
    watched: undefined,
  };
}

/** The newer of the cached Application and the one that our last write answered. */
export function newestApplication(tracked: Tracked, cached: Readonly<Application>): Readonly<Application> {
  const mine = tracked.application;
  if (mine === undefined || mine.metadata.uid !== cached.metadata.uid || versionOf(cached) >= versionOf(mine)) {
    tracked.application = undefined;
    return cached;
  }
  return mine;
}

/** The history in rising order, with what was written and is not in the cache yet. */
export function newestRevisions(tracked: Tracked, cached: readonly Readonly<ApplicationRevision>[]): Readonly<ApplicationRevision>[] {
  const byNumber = new Map(cached.map((revision) => [revision.spec.number, revision]));
  for (const [number, mine] of tracked.revisions) {
    const seen = byNumber.get(number);
    if (seen !== undefined && versionOf(seen) >= versionOf(mine)) tracked.revisions.delete(number);
    else byNumber.set(number, mine);
  }
  return [...byNumber.values()].sort((a, b) => a.spec.number - b.spec.number);
}
