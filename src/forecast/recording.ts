import type { Pod } from '../api/kinds.generated.ts';
import { refOf, refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { recordsAt, valueAt } from '../base/json.ts';
import { parseTime, type Clock } from '../base/clock.ts';
import type { Change, Store } from '../store/store.ts';

/** From, until; the last one may be open. */
export interface Span {
  readonly from: number;
  to: number | undefined;
}
/** The life of one pod. Times are the clock's. */
export interface PodTrack {
  readonly uid: string;
  readonly ref: ObjectRef;
  readonly createdMs: number;
  /** When the recording was marked. */
  marked: Readonly<Pod> | undefined;
  /** As it is, or was at last. */
  last: Readonly<Pod>;
  runningMs: number | undefined;
  /** `sinceMs`: the moment that the condition tells, by which controllers count; it is stored a little later. */
  readonly ready: (Span & { readonly sinceMs: number })[];
  deletingMs: number | undefined;
  finishedMs: number | undefined;
  goneMs: number | undefined;
  /** While no node took it. */
  readonly unschedulable: (Span & { message: string })[];
}
/** The life of one object that makes pods or leads to them. */
export interface ObjectTrack {
  readonly ref: ObjectRef;
  readonly createdMs: number;
  /** When the recording was marked. */
  marked: KubeObject | undefined;
  last: KubeObject;
  goneMs: number | undefined;
  /** Each time that its spec was written. */
  readonly writtenMs: number[];
}

const followed = [
  'apps/deployments/',
  'apps/replicasets/',
  'apps/statefulsets/',
  'apps/daemonsets/',
  'core/replicationcontrollers/',
  'batch/jobs/',
  'batch/cronjobs/',
  'core/services/',
  'networking.k8s.io/ingresses/',
  'policy/poddisruptionbudgets/',
  'core/resourcequotas/',
  'core/persistentvolumeclaims/',
];
/** Written all the time, or not part of what a merge does. */
const besides = ['core/events/', 'coordination.k8s.io/', 'core/nodes/', 'steersman.dev/', 'events.k8s.io/'];

/** Follows what happens in a store: pods, what makes them, and who reaches them. */
export class Recording {
  /** By uid. */
  readonly pods = new Map<string, PodTrack>();
  /** By uid, those that have gone too. */
  readonly objects = new Map<string, ObjectTrack>();
  /** Last warning events, by `refText` of what they are about. */
  readonly warnings = new Map<string, { readonly reason: string; readonly message: string; readonly atMs: number }[]>();
  /** When a Service had a pod to send requests to, by `refText`. */
  readonly serving = new Map<string, Span[]>();
  readonly #slices = new Map<string, { readonly service: string; readonly ready: number }>();
  /** When something was last written that belongs to what a merge does. */
  lastMs = 0;
  #marked = Infinity;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(store: Store<KubeObject>, clock: Pick<Clock, 'now'>, from = store.revision()) {
    this.#clock = clock;
    this.#done = this.#follow(store.watch('', from, this.#ending.signal));
  }

  /** From now on it is told what happens: what stands now is the state before. */
  mark(): void {
    this.#marked = this.#clock.now();
    for (const tracks of [this.objects, this.pods])
      for (const track of tracks.values()) if (track.goneMs === undefined) track.marked = track.last;
  }

  get markedMs(): number {
    return this.#marked;
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('the recording ends'));
    await this.#done;
  }

  async #follow(watch: AsyncIterable<Change<KubeObject>>): Promise<void> {
    for await (const change of watch) this.note(change);
  }

  note(change: Change<KubeObject>): void {
    const { key } = change.entry;
    if (!besides.some((prefix) => key.startsWith(prefix))) this.lastMs = this.#clock.now();
    if (key.startsWith('core/pods/')) this.#pod(change);
    else if (followed.some((prefix) => key.startsWith(prefix))) this.#object(change);
    else if (key.startsWith('discovery.k8s.io/endpointslices/')) this.#slice(change);
    else if (key.startsWith('core/events/') && change.type === 'put') this.#event(change.entry.value());
  }

  #pod(change: Change<KubeObject>): void {
    const now = this.#clock.now();
    const pod = change.entry.value() as Readonly<Pod>;
    const uid = pod.metadata.uid ?? '';
    const track = this.pods.get(uid) ?? podTrack(pod, now);
    this.pods.set(uid, track);
    track.last = pod;
    noteEnd(track, change.type === 'delete', now);
    noteState(track, now);
  }

  /** Counts what a slice says, and what is left without it. */
  #slice({ type, entry }: Change<KubeObject>): void {
    const slice = entry.value();
    const { namespace = '', labels = {} } = slice.metadata;
    const service = refText({ group: '', kind: 'Service', namespace, name: labels['kubernetes.io/service-name'] ?? '' });
    const endpoints = type === 'delete' ? [] : recordsAt(slice, ['endpoints']);
    const ready = endpoints.filter((endpoint) => valueAt(endpoint, ['conditions', 'ready']) !== false).length;
    this.#slices.set(entry.key, { service, ready });
    const all = [...this.#slices.values()].filter((one) => one.service === service);
    const spans = this.serving.get(service) ?? [];
    this.serving.set(service, spans);
    turn(
      spans,
      all.some((one) => one.ready > 0),
      { from: this.#clock.now(), to: undefined },
    );
  }

  #object(change: Change<KubeObject>): void {
    const now = this.#clock.now();
    const object = change.entry.value();
    const uid = object.metadata.uid ?? '';
    const known = this.objects.get(uid);
    if (change.type === 'delete') {
      if (known !== undefined) known.goneMs = now;
      return;
    }
    if (known === undefined) {
      this.objects.set(uid, {
        ref: refOf(object),
        createdMs: now,
        marked: undefined,
        last: object,
        goneMs: undefined,
        writtenMs: [now],
      });
      return;
    }
    if (known.last.metadata.generation !== object.metadata.generation) known.writtenMs.push(now);
    known.last = object;
  }

  #event(event: KubeObject): void {
    if (valueAt(event, ['type']) !== 'Warning') return;
    const about = valueAt(event, ['involvedObject']) as { apiVersion?: string; kind?: string; namespace?: string; name?: string };
    const group = (about.apiVersion ?? '').includes('/') ? ((about.apiVersion ?? '').split('/')[0] ?? '') : '';
    const name = refText({ group, kind: about.kind ?? '', namespace: about.namespace ?? '', name: about.name ?? '' });
    const list = this.warnings.get(name) ?? [];
    this.warnings.set(name, list);
    list.push({
      reason: String(valueAt(event, ['reason'])),
      message: String(valueAt(event, ['message'])),
      atMs: this.#clock.now(),
    });
  }
}

function noteEnd(track: PodTrack, gone: boolean, now: number): void {
  const { phase } = track.last.status ?? {};
  if (gone) track.goneMs = now;
  if (track.last.metadata.deletionTimestamp !== undefined || gone) track.deletingMs ??= now;
  if (phase === 'Running' || phase === 'Succeeded') track.runningMs ??= now;
  if (phase === 'Succeeded' || phase === 'Failed') track.finishedMs ??= now;
}

function noteState(track: PodTrack, now: number): void {
  const conditions = track.last.status?.conditions ?? [];
  const alive = track.deletingMs === undefined && track.finishedMs === undefined;
  const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
  turn(track.ready, alive && ready !== undefined, { from: now, to: undefined, sinceMs: parseTime(ready?.lastTransitionTime) ?? now });
  const unplaced = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  turn(track.unschedulable, alive && unplaced !== undefined, { from: now, to: undefined, message: unplaced?.message ?? '' });
}

function podTrack(pod: Readonly<Pod>, now: number): PodTrack {
  return {
    uid: pod.metadata.uid ?? '',
    ref: refOf(pod),
    createdMs: now,
    marked: undefined,
    last: pod,
    runningMs: undefined,
    ready: [],
    deletingMs: undefined,
    finishedMs: undefined,
    goneMs: undefined,
    unschedulable: [],
  };
}

/** Begins or ends a span, where it changes. */
function turn<S extends Span>(spans: S[], on: boolean, begun: S): void {
  const open = spans.at(-1)?.to === undefined ? spans.at(-1) : undefined;
  if (on && open === undefined) spans.push(begun);
  else if (!on && open !== undefined) open.to = begun.from;
}
