import type { PodSpec, Volume } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import { sourceRules, type SourceName } from './volume-sources.ts';

/** The volumes that containers may mount, by name: those that are right. */
export type Volumes = ReadonlyMap<string, Volume>;

/** What is wrong with a pod's volumes; `pod` is the pod's name, when it has one (kubernetes v1.35, ValidateVolumes). */
export function checkVolumes(spec: PodSpec, path: string, pod: string): { errors: FieldError[]; volumes: Volumes } {
  const volumes = new Map<string, Volume>();
  const all = spec.volumes ?? [];
  const made = new Set(pod === '' ? [] : all.filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${pod}-${name}`));
  const errors = all.flatMap((volume, index) => {
    const at = `${path}.volumes[${index}]`;
    const own = [...sourceErrors(volume, at, pod), ...nameErrors(volume.name ?? '', `${at}.name`)];
    if (volumes.has(volume.name)) own.push(duplicate(`${at}.name`, volume.name));
    if (own.length === 0) volumes.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName ?? '';
    if (made.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      own.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claim, detail));
    }
    return own;
  });
  return { errors, volumes };
}
function nameErrors(name: string, at: string): FieldError[] {
  return name === '' ? [required(at)] : invalidEach(at, name, dnsLabel(name));
}

/** Where upstream says another name than the field's. */
const forbiddenAs: Partial<Record<SourceName, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };
const contentAs: Partial<Record<SourceName, string>> = { gcePersistentDisk: 'persistentDisk' };
const sourceNames = Object.keys(sourceRules) as SourceName[];

function sourceErrors(volume: Volume, at: string, pod: string): FieldError[] {
  const errors: FieldError[] = [];
  let first: SourceName | undefined;
  for (const name of sourceNames) {
    const source = volume[name];
    if (source === undefined) continue;
    if (first !== undefined) errors.push(fieldForbidden(`${at}.${forbiddenAs[name] ?? name}`, 'may not specify more than 1 volume type'));
    else {
      first = name;
      // Each rule is called with its own source.
      const rule = sourceRules[name] as (source: object, at: string) => FieldError[];
      errors.push(...rule(source, `${at}.${contentAs[name] ?? name}`));
    }
    errors.push(...lengthErrors(volume, name, { at, pod, only: first === name }));
  }
  return first === undefined ? [required(at, 'must specify a volume type')] : errors;
}

const longestPortal = 64;
/** Names that come together with the volume's may not become too long. */
function lengthErrors(volume: Volume, source: SourceName, of: { at: string; pod: string; only: boolean }): FieldError[] {
  const { name = '' } = volume as Partial<Volume>;
  if (source === 'iscsi' && volume.iscsi?.initiatorName !== undefined && `${name}:${volume.iscsi.targetPortal}`.length > longestPortal) {
    const detail = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
    return [invalidValue(`${of.at}.name`, name, detail)];
  }
  if (source !== 'ephemeral' || !of.only || of.pod === '' || name === '') return [];
  const claim = `${of.pod}-${name}`;
  return invalidEach(
    `${of.at}.name`,
    name,
    dnsSubdomain(claim).map((rule) => `PVC name "${claim}": ${rule}`),
  );
}
