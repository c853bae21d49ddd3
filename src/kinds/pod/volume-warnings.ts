import type { PersistentVolumeClaimSpec, PodSpec, Volume, VolumeProjection } from '../../api/kinds.generated.ts';
import { parseQuantity } from '../../api/quantity.ts';

const gone: Partial<Record<keyof Volume, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** What is said of volumes that nobody mounts any more, and of files of one name (kubernetes v1.35, pkg/api/pod/warnings.go). */
export function volumeWarnings({ volumes = [] }: PodSpec, path: string): string[] {
  const warnings: string[] = [];
  const tokens = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}.volumes[${index}]`;
    warnings.push(...goneWarnings(volume, at));
    const claim = volume.ephemeral?.volumeClaimTemplate;
    if (claim !== undefined) warnings.push(...claimWarnings(claim.spec, `${at}.ephemeral.volumeClaimTemplate.spec`));
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      if (serviceAccountToken !== undefined) tokens.add(serviceAccountToken.path);
    }
  }
  if (tokens.size === 0) return warnings;
  for (const [index, { projected }] of volumes.entries()) {
    for (const source of projected?.sources ?? []) {
      warnings.push(...clashWarnings(source, tokens, `${path}.volumes[${index}].projected.sources`));
    }
  }
  return warnings;
}
/** Upstream tells one of them by the name of its Go field. */
function goneWarnings(volume: Volume, at: string): string[] {
  const found = Object.entries(gone).filter(([name]) => volume[name as keyof Volume] !== undefined);
  return found.map(([name, text]) => `${at}.${name === 'storageos' ? 'storageOS' : name}: ${text}`);
}
function clashWarnings(source: VolumeProjection, tokens: ReadonlySet<string>, at: string): string[] {
  const text = (path: string): string => `has duplicated path with ServiceAccountToken ${JSON.stringify(path)}`;
  const lists = { configMap: source.configMap?.items, secrets: source.secret?.items, downwardAPI: source.downwardAPI?.items };
  const warnings = Object.entries(lists).flatMap(([name, items = []]) =>
    items.flatMap(({ path }, index) => (tokens.has(path) ? [`${at}.${name}[${index}]: ${text(path)}`] : [])),
  );
  const bundle = source.clusterTrustBundle?.path;
  return bundle !== undefined && tokens.has(bundle) ? [...warnings, `${at}.ClusterTrustBundle: ${text(bundle)}`] : warnings;
}

/** Bytes come whole (pkg/api/persistentvolumeclaim, GetWarningsForPersistentVolumeClaimSpec). */
export function claimWarnings(spec: PersistentVolumeClaimSpec, at: string): string[] {
  return (['requests', 'limits'] as const).flatMap((field) => {
    const storage = spec.resources?.[field]?.['storage'];
    if (storage === undefined || parseQuantity(storage).nano % 1_000_000_000n === 0n) return [];
    return [`${at}.resources.${field}[storage]: fractional byte value ${JSON.stringify(storage)} is invalid, must be an integer`];
  });
}
