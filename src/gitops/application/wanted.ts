import type { Application, ApplicationRevision, Secret as SecretObject } from '../../api/kinds.generated.ts';
import { Secret } from '../../api/kinds.generated.ts';
import { errorText } from '../../base/log.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Cluster } from '../../client/cluster.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { desiredOf, type DesiredSet } from '../desired.ts';
import { manifestsOf } from '../history.ts';
import { kindLookup, renderArtifact, type Reading } from '../reading.ts';
import { fingerprintOf, type RenderWish } from '../renderers/index.ts';
import type { Artifact, SourceCredentials, SourceSpec } from '../source.ts';
import type { Settings } from './settings.ts';
import type { Tracked } from './tracked.ts';

/** What should be there, and where that comes from. */
export interface Wanted {
  readonly set: DesiredSet;
  readonly notes: readonly string[];
  readonly commit: string;
  readonly revision: string;
  readonly author: string;
  readonly subject: string;
  readonly committedAt: string;
  /** Of a folder: for how long it had been still when it was read. */
  readonly stillMs?: number;
  /** The stored revision that it was taken from. */
  readonly number?: number;
}
/** What the source asks for now. @throws ReconcileError with the reason that the Application shows */
export async function wantedNow(reading: Reading, tracked: Tracked, settings: Settings, spec: SourceSpec): Promise<Wanted> {
  if (tracked.artifact === undefined || tracked.sourceChanged) {
    tracked.sourceChanged = false;
    try {
      tracked.artifact = await reading.sources.resolve(spec, reading.signal);
    } catch (error) {
      tracked.sourceChanged = true;
      throw error;
    }
  }
  return wantedFrom(reading, tracked, settings, tracked.artifact);
}

/** What one commit asks for. @throws ReconcileError RevisionNotFound when the source does not have it any more */
export async function wantedAt(reading: Reading, tracked: Tracked, settings: Settings, commit: string): Promise<Wanted> {
  const artifact = await reading.sources.at(settings.source, commit, reading.signal);
  return wantedFrom(reading, { ...tracked, rendered: undefined }, settings, artifact);
}

async function wantedFrom(reading: Reading, tracked: Tracked, settings: Settings, artifact: Artifact): Promise<Wanted> {
  const { path } = settings.source;
  const fingerprint = await fingerprintOf(reading.renderers, artifact, wishOf(settings));
  const key = canonicalJson([fingerprint, path, settings.namespace, settings.unserved]);
  let rendered = tracked.rendered;
  if (rendered?.key !== key || rendered.set.items.some((item) => item.served !== 'yes')) {
    rendered = { key, ...(await render(reading, artifact, settings)) };
    tracked.rendered = rendered;
  }
  const { revision, commit, author, subject, committedAt, stillMs } = artifact;
  const base = { set: rendered.set, notes: rendered.notes, revision, commit, author, subject, committedAt };
  return stillMs === undefined ? base : { ...base, stillMs };
}

async function render(reading: Reading, artifact: Artifact, settings: Settings): Promise<{ set: DesiredSet; notes: readonly string[] }> {
  const { namespace, unserved } = settings;
  const { manifests, notes } = await renderArtifact(reading, artifact, { ...wishOf(settings), unserved });
  return { set: await desiredOf(manifests, { namespace, kindOf: kindLookup(reading.cluster) }), notes };
}

function wishOf({ name, namespace, source, render: settings }: Settings): RenderWish {
  return { path: source.path, name, namespace, settings };
}

/** What a stored revision asks for. @throws Error when its manifests are gone */
export async function wantedOf(
  cluster: Cluster,
  store: Cluster,
  revision: Readonly<ApplicationRevision>,
  { tracked, namespace }: { tracked: Tracked; namespace: string },
): Promise<Wanted> {
  const manifests = await manifestsOf(store, revision, tracked.chunks);
  const set = await desiredOf(manifests, { namespace, kindOf: kindLookup(cluster) });
  const { commit, revision: name = commit, author = '', subject = '', committedAt = '', number } = revision.spec;
  return { set, notes: [], commit, revision: name, author, subject, committedAt, number };
}

/** The source with its credentials read. @throws ReconcileError AuthenticationFailed when the Secret is not there */
export async function sourceSpecOf(store: Cluster, application: Readonly<Application>, settings: Settings): Promise<SourceSpec> {
  if (settings.credentials === undefined) return settings.source;
  const namespace = application.metadata.namespace ?? '';
  try {
    const secret = await store.get(Secret, { namespace, name: settings.credentials });
    return { ...settings.source, credentials: credentialsOf(secret) };
  } catch (error) {
    const message = `spec.source.credentials: Secret ${namespace}/${settings.credentials}: ${errorText(error)}`;
    throw new ReconcileError('AuthenticationFailed', message, { cause: error });
  }
}

function credentialsOf(secret: Readonly<SecretObject>): SourceCredentials {
  const text = (key: string): string | undefined => {
    const value = secret.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
  };
  const found = {
    token: text('token') ?? text('password'),
    username: text('username'),
    sshKey: text('identity') ?? text('ssh-privatekey'),
    knownHosts: text('known_hosts'),
  };
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  if (Object.keys(known).length > 0) return known;
  const keys = Object.keys(secret.data ?? {}).sort();
  throw new Error(
    `none of its keys (${keys.join(', ')}) is known: it needs username and password, token, or identity with known_hosts; client certificates are not supported yet`,
  );
}
