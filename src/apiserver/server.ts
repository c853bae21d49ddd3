import { setMaxListeners } from 'node:events';
import type { ApiRequest, ApiResponse, Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { forbidden, internalError, StatusError, unauthorized } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { KindRegistry } from '../kinds/kind.ts';
import { createProtobufDecoder } from '../kinds/protobuf.ts';
import { FutureRevision, StoreClosed, type Store } from '../store/store.ts';
import { choosePlugins, type AdmissionChoice } from './admission/index.ts';
import { errorAnswer, withWarnings } from './answer.ts';
import type { Audit } from './audit.ts';
import { anonymous, bearerOf, isOpen, type Authenticate } from './authentication.ts';
import { askedOf, refusalText, type Authorize } from './authorization.ts';
import { EventLines } from './event-lines.ts';
import { expireEvents } from './event-expiry.ts';
import { followCustomKinds } from './custom-kinds.ts';
import type { Call, ServerContext, User } from './context.ts';
import { ensureDefaults } from './default-objects.ts';
import { createDocuments } from './documents.ts';
import { impersonated, impersonates } from './impersonation.ts';
import { RequestMetrics } from './metrics.ts';
import { createPolicies, followPolicies } from './policies.ts';
import { NodeSummaries } from './node-summaries.ts';
import { QuotaLedger } from './quota/ledger.ts';
import { createAuthorizer } from './rbac/authorizer.ts';
import { bootstrapRbac } from './rbac/bootstrap.ts';
import { followRbac } from './rbac/follow.ts';
import { RbacPolicy } from './rbac/policy.ts';
import { readRequestInfo, type RequestInfo } from './request-info.ts';
import { serveResource } from './routes.ts';
import { apiAudience, ServiceAccountTokens } from './service-account-tokens.ts';
import { ServicePools, type ServiceRanges } from './service-pools.ts';
import { keepServices } from './service-range.ts';
import { WatchHub } from './watch-hub.ts';

export interface ApiServerOptions {
  readonly store: Store<KubeObject>;
  /** Custom kinds are added to it as they are defined. */
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly authenticate: Authenticate;
  /** By default stored roles and bindings decide, and the default ones are made. */
  readonly authorize?: Authorize;
  /** How to ask the agent of a node for logs and the like; same shape, so embedded or over the network. */
  readonly reachNode: (node: string) => Transport;
  readonly log: Log;
  readonly audit?: Audit;
  readonly services?: ServiceRanges;
  readonly admission?: AdmissionChoice;
  /** PEM of the P-256 key that signs the tokens of service accounts; absent: one that lives as long as the process. */
  readonly tokenKey?: string | undefined;
  /** Of Steersman, for /version. */
  readonly version?: string;
}
export interface ApiServer {
  readonly handle: Transport;
  /** Who may do what, as every request is judged. */
  readonly authorize: Authorize;
  /** Settles when the built-in objects are there and every custom kind is served. Until then /readyz says no. */
  readonly ready: Promise<void>;
  /** Ends every watch and refuses what comes after. The store stays open. */
  stop(): void;
}

/** A Kubernetes API server as a function from request to answer. It owns the store: nobody else writes to it. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const stopping = new AbortController();
  // Every watch listens for the end of the server.
  setMaxListeners(0, stopping.signal);
  const server = contextOf(options, stopping.signal);
  const state = { ready: false };
  const metrics = new RequestMetrics();
  const documents = createDocuments(server, { metrics, version: options.version ?? '0.0.0', isReady: () => state.ready });
  const ready = start(server, options).then(() => void (state.ready = true));
  // Whoever waits for `ready` sees the failure; nobody has to.
  ready.catch((error: unknown) => options.log.error('the API server could not start', { error: errorText(error) }));

  const handle: Transport = async (request) => {
    const started = options.clock.now();
    const seen: Seen = { user: anonymous, notes: new Map() };
    let answer: ApiResponse;
    try {
      answer = await serve(request, seen);
    } catch (error) {
      answer = errorAnswer(statusOf(error, options.log), request.wantsObject === true);
    }
    metrics.count(seen.info, answer.status, options.clock.now() - started);
    options.audit?.({ request, answer, started, finished: options.clock.now(), info: undefined, ...seen });
    return answer;
  };

  async function serve(request: ApiRequest, seen: Seen): Promise<ApiResponse> {
    if (stopping.signal.aborted) throw new StatusError(503, 'ServiceUnavailable', 'the API server is shutting down');
    const info = (seen.info = readRequestInfo(request));
    const caller =
      options.authenticate(request) ?? (await accountOf(server, request)) ?? (isOpen(request, info.parts) ? anonymous : undefined);
    if (caller === undefined) throw unauthorized();
    seen.user = caller;
    const user = caller !== anonymous && impersonates(request) ? await impersonated(request, caller, server.authorize) : caller;
    if (user !== caller) seen.impersonated = user;
    if (user !== anonymous) await requireAllowed(server, user, seen);
    if (!info.isResource) return documents(request, info);
    const warnings: string[] = [];
    const { notes } = seen;
    return withWarnings(await serveResource({ server, request, info, user, warnings, notes }), warnings);
  }

  return { handle, authorize: server.authorize, ready, stop: () => stopping.abort() };
}

/** Whose service account's token it comes with. */
async function accountOf({ tokens }: ServerContext, request: ApiRequest): Promise<User | undefined> {
  const token = bearerOf(request);
  if (token === undefined || !ServiceAccountTokens.looksLike(token)) return undefined;
  return (await tokens.authenticate(token))?.user;
}

interface Seen {
  user: User;
  /** As whom it was done, where that is somebody else. */
  impersonated?: User;
  readonly notes: Map<string, string>;
  info?: RequestInfo;
}

function contextOf(options: ApiServerOptions, signal: AbortSignal): ServerContext {
  const { store, kinds, clock, random, log, reachNode } = options;
  const hub = new WatchHub(store, signal);
  const pools = new ServicePools(options.services ?? {}, random);
  const admission = choosePlugins(options.admission);
  const quotas = new QuotaLedger(() => server);
  const policies = createPolicies();
  const rbac = new RbacPolicy();
  const authorize: Authorize = options.authorize ?? ((user, asked) => byRoles(user, asked));
  const tokens = new ServiceAccountTokens({ store, clock, random, key: options.tokenKey });
  const authenticateToken: ServerContext['authenticateToken'] = async (token, audiences) => {
    const known = options.authenticate({ method: 'POST', path: '', query: '', headers: { authorization: `Bearer ${token}` } });
    if (known === undefined) return tokens.authenticate(token, audiences);
    const meant = audiences.length === 0 ? [apiAudience] : audiences.filter((audience) => audience === apiAudience);
    return meant.length === 0 ? undefined : { user: known, audiences: meant };
  };
  const own = { rbac, authorize, tokens, authenticateToken, hub, pools, policies, quotas, lines: new EventLines(), signal, admission };
  const summaries = new NodeSummaries({ reachNode, clock, log });
  const protobuf = createProtobufDecoder();
  const server: ServerContext = { store, kinds, protobuf, clock, random, log, reachNode, summaries, ...own };
  const byRoles = createAuthorizer(server, rbac);
  return server;
}

async function start(server: ServerContext, options: ApiServerOptions): Promise<void> {
  void server.hub.run();
  void expireEvents(server);
  const revision = await keepServices(server);
  const fail = (error: unknown): void => server.log.error('the service addresses are no longer followed', { error: errorText(error) });
  server.hub.subscribe(
    { take: (change) => server.pools.follow(change), fail },
    { resource: 'core/services/', prefix: 'core/services/', from: revision },
  );
  await followPolicies(server, server.policies);
  if (options.authorize === undefined) await bootstrapRbac(server);
  await followRbac(server, server.rbac);
  await server.quotas.open();
  await followCustomKinds(server);
  await ensureDefaults(server);
}

async function requireAllowed({ authorize }: ServerContext, user: User, { info, notes }: Seen): Promise<void> {
  if (info === undefined) return;
  const asked = askedOf(info);
  const deciding = authorize(user, asked);
  const decision = deciding instanceof Promise ? await deciding : deciding;
  notes.set('authorization.k8s.io/decision', decision.allowed ? 'allow' : 'forbid');
  notes.set('authorization.k8s.io/reason', decision.reason);
  if (decision.allowed) return;
  const why = refusalText(user, asked, decision.reason);
  if (!info.isResource) throw new StatusError(403, 'Forbidden', `forbidden: ${why}`);
  throw forbidden({ group: info.group, plural: info.resource }, info.name, why);
}

/** Whatever was thrown, as clients know it. What nobody foresaw is logged. */
function statusOf(error: unknown, log: Log): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StoreClosed) return new StatusError(503, 'ServiceUnavailable', 'the API server is shutting down');
  if (error instanceof FutureRevision) return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${error.message}`);
  log.error('a request failed', { error: errorText(error), stack: error instanceof Error ? (error.stack ?? '') : '' });
  return internalError(errorText(error), error);
}

export type { AdmissionChoice, Call };
