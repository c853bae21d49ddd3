import type { ApiRequest, Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import type { ProtobufDecoder } from '../kinds/protobuf.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin } from './admission/index.ts';
import type { NodeSummaries } from './node-summaries.ts';
import type { EventLines } from './event-lines.ts';
import type { Authorize } from './authorization.ts';
import type { Policies } from './policies.ts';
import type { QuotaLedger } from './quota/ledger.ts';
import type { RbacPolicy } from './rbac/policy.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import type { RequestInfo } from './request-info.ts';
import type { ServicePools } from './service-pools.ts';
import type { WatchHub } from './watch-hub.ts';

/** Who calls. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What else the authenticator knows, such as the pod that a token belongs to. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What the parts of one API server share. */
export interface ServerContext {
  readonly store: Store<KubeObject>;
  readonly kinds: KindRegistry;
  readonly protobuf: ProtobufDecoder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hub: WatchHub;
  readonly admission: readonly AdmissionPlugin[];
  readonly pools: ServicePools;
  readonly policies: Policies;
  readonly quotas: QuotaLedger;
  /** What stored roles and bindings say. */
  readonly rbac: RbacPolicy;
  readonly authorize: Authorize;
  readonly tokens: ServiceAccountTokens;
  /** Whose bearer token it is, and which of `audiences` (none: the API server's) it is good for. */
  readonly authenticateToken: (
    token: string,
    audiences: readonly string[],
  ) => Promise<{ readonly user: User; readonly audiences: readonly string[] } | undefined>;
  readonly lines: EventLines;
  readonly reachNode: (node: string) => Transport;
  /** What the nodes measure. */
  readonly summaries: NodeSummaries;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/** One request about a resource, while it is served. */
export interface Call {
  readonly server: ServerContext;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly user: User;
  readonly kind: ResourceKind;
  /** Sent as Warning headers with the answer. */
  readonly warnings: string[];
  /** What the audit log is to say beside: annotations by their key. */
  readonly notes?: Map<string, string>;
}
