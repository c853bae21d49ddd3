import type { KubeObject } from '../../api/object.ts';
import { clone, isRecord, valueAt } from '../../base/json.ts';
import type { ApplicationForm } from '../../api/review.ts';
import type { ChartCache } from '../chart-cache.ts';
import type { FoundApplication } from '../found.ts';
import type { SourceProblem } from '../renderer.ts';
import type { Definition, Tree } from './tree.ts';

/** One way of writing applications down: one file per way. */
export interface Import {
  readonly form: ApplicationForm;
  /** For people, one and many: `Flux Kustomization`, `Flux Kustomizations`. */
  readonly words: readonly [string, string];
  /** `group/Kind`. */
  readonly kind: string;
  read(definition: Definition, around: Around): Understood | Promise<Understood>;
}
export interface Around {
  readonly tree: Tree;
  /** All definitions of the tree but patches, as they stand in the files. */
  readonly definitions: readonly Definition[];
  /** Addresses by which this repository is known, as far as that can be told. */
  readonly own: OwnAddresses;
  /** Charts that were fetched before; undefined where none are looked for. */
  readonly charts: ChartCache | undefined;
  /** Where the definition itself lives; '' where nothing tells clusters apart. */
  readonly home: string;
}
export interface OwnAddresses {
  /** In the form of `sameAddress`. */
  readonly known: ReadonlySet<string>;
}
export interface Understood {
  readonly applications: readonly Readable[];
  readonly problems: readonly SourceProblem[];
}
/** An application, and whether its folder is read with the folders below where no kustomization says so. */
export interface Readable extends FoundApplication {
  readonly recurse: boolean;
}

/** Reads the fields of one definition and keeps what is wrong with them. */
export class Fields {
  readonly problems: SourceProblem[];
  readonly #definition: Definition;

  constructor(definition: Definition, problems: SourceProblem[] = []) {
    this.#definition = definition;
    this.problems = problems;
  }

  /** The same definition with another value at a path; problems are kept in one list. */
  replaced(path: readonly (string | number)[], value: unknown): Fields {
    const object = clone(this.#definition.object) as unknown;
    const parent = valueAt(object, path.slice(0, -1)) as Record<string | number, unknown>;
    parent[path.at(-1) ?? ''] = value;
    return new Fields({ ...this.#definition, object: object as KubeObject }, this.problems);
  }

  wrong(path: readonly (string | number)[], message: string): void {
    const { origin } = this.#definition;
    this.problems.push({ path: origin.path, ...this.#definition.place(path), message });
  }
  at(path: readonly (string | number)[]): unknown {
    let value: unknown = this.#definition.object;
    for (const step of path) {
      if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
      else if (Array.isArray(value) && typeof step === 'number') value = value[step] as unknown;
      else return undefined;
    }
    return value ?? undefined;
  }
  text(path: readonly (string | number)[]): string {
    const value = this.at(path);
    if (typeof value === 'string') return value;
    if (value === undefined) return '';
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.wrong(path, `${shown(path)} must be text`);
    return '';
  }
  flag(path: readonly (string | number)[], otherwise = false): boolean {
    const value = this.at(path);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) this.wrong(path, `${shown(path)} must be true or false`);
    return otherwise;
  }
  record(path: readonly (string | number)[]): Readonly<Record<string, unknown>> {
    const value = this.at(path);
    if (isRecord(value)) return value;
    if (value !== undefined) this.wrong(path, `${shown(path)} must be a map`);
    return {};
  }
  list(path: readonly (string | number)[]): readonly unknown[] {
    const value = this.at(path);
    if (Array.isArray(value)) return value as unknown[];
    if (value !== undefined) this.wrong(path, `${shown(path)} must be a list`);
    return [];
  }
  texts(path: readonly (string | number)[]): readonly string[] {
    return this.list(path).map((_, at) => this.text([...path, at]));
  }
  /** Text by name; numbers and truth values as they are written. */
  textMap(path: readonly (string | number)[]): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.keys(this.record(path)).map((name) => [name, this.text([...path, name])]));
  }
  /** Says which of these are set; none of them is understood. */
  notYet(path: readonly (string | number)[], names: readonly string[], why = 'is not understood, and was passed over'): void {
    const there = this.at(path);
    if (!isRecord(there)) return;
    for (const name of names)
      if (there[name] !== undefined && there[name] !== null && there[name] !== '' && there[name] !== false)
        this.wrong([...path, name], `${shown([...path, name])} ${why}`);
  }
}

/** `spec.sources[1].path` */
export function shown(path: readonly (string | number)[]): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`)).join('');
}

/** Different spellings of one address are the same: protocol, user, port 22 and 443, `.git`, case of the host. */
export function sameAddress(address: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(address);
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.*)$/i.exec(address);
  const [, host, path] = url ?? scp ?? [];
  if (host === undefined || path === undefined) return address.replace(/\/+$/, '').replace(/\.git$/, '');
  return `${host.toLowerCase()}/${path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .toLowerCase()}`;
}
/** A tag or a commit: what is merged does not move it. */
export function isPinned(revision: string): boolean {
  return /^(refs\/tags\/.+|v\d+(\.\d+){1,2}([-+][\w.-]+)?|\d+\.\d+\.\d+([-+][\w.-]+)?|[0-9a-f]{40})$/.test(revision);
}
