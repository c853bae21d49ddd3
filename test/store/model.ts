import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loopTurn, realClock } from '../../src/base/clock.ts';
import { Compacted, RevisionMismatch, type Change, type Store } from '../../src/store/store.ts';
import { note, textOf, type Note, type OpenStore } from './notes.ts';

type Step =
  | { readonly do: 'put' | 'delete'; readonly key: string; readonly stale: boolean }
  | { readonly do: 'list'; readonly prefix: string; readonly back: number; readonly limit: number }
  | { readonly do: 'watch'; readonly prefix: string; readonly back: number }
  | { readonly do: 'compact'; readonly back: number };

const key = fc.constantFrom('n/a/x', 'n/a/y', 'n/ab/x', 'n/b/x', 'o/a/x', 'o/a/y');
const prefix = fc.constantFrom('', 'n/', 'n/a/', 'n/a', 'o/', 'p/');
const back = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key, stale: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), key, stale: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('list' as const), prefix, back, limit: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watch' as const), prefix, back }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), back }) },
);

/** Every state that there ever was, in full: slow, and plainly right. */
class Model {
  readonly states: Map<string, { text: string; revision: number }>[] = [new Map()];
  readonly changes: string[] = [];
  oldest = 0;

  get revision(): number {
    return this.states.length - 1;
  }
  get now(): Map<string, { text: string; revision: number }> {
    return this.states[this.revision] as never;
  }
  put(key: string, text: string): void {
    this.changes.push(`${this.revision + 1} put ${key} ${this.now.get(key)?.text ?? ''}>${text}`);
    this.states.push(new Map(this.now).set(key, { text, revision: this.revision + 1 }));
  }
  delete(key: string): void {
    this.changes.push(`${this.revision + 1} delete ${key} ${this.now.get(key)?.text ?? ''}>${this.now.get(key)?.text ?? ''}`);
    const next = new Map(this.now);
    next.delete(key);
    this.states.push(next);
  }
  list(prefix: string, at: number): string[] {
    return [...(this.states[at] as Map<string, { text: string }>)]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { text }]) => `${key} ${text}`);
  }
}
interface Watching {
  readonly prefix: string;
  readonly from: number;
  readonly seen: string[];
}

/** Random runs of a store beside the model: every answer and every watch must agree. */
export function storeModel(open: OpenStore): void {
  it('random writes, pages, watches and compactions agree with the model', { timeout: 300_000 }, async () => {
    const runs = process.env['STEER_SOAK'] === '1' ? 400 : 40;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        const store = await open({ clock: realClock() });
        try {
          await run(store, steps);
        } finally {
          await store.close();
        }
      }),
      { numRuns: runs },
    );
  });
}

/** Writers at once, each with the revision that it believes in: what was accepted must be one history without a gap or a lost update. */
export function concurrentModel(open: OpenStore): void {
  const attempt = fc.record({ key, guess: fc.integer({ min: 0, max: 6 }), remove: fc.boolean(), wait: fc.integer({ min: 0, max: 3 }) });
  it('writers at once make one history, each change on the state that its writer expected', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(attempt, { maxLength: 12 }), { minLength: 2, maxLength: 6 }), async (writers) => {
        const store = await open({ clock: realClock() });
        try {
          await raced(store, writers);
        } finally {
          await store.close();
        }
      }),
      { numRuns: process.env['STEER_SOAK'] === '1' ? 400 : 40 },
    );
  });
}
interface Attempt {
  readonly key: string;
  readonly guess: number;
  readonly remove: boolean;
  readonly wait: number;
}

async function raced(store: Store<Note>, writers: readonly (readonly Attempt[])[]): Promise<void> {
  const accepted: { key: string; expected: number; revision: number }[] = [];
  const write = async ({ key, guess, remove, wait }: Attempt): Promise<void> => {
    for (let turn = 0; turn < wait; turn++) await loopTurn();
    const seen = (await store.get(key))?.revision ?? 0;
    const expected = guess === 0 ? 0 : seen;
    try {
      const revision = remove ? await store.delete(key, expected) : (await store.put(key, note('x'), expected)).revision;
      expect(store.revision()).toBeGreaterThanOrEqual(revision);
      accepted.push({ key, expected, revision });
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
    }
  };
  const seen: string[] = [];
  const reader = read(store.watch('', 0, new AbortController().signal), seen);
  await Promise.all(
    writers.map(async (attempts) => {
      for (const each of attempts) await write(each);
    }),
  );
  await store.close();
  await reader;
  accepted.sort((a, b) => a.revision - b.revision);
  expect(accepted.map((write) => write.revision)).toEqual(accepted.map((_, index) => index + 1));
  expect(seen.map((line) => Number(line.split(' ')[0]))).toEqual(accepted.map((write) => write.revision));
  const at = new Map<string, number>();
  for (const { key, expected, revision } of accepted) {
    expect(expected).toBe(at.get(key) ?? 0);
    at.set(key, seen[revision - 1]?.includes(' delete ') ? 0 : revision);
  }
}

async function run(store: Store<Note>, steps: readonly Step[]): Promise<void> {
  const model = new Model();
  const watching: Watching[] = [];
  const stop = new AbortController();
  const readers: Promise<void>[] = [];
  for (const [index, each] of steps.entries()) {
    if (each.do === 'put' || each.do === 'delete') await writeStep(store, model, { ...each, text: `t${index}` });
    else if (each.do === 'list') await listStep(store, model, each);
    else if (each.do === 'compact') {
      const before = Math.max(0, model.revision - each.back);
      await store.compact(before);
      model.oldest = Math.max(model.oldest, before);
    } else if (each.do === 'watch') {
      const from = Math.max(model.oldest, model.revision - each.back);
      const one = { prefix: each.prefix, from, seen: [] as string[] };
      watching.push(one);
      readers.push(read(store.watch(each.prefix, from, stop.signal), one.seen));
    }
    expect(store.revision()).toBe(model.revision);
  }
  await store.close();
  await Promise.all(readers);
  for (const { prefix, from, seen } of watching) {
    expect(seen).toEqual(model.changes.slice(from).filter((change) => change.split(' ')[2]?.startsWith(prefix)));
  }
}

async function writeStep(store: Store<Note>, model: Model, each: { do: string; key: string; stale: boolean; text: string }): Promise<void> {
  const now = model.now.get(each.key)?.revision ?? 0;
  const expected = each.stale ? now + 1 : now;
  const wrong = each.stale || (each.do === 'delete' && now === 0);
  const write = each.do === 'put' ? store.put(each.key, note(each.text), expected) : store.delete(each.key, expected);
  if (wrong) {
    await expect(write).rejects.toBeInstanceOf(RevisionMismatch);
    return;
  }
  await write;
  if (each.do === 'put') model.put(each.key, each.text);
  else model.delete(each.key);
}

async function listStep(store: Store<Note>, model: Model, each: { prefix: string; back: number; limit: number }): Promise<void> {
  const at = Math.max(0, model.revision - each.back);
  if (at < model.oldest) {
    await expect(store.list(each.prefix, { at })).rejects.toBeInstanceOf(Compacted);
    return;
  }
  const whole: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.list(each.prefix, { at, limit: each.limit, ...(after === undefined ? {} : { after }) });
    whole.push(...page.entries.map((entry) => `${entry.key} ${textOf(entry)}`));
    after = page.next;
    if (after === undefined) break;
  }
  expect(whole).toEqual(model.list(each.prefix, at));
  expect(await store.count(each.prefix)).toBe(model.list(each.prefix, model.revision).length);
}

async function read(watch: AsyncIterable<Change<Note>>, seen: string[]): Promise<void> {
  for await (const change of watch) {
    seen.push(`${change.entry.revision} ${change.type} ${change.entry.key} ${textOf(change.previous)}>${textOf(change.entry)}`);
  }
}
