import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseTime, type Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { issueCertificate, type Issue, type KeyPair } from './issue-certificate.ts';
import { makePrivateFolder, readIfThere, writePrivate } from './private-files.ts';

/** All that the listening socket and the administrator need. */
export interface Certificates {
  /** PEM of the authority. */
  readonly authority: string;
  readonly server: KeyPair;
  /** Group `system:masters`. */
  readonly admin: KeyPair;
}
export interface CertificateOptions {
  /** Where they are kept; absent: in memory only. */
  readonly folder?: string;
  /** Names and addresses by which the server is reached, beside localhost and the names inside the cluster: also its cluster address. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const dayMs = 86_400_000;
/** So long before its end a certificate is replaced. */
export const renewBeforeMs = 30 * dayMs;
const authorityDays = 3650;
const leafDays = 365;
const clusterNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];
const ownAddresses = ['127.0.0.1', '::1'];

/**
 * The certificates of a control plane: those that are kept, as far as they are good for 30 days more and name all `hosts`, else new
 * ones. A new authority makes everything new.
 */
export async function openCertificates(options: CertificateOptions): Promise<Certificates> {
  const { clock } = options;
  if (options.folder !== undefined) await clock.outside(makePrivateFolder(options.folder));
  const authority = await keep(options, 'ca', {
    days: authorityDays,
    subject: { commonName: 'steersman-ca' },
    use: { as: 'authority' },
  });
  const names = [...new Set([...clusterNames, ...options.hosts.filter((host) => isIP(host) === 0)])];
  const addresses = [...new Set([...ownAddresses, ...options.hosts.filter((host) => isIP(host) !== 0)])];
  const server = await keep(options, 'server', {
    days: leafDays,
    subject: { commonName: 'kube-apiserver' },
    use: { as: 'server', names, addresses },
    issuer: authority,
  });
  const admin = await keep(options, 'admin', {
    days: leafDays,
    subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    use: { as: 'client' },
    issuer: authority,
  });
  return { authority: authority.certificate, server, admin };
}

async function keep(options: CertificateOptions, name: string, wanted: Omit<Issue, 'clock' | 'random'>): Promise<KeyPair> {
  const { folder, clock, random, log } = options;
  const kept = folder === undefined ? undefined : await clock.outside(read(folder, name));
  const flaw = kept === undefined ? 'there is none' : flawOf(kept, wanted, clock.now());
  if (kept !== undefined && flaw === undefined) return kept;
  const made = await clock.outside(issueCertificate({ ...wanted, clock, random }));
  if (kept !== undefined) log.info('a certificate has been replaced', { certificate: name, why: flaw });
  if (folder !== undefined) await clock.outside(write(folder, name, made));
  return made;
}

/** Why a kept pair is of no more use; undefined when it is good. */
function flawOf(pair: KeyPair, wanted: Omit<Issue, 'clock' | 'random'>, now: number): string | undefined {
  const certificate = new X509Certificate(pair.certificate);
  const end = parseTime(certificate.validTo);
  if (end === undefined || end - now < renewBeforeMs) return `it ends ${certificate.validTo}`;
  if (wanted.issuer !== undefined) {
    const issuer = new X509Certificate(wanted.issuer.certificate);
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return 'another authority signed it';
  }
  if (wanted.use.as !== 'server') return undefined;
  const missing = [
    ...wanted.use.names.filter((host) => certificate.checkHost(host) === undefined),
    ...wanted.use.addresses.filter((address) => certificate.checkIP(address) === undefined),
  ];
  return missing.length === 0 ? undefined : `it does not name ${missing.join(', ')}`;
}

async function read(folder: string, name: string): Promise<KeyPair | undefined> {
  const certificate = await readIfThere(join(folder, `${name}.crt`));
  const key = await readIfThere(join(folder, `${name}.key`));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** The key first: a certificate without its key counts as none. */
async function write(folder: string, name: string, pair: KeyPair): Promise<void> {
  await writePrivate(join(folder, `${name}.key`), pair.key);
  await writePrivate(join(folder, `${name}.crt`), pair.certificate, 0o644);
}
