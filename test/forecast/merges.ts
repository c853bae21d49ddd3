import type { Forecast } from '../../src/api/forecast.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import type { ForecastRequest } from '../../src/forecast/request.ts';
import { shortHash } from '../../src/gitops/tracking.ts';
import type { ManifestLike } from '../../src/gitops/desired.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { loadKinds } from '../../src/kinds/load.ts';

let kinds: readonly ResourceKind[] | undefined;

export function manifestsOf(objects: readonly KubeObject[]): ManifestLike[] {
  return objects.map((object, at) => ({
    object,
    origin: { path: `${object.metadata.name}.yaml`, line: at + 1 },
    blob: shortHash(JSON.stringify(object), 40),
  }));
}

export interface Merge extends Partial<Omit<ForecastRequest, 'applications'>> {
  readonly base: readonly KubeObject[];
  readonly head: readonly KubeObject[];
}

/** The forecast of a merge of one application, `default/shop`. */
export function forecastOf({ base, head, ...more }: Merge): Promise<Forecast> {
  kinds ??= loadKinds();
  return forecast({
    applications: [
      { application: { namespace: 'default', name: 'shop' }, namespace: 'default', base: manifestsOf(base), head: manifestsOf(head) },
    ],
    startMs: Date.UTC(2026, 0, 1),
    random: seededRandom(1),
    log: silentLog,
    kinds,
    ...more,
  });
}
