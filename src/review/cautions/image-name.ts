/** An image as a manifest names it. */
export interface ImageName {
  /** Without tag and digest: `ghcr.io/shop/web`. */
  readonly image: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

/** Reads `registry:5000/name:tag@sha256:…`. */
export function imageName(text: string): ImageName {
  const [rest = '', digest] = text.split('@') as [string, string?];
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  return {
    image: tagged ? rest.slice(0, colon) : rest,
    ...(tagged ? { tag: rest.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** What a person tells two versions apart by: the tag; without it the beginning of the digest, `latest` without both. */
export function versionOf({ tag, digest }: ImageName): string {
  if (tag !== undefined) return tag;
  return digest === undefined ? 'latest' : digest.slice(0, 'sha256:'.length + 12);
}

/** The numbers of a version, `[1, 25, 3]` of `v1.25.3-alpine`; undefined for tags that are none: branches, hashes, dates. */
export function versionNumbers(tag: string): number[] | undefined {
  const match = /^v?(\d{1,5})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?=$|[-+._])/.exec(tag);
  if (match === null) return undefined;
  const numbers = match.slice(1).flatMap((part) => (part === undefined ? [] : [Number(part)]));
  // A lone number says nothing of its kind (a build, a day) unless it is small, as that of `postgres:16`.
  return numbers.length === 1 && (numbers[0] as number) > 99 ? undefined : numbers;
}
const firstYear = 1970;
/** `2024.7.1`: the first number is a year, and rises every year without a promise. */
function isYear(number: number): boolean {
  return number >= firstYear && number < 2200;
}

/** How two versions of one image stand to each other; undefined where they cannot be compared. */
export function versionStep(from: string, to: string): 'major' | 'minor' | 'same' | 'back' | undefined {
  const [old, now] = [versionNumbers(from), versionNumbers(to)];
  if (old === undefined || now === undefined) return undefined;
  const years = [old, now].map(([first = 0]) => isYear(first));
  if (years[0] !== years[1]) return undefined;
  const at = Array.from({ length: Math.min(old.length, now.length) }, (_, index) => index).find((index) => old[index] !== now[index]);
  if (at === undefined) return 'same';
  if ((now[at] as number) < (old[at] as number)) return 'back';
  return at === 0 && years[0] !== true ? 'major' : 'minor';
}
