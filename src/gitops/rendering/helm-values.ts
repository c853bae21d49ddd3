import { isRecord, setOwn } from '../../base/json.ts';
import { isSecret } from '../mask.ts';
import { RenderError, type HelmSettings } from '../renderer.ts';
import { parseYaml } from '../yaml.ts';
import type { Secrets } from './decrypted.ts';
import type { Made } from './made.ts';
import { dataKeyOf, isSops, opened, recipientsOf, SopsError } from './sops.ts';

/** Values that helm is told through its standard input, so that none is ever written. */
export interface OpenedValues {
  readonly values: Readonly<Record<string, unknown>>;
  /** What was encrypted: must not turn up outside of Secrets. */
  readonly secret: ReadonlySet<string>;
}
/** Shorter ones are found anywhere by chance. */
const shortest = 6;

/**
 * All values of a release in one, where SOPS has encrypted a file of them; undefined where none is. @throws RenderError when no key opens it
 */
export async function openedValues(
  settings: HelmSettings,
  texts: ReadonlyMap<string, string>,
  secrets: Secrets,
): Promise<OpenedValues | undefined> {
  const files = (settings.valueFiles ?? []).map((path) => ({ path, value: parseYaml(texts.get(path) ?? '').documents[0]?.value ?? {} }));
  if (!files.some(({ value }) => isSops(value))) return undefined;
  const secret = new Set<string>();
  let values: Record<string, unknown> = {};
  for (const { path, value } of files) {
    const clear = isSops(value) ? await openFile(path, value, secrets) : value;
    if (isSops(value)) collect(value, clear, secret);
    if (isRecord(clear)) values = merged(values, clear);
  }
  return { values: merged(values, settings.values ?? {}), secret };
}

async function openFile(path: string, value: Parameters<typeof opened>[0][number], secrets: Secrets): Promise<unknown> {
  try {
    const identities = await secrets.keys();
    if (identities.length === 0) {
      throw new SopsError(
        `it is encrypted with SOPS for ${recipientsOf(value).join(', ')}, and no key was given: set SOPS_AGE_KEY_FILE to the file of the key`,
      );
    }
    return opened([value], await dataKeyOf(value, identities))[0];
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new RenderError([{ path, line: 1, column: 1, message: error.message }]);
  }
}
/** As helm lays files of values over each other: maps are merged, all else is replaced. */
function merged(under: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const own = Object.hasOwn(out, key) ? out[key] : undefined;
    setOwn(out, key, isRecord(own) && isRecord(value) ? merged(own, value) : value);
  }
  return out;
}
/** Texts that differ between the two. */
function collect(before: unknown, after: unknown, into: Set<string>): void {
  if (typeof after === 'string' && after !== before && after.length >= shortest) into.add(after);
  if (Array.isArray(after)) after.forEach((one, at) => collect(Array.isArray(before) ? before[at] : undefined, one, into));
  if (isRecord(after)) for (const [key, one] of Object.entries(after)) collect(isRecord(before) ? before[key] : undefined, one, into);
}

/** What a chart made of encrypted values may stand in Secrets alone: all else is shown in plans. @throws RenderError */
export function refuseShown(made: Made, { secret }: OpenedValues): void {
  const shown = made.objects.filter(({ object }) => !isSecret(object as { apiVersion: string; kind: string }) && holds(object, secret));
  if (shown.length === 0) return;
  throw new RenderError(
    shown.map(({ object, path, line = 1 }) => ({
      path,
      line,
      column: 1,
      message: `${String(object['kind'])} ${String((object['metadata'] as { name?: unknown }).name)} would hold a value that SOPS has encrypted, and is no Secret: plans would show it`,
    })),
  );
}
function holds(value: unknown, secret: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return [...secret].some((one) => value.includes(one));
  if (Array.isArray(value)) return value.some((one) => holds(one, secret));
  return isRecord(value) && Object.values(value).some((one) => holds(one, secret));
}
/** What helm says, with encrypted values taken out. */
export function withoutSecrets(text: string, values: OpenedValues | undefined): string {
  return [...(values?.secret ?? [])].reduce((rest, one) => rest.replaceAll(one, '***'), text);
}
