import { OldestFirst } from '../base/oldest-first.ts';

/**
 * Encoded events, so that each is encoded once for all watchers. Bounded: what has not been asked for lately is forgotten, since
 * nobody but those who watch just now needs it again.
 */
export class EventLines {
  readonly #lines = new Map<object, Map<string, Uint8Array>>();
  readonly #oldest = new OldestFirst(this.#lines);
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes = 8 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The line of `owner` (an entry or a change) under a name; made when it is not there. */
  of(owner: object, name: string, make: () => Uint8Array): Uint8Array {
    let forms = this.#lines.get(owner);
    const known = forms?.get(name);
    if (known !== undefined) return known;
    const line = make();
    if (forms === undefined) this.#lines.set(owner, (forms = new Map()));
    forms.set(name, line);
    this.#bytes += line.length;
    while (this.#bytes > this.#limitBytes) this.#forgetOldest();
    return line;
  }

  #forgetOldest(): void {
    const owner = this.#oldest.next();
    if (owner === undefined) return;
    for (const line of this.#lines.get(owner)?.values() ?? []) this.#bytes -= line.length;
    this.#lines.delete(owner);
  }
}
