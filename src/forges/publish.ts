import { markStart, sameComment, type CommentMark } from '../report/review-markdown.ts';
import type { Forge } from './forge.ts';

/** What became of the comments. */
export interface Published {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
  /** A newer commit is there: its own run comments. */
  readonly outdated?: true;
}

/**
 * Makes our comments on a pull request these: each part in place of the one that was there, none more, none written that says the same.
 * Where the pull request has moved on from `commit`, nothing is written.
 */
export async function publishComments(
  forge: Forge,
  { mark, bodies, commit }: { mark: CommentMark; bodies: readonly string[]; commit: string | undefined },
): Promise<Published> {
  if (commit !== undefined && (await forge.headCommit()) !== commit)
    return { created: 0, updated: 0, unchanged: 0, removed: 0, outdated: true };
  const start = markStart(mark);
  const ours = (await forge.comments()).filter(({ body }) => body.trimStart().startsWith(start));
  const places = placesOf(ours, start);
  const count = { created: 0, updated: 0, unchanged: 0, removed: 0 };
  for (const [index, body] of bodies.entries()) {
    const there = places.get(index + 1);
    if (there === undefined) {
      await forge.create(body);
      count.created++;
    } else if (sameComment(there.body, body)) count.unchanged++;
    else {
      await forge.update(there.id, body);
      count.updated++;
    }
  }
  const kept = new Set(bodies.map((_, index) => places.get(index + 1)?.id));
  for (const { id } of ours) {
    if (kept.has(id)) continue;
    await forge.remove(id);
    count.removed++;
  }
  return count;
}

type Comments = Awaited<ReturnType<Forge['comments']>>;
/** By page; of two for one page the older counts, and the other is left over. */
function placesOf(ours: Comments, start: string): Map<number, Comments[number]> {
  const places = new Map<number, Comments[number]>();
  for (const comment of ours) {
    const page = Number(/^\d+/.exec(comment.body.trimStart().slice(start.length))?.[0]);
    if (!places.has(page)) places.set(page, comment);
  }
  return places;
}
