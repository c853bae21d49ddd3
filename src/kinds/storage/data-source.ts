import type { PersistentVolumeClaimSpec } from '../../api/kinds.generated.ts';

/**
 * Where the data of a new claim come from has two names; who gives one gets the other. The older one holds claims and snapshots only,
 * and anything else in it is dropped (kubernetes v1.35, NormalizeDataSources, EnforceDataSourceBackwardsCompatibility).
 */
export function alignSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) {
    if (!isOldKind(dataSource)) {
      delete spec.dataSource;
      return;
    }
    spec.dataSourceRef = { ...dataSource };
  } else if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace && isOldKind(dataSourceRef)) {
    const { namespace: _none, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}
function isOldKind({ apiGroup = '', kind }: { apiGroup?: string; kind: string }): boolean {
  return (apiGroup === '' && kind === 'PersistentVolumeClaim') || (apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot');
}
