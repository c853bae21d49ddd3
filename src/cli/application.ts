import { Application, ApplicationRevision } from '../api/kinds.generated.ts';
import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import type { Cluster } from '../client/cluster.ts';
import { uuid } from '../base/random.ts';
import { timestamp } from '../base/clock.ts';
import { printable } from '../report/wording.ts';
import { text, type Call } from './command.ts';
import { ExitWith, say } from './output.ts';
import type { Session } from './session.ts';

/**
 * The application that a command means: by name (`name` or `namespace/name`), or the only one there is.
 * @throws Error that lists what there is
 */
export async function pickApplication(session: Session, given: string | undefined, call: Call): Promise<Readonly<Application>> {
  const items = await declaredApplications(session);
  const namespace = text(call, 'namespace');
  const matches = items.filter((one) => matchesName(keyOf(one), given, namespace));
  const [first, second] = matches;
  if (first !== undefined && second === undefined) return first;
  if (items.length === 0) throw new Error(nothingYet(session));
  const list = (first === undefined ? items : matches).map((one) => `  ${keyText(keyOf(one))}`).join('\n');
  if (first === undefined)
    throw new Error(
      `there is no application ${given ?? ''}${namespace === undefined ? '' : ` in namespace ${namespace}`}; there are:\n${list}`,
    );
  throw new Error(`there are ${matches.length} applications: say which one is meant:\n${list}`);
}

/** A `steer up` answers a moment before it has declared its Application: one that has just started is given that moment. */
const startingMs = 15_000;
const patienceMs = 5_000;

/** All of them. Right after the start of a `steer up` they are waited for, shortly. */
export async function declaredApplications(session: Session): Promise<readonly Readonly<Application>[]> {
  const { clock } = session.environment;
  const until = clock.now() + patienceMs;
  for (;;) {
    const { items } = await session.cluster.list(Application);
    if (items.length > 0 || !isStarting(session) || clock.now() >= until) return items;
    await clock.sleep(100, { signal: session.environment.interrupted });
  }
}

function isStarting({ running, environment }: Session): boolean {
  return running.startedAt !== undefined && environment.clock.now() - running.startedAt < startingMs;
}
function nothingYet(session: Session): string {
  const name = session.running.application?.name;
  if (!isStarting(session) || name === undefined) return 'this cluster has no Application: `steer up REPO` makes one';
  return `no application yet: this \`steer up\` has just started and is about to declare ${name}; ask again in a moment`;
}

/** The Application once `done` holds, looked at several times a second; as it is after `limitMs` where it does not. */
export async function lookUntil(
  session: Session,
  key: ObjectKey,
  done: (live: Readonly<Application>) => boolean,
  limitMs: number,
): Promise<Readonly<Application>> {
  const { clock, interrupted } = session.environment;
  const until = clock.now() + limitMs;
  for (;;) {
    const live = await session.cluster.get(Application, key);
    if (done(live) || clock.now() >= until) return live;
    await clock.sleep(200, { signal: interrupted });
  }
}

function matchesName(key: ObjectKey, given: string | undefined, namespace: string | undefined): boolean {
  if (namespace !== undefined && key.namespace !== namespace) return false;
  return given === undefined || key.name === given || keyText(key) === given;
}

/** The history of an application, newest first. */
export async function revisionsOf(cluster: Cluster, application: Readonly<Application>): Promise<readonly Readonly<ApplicationRevision>[]> {
  const { namespace, name } = keyOf(application);
  const { items } = await cluster.list(ApplicationRevision, { namespace });
  return items.filter((one) => one.spec.application === name).sort((a, b) => b.spec.number - a.spec.number);
}

/** What the command line asks of the controller, as the annotation `steersman.dev/request` holds it. */
export interface Request {
  readonly action: 'apply' | 'rollback' | 'resume' | 'sync';
  readonly commit?: string;
  readonly planId?: string;
  readonly to?: number;
  /** Of an apply: digests of the steps that change something, by `refText`. */
  readonly steps?: Readonly<Record<string, string>>;
}

/**
 * Hands a request to the controller and waits for its answer, printing each new message.
 * @throws ExitWith 1 when it was refused or has failed, after saying why
 */
export async function ask(session: Session, application: Readonly<Application>, request: Request): Promise<Readonly<Application>> {
  const { environment } = session;
  const id = uuid(environment.random);
  const body = JSON.stringify({ id, ...request, by: environment.variables['USER'] ?? 'unknown', at: timestamp(environment.clock) });
  await session.cluster.patch(Application, keyOf(application), { metadata: { annotations: { 'steersman.dev/request': body } } });
  let said = '';
  return watchApplication(session, keyOf(application), (live) => {
    const { operation } = live.status ?? {};
    if (operation?.id !== id) return false;
    const line = operation.message ?? operation.phase;
    if (line !== said) say(environment, printable((said = line)));
    if (operation.phase === 'Failed' || operation.phase === 'Refused') throw new ExitWith(1);
    return operation.phase === 'Succeeded' || operation.phase === 'Superseded';
  });
}

/** Follows one Application until `done` holds; also ends, with the reason, when the command is interrupted. */
export function watchApplication(
  session: Session,
  key: ObjectKey,
  done: (live: Readonly<Application>) => boolean,
): Promise<Readonly<Application>> {
  return watchApplicationOf({ cluster: session.cluster, signal: session.environment.interrupted }, key, done);
}

/** Follows one Application until `done` holds. Rejects with the signal's reason on abort. @throws Error when it is deleted */
export async function watchApplicationOf(
  from: { readonly cluster: Cluster; readonly signal: AbortSignal },
  key: ObjectKey,
  done: (live: Readonly<Application>) => boolean,
): Promise<Readonly<Application>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, from.signal]);
  const options = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, signal };
  try {
    for (;;) {
      const { items, resourceVersion } = await from.cluster.list(Application, options);
      const [live] = items;
      if (live === undefined) throw new Error(`the application ${keyText(key)} is gone`);
      if (done(live)) return live;
      for await (const event of from.cluster.watch(Application, resourceVersion, options)) {
        if (event.type === 'DELETED') throw new Error(`the application ${keyText(key)} is gone`);
        if (event.type !== 'BOOKMARK' && done(event.object)) return event.object;
      }
      signal.throwIfAborted();
    }
  } finally {
    stop.abort(new Error('seen enough'));
  }
}
