import type { Revision } from './store.ts';

/** Which revision was the newest one at some moments: tells what is older than a time without reading it. */
export class RevisionMarks {
  /** Oldest first. */
  readonly #marks: { readonly at: number; readonly revision: Revision }[] = [];

  add(at: number, revision: Revision): void {
    this.#marks.push({ at, revision });
  }

  /** The newest revision of the last mark at `time` or before; undefined where there is none. Marks before it are forgotten. */
  newestAt(time: number): Revision | undefined {
    while ((this.#marks[1]?.at ?? Infinity) <= time) this.#marks.shift();
    const [oldest] = this.#marks;
    return oldest !== undefined && oldest.at <= time ? oldest.revision : undefined;
  }
}
