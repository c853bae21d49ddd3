/** A schema document that cannot be compiled. */
export class SchemaError extends Error {
  /** File and place in it: `core/v1/pod.json#/properties/spec`. */
  readonly at: string;

  constructor(at: string, why: string) {
    super(`${at === '' ? 'schema' : at}: ${why}`);
    this.name = 'SchemaError';
    this.at = at;
  }
}

const known: ReadonlySet<string> = new Set([
  'x-kubernetes-action',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-group-version-kind',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-proto',
  'x-kubernetes-resource',
  'x-kubernetes-unions',
  'x-kubernetes-validations',
]);

/** Refuses an `x-` mark that no walk would heed, since a rule that is silently dropped is worse than none. @throws SchemaError */
export function checkMarks(source: Readonly<Record<string, unknown>>, at: string): void {
  for (const key in source) {
    if (key.startsWith('x-') && !known.has(key)) throw new SchemaError(at, `unknown mark ${key}`);
  }
  oneOf(source, { key: 'x-kubernetes-list-type', allowed: ['atomic', 'set', 'map'] }, at);
  oneOf(source, { key: 'x-kubernetes-map-type', allowed: ['atomic', 'granular'] }, at);
  const keys = source['x-kubernetes-list-map-keys'];
  if (source['x-kubernetes-list-type'] === 'map' && !(Array.isArray(keys) && keys.length > 0)) {
    throw new SchemaError(at, 'a list of type map needs x-kubernetes-list-map-keys');
  }
}

function oneOf(source: Readonly<Record<string, unknown>>, rule: { key: string; allowed: readonly string[] }, at: string): void {
  const value = source[rule.key];
  if (value !== undefined && !rule.allowed.includes(value as string)) {
    throw new SchemaError(at, `${rule.key} is ${JSON.stringify(value)}, not one of ${rule.allowed.join(', ')}`);
  }
}
