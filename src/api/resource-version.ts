/**
 * True when both are known and `a` was written before `b`. Versions of one kind are decimal numbers that grow, which Kubernetes promises
 * since 1.35 (KEP-5504); of any others nothing is known, and the answer is false.
 */
export function isOlderVersion(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !decimal.test(a) || !decimal.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
const decimal = /^[1-9][0-9]*$/;
