import type { Clock } from '../../src/base/clock.ts';
import type { Change, Codec, Entry, Store } from '../../src/store/store.ts';

/** The value that store tests keep. */
export interface Note {
  text: string;
  metadata: { labels?: Record<string, string>; resourceVersion?: string };
  extra?: unknown;
}
export type OpenStore = (options: {
  readonly clock: Clock;
  readonly historyMs?: number;
  readonly historyBytes?: number;
  readonly watchLimit?: number;
}) => Promise<Store<Note>>;

export const noteCodec: Codec<Note> = {
  stamp: (value, revision) => {
    value.metadata.resourceVersion = String(revision);
    return value;
  },
  labels: (value) => value.metadata.labels ?? {},
  secret: (key) => key.startsWith('core/secrets/'),
};

export function note(text: string, labels?: Record<string, string>): Note {
  return { text, metadata: labels === undefined ? {} : { labels } };
}
export function textOf(entry: Entry<Note> | undefined): string {
  return entry?.value().text ?? '';
}

/** The first `count` changes, or fewer when the watch ends before. */
export async function collect(watch: AsyncIterable<Change<Note>>, count: number): Promise<Change<Note>[]> {
  const seen: Change<Note>[] = [];
  for await (const change of watch) if (seen.push(change) >= count) break;
  return seen;
}
export async function firstOf(watch: AsyncIterable<Change<Note>>): Promise<Change<Note>> {
  const [first] = await collect(watch, 1);
  if (first === undefined) throw new Error('the watch ended without a change');
  return first;
}

/** A text in a few characters. */
export function brief(text: string): string {
  return `${text.slice(0, 12)}#${text.length}`;
}
