import type { Forecast } from '../api/forecast.ts';
import { keyText } from '../api/object.ts';
import { parseDuration } from '../base/duration.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Connection } from '../client/connect.ts';
import { seededRandom } from '../base/random.ts';
import { readAround, type Around } from '../forecast/around.ts';
import { forecast } from '../forecast/forecast.ts';
import { joined } from '../forecast/joined.ts';
import { nodesFrom, parseNodes } from '../forecast/nodes.ts';
import type { ForecastApplication, ForecastRequest } from '../forecast/request.ts';
import { parseStartup } from '../forecast/startup.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Reviewed, ReviewedApplication } from '../review/review.ts';
import { list, text, type Call } from './command.ts';
import { UsageError } from './output.ts';

/** What a forecast rests on beside the review. */
export type ForecastWish = Pick<ForecastRequest, 'nodes' | 'startup' | 'horizonMs'>;

/** @throws UsageError */
export function wishOf(call: Call): ForecastWish {
  const [nodes, horizon, startup] = [text(call, 'nodes'), text(call, 'horizon'), list(call, 'startup')];
  return {
    ...(nodes === undefined ? {} : { nodes: checked(() => parseNodes(nodes)) }),
    ...(startup.length === 0 ? {} : { startup: checked(() => parseStartup(startup)) }),
    ...(horizon === undefined ? {} : { horizonMs: checked(() => parseDuration(horizon)) }),
  };
}
function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

/** A Thursday morning: whenever the same merge is looked at, the same is said of it. */
const simulatedStartMs = 1_767_261_630_000;

/** The forecast of what was reviewed; of several clusters, each by itself. The same revisions give the same forecast. */
export async function forecastOf(
  call: Call,
  { review, applications, definitions, surroundings, nodes, around }: Reviewed & { readonly around?: Around },
  about: { wish: ForecastWish; log: Log; kinds: readonly ResourceKind[] },
): Promise<Forecast> {
  const { wish, log, kinds } = about;
  const { interrupted: signal } = call.environment;
  const failed = new Set(review.applications.filter(({ change }) => change === 'failed').map(({ application }) => keyText(application)));
  const clusters = new Map<string, ReviewedApplication[]>();
  // Of what could not be planned nothing is applied.
  for (const one of applications.filter(({ application }) => !failed.has(keyText(application))))
    clusters.set(one.found.cluster, [...(clusters.get(one.found.cluster) ?? []), one]);
  const told: Forecast[] = [];
  for (const [cluster, members] of [...clusters].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // A live cluster is the one that a repository for several speaks of without a name.
    const seen = cluster === '' || clusters.size === 1 ? around : undefined;
    const request = {
      ...(nodes.length === 0 ? {} : { nodes: nodesFrom(nodes) }),
      ...(seen === undefined ? {} : aroundRequest(seen, wish)),
      ...wish,
      surroundings: [...definitions, ...surroundings],
      startMs: simulatedStartMs,
      random: seededRandom(1),
      log,
      kinds,
      signal,
    };
    told.push(await forecast({ ...request, applications: members.map(forecastApplication) }));
  }
  return withoutFailed(joined(told), failed);
}

/** On other nodes than its own, its pods are nowhere. */
function aroundRequest(around: Around, { nodes: other }: ForecastWish): Pick<ForecastRequest, 'nodes' | 'around'> {
  const { nodes, ...rest } = around;
  if (other === undefined) return { nodes, around: rest };
  const left = 'pods of the live cluster are left out: other nodes than its own were named';
  return { nodes: other, around: { ...rest, pods: [], placed: new Map(), notes: [...rest.notes, left] } };
}

function withoutFailed(forecast: Forecast, failed: ReadonlySet<string>): Forecast {
  if (failed.size === 0) return forecast;
  const left = `${[...failed].sort().join(', ')} ${failed.size === 1 ? 'stays' : 'stay'} as at the base: what cannot be planned is not applied`;
  return { ...forecast, assumptions: [...forecast.assumptions, left] };
}

function forecastApplication({ application, found, base, head }: ReviewedApplication): ForecastApplication {
  return {
    application,
    namespace: found.namespace,
    base: base.items.map(({ manifest }) => manifest),
    head: head.items.map(({ manifest }) => manifest),
    dependsOn: found.dependsOn,
    prune: found.prune,
  };
}

/** What the live cluster has around the applications that were reviewed. */
export function aroundOf(cluster: Connection, { applications }: Reviewed): Promise<Around> {
  const brought = applications.flatMap(({ base, head }) => [...base.items, ...head.items].map(({ object }) => object));
  return readAround(cluster, brought);
}
