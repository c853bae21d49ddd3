import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { Compacted, FutureRevision, RevisionMismatch, SlowWatcher, StoreClosed, type Change, type Store } from '../../src/store/store.ts';
import { concurrentModel, storeModel } from '../store/model.ts';
import { collect, firstOf, note, textOf, type Note, type OpenStore } from '../store/notes.ts';

export interface Subject {
  /** A new, empty store. */
  readonly open: OpenStore;
  /** Closes `store` and opens what it kept. Absent when nothing outlives a close. */
  readonly reopen?: (store: Store<Note>) => Promise<Store<Note>>;
}
type Options = Parameters<OpenStore>[0];

/** What every back end promises. Called for each with a way to open it. */
export function storeContract(name: string, subject: Subject): void {
  const withStore = async (use: (store: Store<Note>) => Promise<void>, options: Options = { clock: realClock() }) => {
    const store = await subject.open(options);
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };
  const test = (title: string, use: (store: Store<Note>) => Promise<void>, options?: Options) => it(title, () => withStore(use, options));

  describe(`${name}: reads and writes`, () => {
    writes(test);
  });
  describe(`${name}: lists`, () => {
    lists(test);
  });
  describe(`${name}: watches`, () => {
    watches(test, withStore);
  });
  describe(`${name}: history`, () => {
    history(test, withStore);
  });
  describe(`${name}: against a model`, () => {
    storeModel(subject.open);
    concurrentModel(subject.open);
  });
  if (subject.reopen !== undefined) describe(`${name}: after a restart`, () => reopening(subject, subject.reopen as never));
}

type Test = (title: string, use: (store: Store<Note>) => Promise<void>, options?: Options) => void;
type WithStore = (use: (store: Store<Note>) => Promise<void>, options?: Options) => Promise<void>;

function writes(test: Test): void {
  test('an absent key reads as undefined', async (store) => {
    expect(await store.get('core/notes/a/x')).toBeUndefined();
    expect(store.revision()).toBe(0);
  });

  test('a put answers the entry that a get then gives', async (store) => {
    const entry = await store.put('core/notes/a/x', note('one', { color: 'red' }), 0);
    const { key, labels, created, revision } = entry;
    expect({ key, labels, created, revision }).toEqual({ key: 'core/notes/a/x', labels: { color: 'red' }, created: 1, revision: 1 });
    expect(entry.value()).toEqual({ text: 'one', metadata: { labels: { color: 'red' }, resourceVersion: '1' } });
    expect(await store.get('core/notes/a/x')).toBe(entry);
  });

  test('the bytes are the JSON of the stamped value', async (store) => {
    const entry = await store.put('core/notes/a/x', note('one'), 0);
    expect(JSON.parse(Buffer.from(entry.json).toString())).toEqual({ text: 'one', metadata: { resourceVersion: '1' } });
  });

  test('every write raises the revision by one, and created stays', async (store) => {
    await store.put('core/notes/a/x', note('one'), 0);
    await store.put('core/notes/a/y', note('two'), 0);
    const third = await store.put('core/notes/a/x', note('three'), 1);
    expect([third.created, third.revision]).toEqual([1, 3]);
    expect(await store.delete('core/notes/a/y', 2)).toBe(4);
    expect(store.revision()).toBe(4);
  });

  test('a key that was deleted and made again is created anew', async (store) => {
    await store.put('core/notes/a/x', note('one'), 0);
    await store.delete('core/notes/a/x', 1);
    expect((await store.put('core/notes/a/x', note('two'), 0)).created).toBe(3);
  });

  test('values are frozen all through, and members without a value are gone', async (store) => {
    const entry = await store.put('core/notes/a/x', { ...note('one', { a: 'b' }), extra: undefined }, 0);
    expect(Object.isFrozen(entry.value())).toBe(true);
    expect(Object.isFrozen(entry.value().metadata.labels)).toBe(true);
    expect(Object.keys(entry.value())).toEqual(['text', 'metadata']);
  });

  test('a put at another revision is refused with what is there', async (store) => {
    const entry = await store.put('core/notes/a/x', note('one'), 0);
    const failure = await store.put('core/notes/a/x', note('two'), 0).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RevisionMismatch);
    expect(failure).toMatchObject({ key: 'core/notes/a/x', found: entry });
    expect(store.revision()).toBe(1);
  });

  test('a put that expects an absent key to be there is refused', async (store) => {
    const failure = await store.put('core/notes/a/x', note('one'), 7).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RevisionMismatch);
    expect((failure as RevisionMismatch).found).toBeUndefined();
  });

  test('a delete of an absent key or of another revision is refused', async (store) => {
    await expect(store.delete('core/notes/a/x', 0)).rejects.toBeInstanceOf(RevisionMismatch);
    await store.put('core/notes/a/x', note('one'), 0);
    await expect(store.delete('core/notes/a/x', 9)).rejects.toBeInstanceOf(RevisionMismatch);
    expect(textOf(await store.get('core/notes/a/x'))).toBe('one');
  });

  test('of many writers that expect one revision, one wins', async (store) => {
    await store.put('core/notes/a/x', note('start'), 0);
    const writers = Array.from({ length: 20 }, (_, index) => store.put('core/notes/a/x', note(`by ${index}`), 1));
    const results = await Promise.allSettled(writers);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RevisionMismatch);
    expect(store.revision()).toBe(2);
  });

  test('read-modify-write by twenty writers at once loses no update', async (store) => {
    await store.put('core/notes/a/counter', note('0'), 0);
    const add = async (): Promise<void> => {
      for (;;) {
        const found = await store.get('core/notes/a/counter');
        try {
          await store.put('core/notes/a/counter', note(String(Number(textOf(found)) + 1)), found?.revision ?? 0);
          return;
        } catch (error) {
          if (!(error instanceof RevisionMismatch)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, add));
    expect(textOf(await store.get('core/notes/a/counter'))).toBe('20');
    expect(store.revision()).toBe(21);
  });

  test('a value that cannot be encoded is refused alone and takes no revision', async (store) => {
    const loop = note('loop') as Note & { self?: unknown };
    const bad = store.put('core/notes/a/bad', { ...loop, number: 1n } as never, 0);
    const good = store.put('core/notes/a/good', note('good'), 0);
    await expect(bad).rejects.toThrow();
    expect((await good).revision).toBe(1);
    expect(await store.get('core/notes/a/bad')).toBeUndefined();
  });

  test('closing waits for the writes under way, and each is answered', async (store) => {
    const writes = Array.from({ length: 50 }, (_, index) => store.put(`core/notes/a/k${index}`, note('x'), 0));
    await store.close();
    const revisions = (await Promise.all(writes)).map((entry) => entry.revision);
    expect(revisions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test('a closed store refuses everything', async (store) => {
    await store.close();
    await expect(store.get('x')).rejects.toBeInstanceOf(StoreClosed);
    await expect(store.put('x', note('x'), 0)).rejects.toBeInstanceOf(StoreClosed);
    await expect(firstOf(store.watch('', 0, new AbortController().signal))).rejects.toBeInstanceOf(StoreClosed);
  });
}

async function fill(store: Store<Note>, ...keys: string[]): Promise<void> {
  await Promise.all(keys.map((key) => store.put(key, note(key), 0)));
}
async function keys(store: Store<Note>, prefix: string, options?: Parameters<Store<Note>['list']>[1]): Promise<string[]> {
  return (await store.list(prefix, options)).entries.map((entry) => entry.key);
}

function lists(test: Test): void {
  test('a list gives the keys under its prefix in order, as of one revision', async (store) => {
    await fill(store, 'core/notes/b/x', 'core/notes/a/y', 'core/notes/a/x', 'core/notes2/a/x', 'core/note/a/x');
    const list = await store.list('core/notes/');
    expect(list.entries.map((entry) => entry.key)).toEqual(['core/notes/a/x', 'core/notes/a/y', 'core/notes/b/x']);
    expect([list.revision, list.next]).toEqual([5, undefined]);
    expect(await keys(store, 'core/notes/a/')).toEqual(['core/notes/a/x', 'core/notes/a/y']);
    expect(await keys(store, 'apps/')).toEqual([]);
    expect(await keys(store, '')).toHaveLength(5);
  });

  test('pages join to the whole list, and none is announced behind the last', async (store) => {
    await fill(store, 'n/a', 'n/b', 'n/c', 'n/d', 'o/a');
    const first = await store.list('n/', { limit: 2 });
    expect([first.entries.map((entry) => entry.key), first.next]).toEqual([['n/a', 'n/b'], 'n/b']);
    const second = await store.list('n/', { limit: 2, after: 'n/b', at: first.revision });
    expect([second.entries.map((entry) => entry.key), second.next]).toEqual([['n/c', 'n/d'], undefined]);
  });

  test('a page keeps to its revision whatever is written meanwhile', async (store) => {
    await fill(store, 'n/a', 'n/b', 'n/c');
    const { revision } = await store.list('n/', { limit: 1 });
    await store.put('n/b', note('changed'), 2);
    await store.delete('n/c', 3);
    await store.put('n/bb', note('new'), 0);
    const rest = await store.list('n/', { after: 'n/a', at: revision });
    expect(rest.entries.map(textOf)).toEqual(['n/b', 'n/c']);
    expect(rest.revision).toBe(revision);
    expect(await keys(store, 'n/')).toEqual(['n/a', 'n/b', 'n/bb']);
  });

  test('a list at a revision that is not written yet is refused', async (store) => {
    await expect(store.list('n/', { at: 1 })).rejects.toBeInstanceOf(FutureRevision);
  });

  test('count says how many a list would give', async (store) => {
    await fill(store, 'n/a', 'n/b', 'n/c', 'o/a');
    await store.delete('n/b', 2);
    expect([await store.count('n/'), await store.count('n/', 'n/a'), await store.count('p/'), await store.count('')]).toEqual([2, 1, 0, 3]);
  });
}

async function write(store: Store<Note>, text: string): Promise<void> {
  for (const step of text.split(' ')) {
    const [key = '', value] = step.split('=');
    const found = await store.get(key);
    if (value === undefined) await store.delete(key, found?.revision ?? 0);
    else await store.put(key, note(value), found?.revision ?? 0);
  }
}
function told(change: Change<Note>): string {
  const from = change.previous === undefined ? '' : `${textOf(change.previous)}>`;
  return `${change.entry.revision} ${change.type} ${change.entry.key} ${from}${textOf(change.entry)}`;
}

function watches(test: Test, withStore: WithStore): void {
  test('a watch tells every change under its prefix, with what was before', async (store) => {
    const seen = collect(store.watch('n/', 0, new AbortController().signal), 4);
    await write(store, 'n/a=1 o/a=1 n/a=2 n/b=1 n/a');
    expect((await seen).map(told)).toEqual(['1 put n/a 1', '3 put n/a 1>2', '4 put n/b 1', '5 delete n/a 2>2']);
  });

  test('a deletion carries the last state, stamped with its own revision', async (store) => {
    await write(store, 'n/a=1');
    const change = firstOf(store.watch('n/', 1, new AbortController().signal));
    await write(store, 'n/a');
    const { entry, previous } = await change;
    expect(entry.value()).toEqual({ text: '1', metadata: { resourceVersion: '2' } });
    expect(previous?.value()).toEqual({ text: '1', metadata: { resourceVersion: '1' } });
  });

  test('a watch from the past tells what happened since, then goes on', async (store) => {
    await write(store, 'n/a=1 n/b=1 o/a=1 n/a=2');
    const seen = collect(store.watch('n/', 1, new AbortController().signal), 3);
    await write(store, 'n/c=1');
    expect((await seen).map(told)).toEqual(['2 put n/b 1', '4 put n/a 1>2', '5 put n/c 1']);
  });

  test('a watch from the future is silent until then', async (store) => {
    const seen = firstOf(store.watch('n/', 2, new AbortController().signal));
    await write(store, 'n/a=1 n/b=1 n/c=1');
    expect(told(await seen)).toBe('3 put n/c 1');
  });

  test('watches of a kind, of a namespace, of one key and of everything each tell theirs', async (store) => {
    const { signal } = new AbortController();
    const seen = ['', 'core/', 'core/n/', 'core/n/a/', 'core/n/a/x', 'core/n/a/xy'].map((prefix) =>
      collect(store.watch(prefix, 0, signal), 1),
    );
    await write(store, 'core/n/a/xy=1');
    const all = await Promise.all(seen);
    expect(all.map((changes) => changes.map(told))).toEqual(Array.from({ length: 6 }, () => ['1 put core/n/a/xy 1']));
  });

  test('an abort ends a watch, unread changes and all', async (store) => {
    const controller = new AbortController();
    const watch = store.watch('n/', 0, controller.signal);
    await write(store, 'n/a=1');
    controller.abort();
    expect(await collect(watch, 5)).toEqual([]);
    expect(await collect(store.watch('n/', 0, controller.signal), 5)).toEqual([]);
  });

  test('a closing store ends its watches after what it wrote', async (store) => {
    const seen = collect(store.watch('n/', 0, new AbortController().signal), 5);
    await write(store, 'n/a=1');
    await store.close();
    expect((await seen).map(told)).toEqual(['1 put n/a 1']);
  });

  it('a reader too slow gets what fits and is then ended', () =>
    withStore(
      async (store) => {
        const slow = store.watch('n/', 0, new AbortController().signal)[Symbol.asyncIterator]();
        await write(store, 'n/a=1 n/b=1 n/c=1 n/d=1');
        const seen = [await slow.next(), await slow.next(), await slow.next()].map((result) => told(result.value as Change<Note>));
        expect(seen).toEqual(['1 put n/a 1', '2 put n/b 1', '3 put n/c 1']);
        await expect(slow.next()).rejects.toBeInstanceOf(SlowWatcher);
      },
      { clock: realClock(), watchLimit: 3 },
    ));

  it('a backlog longer than the limit is delivered whole', () =>
    withStore(
      async (store) => {
        await write(store, 'n/a=1 n/b=1 n/c=1 n/d=1');
        expect(await collect(store.watch('n/', 0, new AbortController().signal), 4)).toHaveLength(4);
      },
      { clock: realClock(), watchLimit: 2 },
    ));
}

function history(test: Test, withStore: WithStore): void {
  test('compaction ends watches and lists of what is forgotten, and of nothing else', async (store) => {
    await write(store, 'n/a=1 n/a=2 n/b=1 n/a');
    await store.compact(3);
    const { signal } = new AbortController();
    await expect(firstOf(store.watch('n/', 2, signal))).rejects.toMatchObject({ name: 'Compacted', requested: 2, oldest: 3 });
    await expect(store.list('n/', { at: 2 })).rejects.toBeInstanceOf(Compacted);
    expect((await store.list('n/', { at: 3 })).entries.map(textOf)).toEqual(['2', '1']);
    expect((await collect(store.watch('n/', 3, signal), 1)).map(told)).toEqual(['4 delete n/a 2>2']);
    expect(await keys(store, 'n/')).toEqual(['n/b']);
  });

  test('a watch that has begun survives compaction', async (store) => {
    await write(store, 'n/a=1 n/a=2');
    const watch = store.watch('n/', 0, new AbortController().signal);
    await write(store, 'n/a=3');
    await store.compact(3);
    expect((await collect(watch, 3)).map(told)).toEqual(['1 put n/a 1', '2 put n/a 1>2', '3 put n/a 2>3']);
  });

  it('history older than its age is forgotten by itself', async () => {
    const clock = new SimulatedClock();
    await withStore(
      async (store) => {
        await write(store, 'n/a=1 n/a=2');
        await clock.advance(9_000);
        await write(store, 'n/a=3');
        expect((await store.list('n/', { at: 1 })).entries.map(textOf)).toEqual(['1']);
        await clock.advance(4_000);
        await expect(store.list('n/', { at: 1 })).rejects.toBeInstanceOf(Compacted);
        expect((await store.list('n/', { at: 2 })).entries.map(textOf)).toEqual(['2']);
        await clock.advance(20_000);
        await expect(store.list('n/', { at: 2 })).rejects.toBeInstanceOf(Compacted);
        expect((await store.list('n/', { at: 3 })).entries.map(textOf)).toEqual(['3']);
        expect(clock.pending().working).toBe(0);
      },
      { clock, historyMs: 10_000 },
    );
  });

  it('history larger than its size is forgotten, oldest first', () =>
    withStore(
      async (store) => {
        await write(store, 'n/a=1 n/a=2 n/a=3 n/a=4 n/a=5 n/a=6 n/a=7 n/a=8');
        await expect(store.list('n/', { at: 1 })).rejects.toBeInstanceOf(Compacted);
        expect((await store.list('n/', { at: 7 })).entries.map(textOf)).toEqual(['7']);
      },
      { clock: realClock(), historyBytes: 1000 },
    ));
}

function reopening(subject: Subject, reopen: (store: Store<Note>) => Promise<Store<Note>>): void {
  it('every entry and the revision are as they were', async () => {
    const before = await subject.open({ clock: realClock() });
    await write(before, 'n/a=1 n/b=1 n/a=2 n/c=1 n/c');
    await before.put('core/secrets/a/x', note('hidden', { a: 'b' }), 0);
    const entries = (await before.list('')).entries.map(plain);
    const after = await reopen(before);
    expect((await after.list('')).entries.map(plain)).toEqual(entries);
    expect(after.revision()).toBe(6);
    await after.close();
  });

  it('the next write goes on from the last revision, also when that was a deletion', async () => {
    const before = await subject.open({ clock: realClock() });
    await write(before, 'n/a=1 n/a');
    const after = await reopen(before);
    expect(after.revision()).toBe(2);
    expect((await after.put('n/a', note('again'), 0)).revision).toBe(3);
    await after.close();
  });

  it('a watch from the newest revision goes on, one from before is told to list', async () => {
    const before = await subject.open({ clock: realClock() });
    await write(before, 'n/a=1 n/a=2');
    const after = await reopen(before);
    const { signal } = new AbortController();
    await expect(firstOf(after.watch('n/', 1, signal))).rejects.toBeInstanceOf(Compacted);
    const change = firstOf(after.watch('n/', 2, signal));
    await write(after, 'n/a=3');
    expect(told(await change)).toBe('3 put n/a 2>3');
    await after.close();
  });
}

function plain(entry: { key: string; labels: object; created: number; revision: number; value(): Note }): object {
  return { key: entry.key, labels: entry.labels, created: entry.created, revision: entry.revision, value: entry.value() };
}
