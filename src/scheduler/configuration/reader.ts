import { isRecord } from '../../base/json.ts';
import type { Located, Path } from './located.ts';

/** One part of a file of settings, read field by field: what has the wrong type or is not asked for is a problem of its line. */
export class Reader {
  readonly path: Path;
  readonly #file: Located;
  readonly #value: unknown;

  constructor(file: Located, path: Path, value: unknown) {
    this.#file = file;
    this.path = path;
    this.#value = value;
  }

  get absent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  problem(what: string): void {
    this.#file.problem(this.path, what);
  }

  field(name: string): Reader {
    const value = isRecord(this.#value) && Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    return new Reader(this.#file, [...this.path, name], value);
  }

  /** Says so where it is no map, and for each field of another name. */
  knows(names: readonly string[]): void {
    if (this.absent) return;
    if (!isRecord(this.#value)) this.problem('must be a map');
    else for (const name of Object.keys(this.#value)) if (!names.includes(name)) this.field(name).problem('unknown field');
  }

  items(): Reader[] {
    if (this.absent) return [];
    if (!Array.isArray(this.#value)) {
      this.problem('must be a list');
      return [];
    }
    return this.#value.map((item: unknown, at) => new Reader(this.#file, [...this.path, at], item));
  }

  text(otherwise: string): string {
    if (this.absent) return otherwise;
    if (typeof this.#value === 'string') return this.#value;
    this.problem(`Invalid value: ${JSON.stringify(this.#value)}: must be a string`);
    return otherwise;
  }

  flag(otherwise: boolean): boolean {
    if (this.absent) return otherwise;
    if (typeof this.#value === 'boolean') return this.#value;
    this.problem(`Invalid value: ${JSON.stringify(this.#value)}: must be true or false`);
    return otherwise;
  }

  /** A whole number in a range; `rule` says which, as kube-scheduler does. */
  whole(otherwise: number, allowed: { readonly least: number; readonly most?: number; readonly rule: string }): number {
    if (this.absent) return otherwise;
    const value = this.#value;
    const good = typeof value === 'number' && Number.isInteger(value) && value >= allowed.least && value <= (allowed.most ?? Infinity);
    if (!good) this.problem(`Invalid value: ${JSON.stringify(value)}: ${allowed.rule}`);
    return good ? value : otherwise;
  }

  oneOf<T extends string>(values: readonly T[], otherwise: T): T {
    const given = this.text(otherwise);
    const found = values.find((value) => value === given);
    if (found === undefined)
      this.problem(
        `Unsupported value: ${JSON.stringify(given)}: supported values: ${values.map((value) => JSON.stringify(value)).join(', ')}`,
      );
    return found ?? otherwise;
  }

  raw(): unknown {
    return this.#value;
  }
}
