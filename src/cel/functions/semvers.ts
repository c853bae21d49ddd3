import { overload, type Overload } from '../declare.ts';
import { CelError, type Opaque } from '../value.ts';

class Version implements Opaque {
  readonly opaque = 'kubernetes.Semver';
  readonly core: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
  constructor(core: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    this.core = core;
    this.pre = pre;
  }
  equals(other: Opaque): boolean {
    return other instanceof Version && compare(this, other) === 0;
  }
}

const number = '(0|[1-9]\\d*)';
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
function parse(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', pre] = match;
  const parts = pre === undefined ? [] : pre.split('.');
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined;
  return new Version([BigInt(major), BigInt(minor), BigInt(patch)], parts);
}
/** `v1.2` becomes `1.2.0`: the leading v goes, zeros in front go, missing parts come. */
function normal(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? [];
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}
function read(text: string): Version {
  const version = parse(text);
  if (version === undefined) throw new CelError(`No Major.Minor.Patch elements found`);
  return version;
}

function compare(a: Version, b: Version): number {
  for (let index = 0; index < 3; index++) {
    const [left, right] = [a.core[index] as bigint, b.core[index] as bigint];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let index = 0; index < Math.min(a.pre.length, b.pre.length); index++) {
    const order = comparePart(a.pre[index] as string, b.pre[index] as string);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}
function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : 1;
}

export const semvers: readonly Overload[] = [
  overload('semver(string): semver', read, 'traverse'),
  overload('semver(string, bool): semver', (text: string, normalize: boolean) => read(normalize ? normal(text) : text), 'traverse'),
  overload('isSemver(string): bool', (text: string) => parse(text) !== undefined, 'traverse'),
  overload(
    'isSemver(string, bool): bool',
    (text: string, normalize: boolean) => parse(normalize ? normal(text) : text) !== undefined,
    'traverse',
  ),
  overload('semver.major(): int', ({ core }: Version) => core[0]),
  overload('semver.minor(): int', ({ core }: Version) => core[1]),
  overload('semver.patch(): int', ({ core }: Version) => core[2]),
  overload('semver.compareTo(semver): int', (a: Version, b: Version) => BigInt(compare(a, b))),
  overload('semver.isGreaterThan(semver): bool', (a: Version, b: Version) => compare(a, b) > 0),
  overload('semver.isLessThan(semver): bool', (a: Version, b: Version) => compare(a, b) < 0),
];
