import type { Extension } from '@peculiar/x509';
import { dateAt, type Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

/** PEM texts; the key is PKCS #8. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}
export interface Issue {
  readonly clock: Clock;
  readonly random: Random;
  readonly days: number;
  readonly subject: { readonly commonName: string; readonly organizations?: readonly string[] };
  readonly use:
    | { readonly as: 'authority' }
    | { readonly as: 'server'; readonly names: readonly string[]; readonly addresses: readonly string[] }
    | { readonly as: 'client' };
  /** Absent for an authority: it signs itself. */
  readonly issuer?: KeyPair;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
/** Clocks that are a little behind accept it too. */
const skewMs = 5 * 60_000;

/** Makes a key and a certificate for it (X.509 v3, ECDSA P-256). The library is loaded by the first call only, which takes 0.2 s. */
export async function issueCertificate(issue: Issue): Promise<KeyPair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { subtle } = globalThis.crypto;
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const common = {
    serialNumber: serial(issue.random),
    notBefore: dateAt(issue.clock.now() - skewMs),
    notAfter: dateAt(issue.clock.now() + issue.days * dayMs),
    signingAlgorithm: algorithm,
  };
  const name = subjectName(issue.subject);
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY') + '\n';
  if (issue.issuer === undefined) {
    const extensions = [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ];
    const made = await x509.X509CertificateGenerator.createSelfSigned({ ...common, name, keys, extensions });
    return { certificate: made.toString('pem') + '\n', key };
  }
  const authority = new x509.X509Certificate(issue.issuer.certificate);
  const signingKey = await subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(issue.issuer.key), algorithm, false, ['sign']);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([issue.use.as === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth]),
    await x509.AuthorityKeyIdentifierExtension.create(await authority.publicKey.export()),
  ];
  if (issue.use.as === 'server') {
    const names = issue.use.names.map((value) => ({ type: 'dns' as const, value }));
    const addresses = issue.use.addresses.map((value) => ({ type: 'ip' as const, value }));
    extensions.push(new x509.SubjectAlternativeNameExtension([...names, ...addresses]));
  }
  const subject = { subject: name, issuer: authority.subject, publicKey: keys.publicKey, signingKey };
  const made = await x509.X509CertificateGenerator.create({ ...common, ...subject, extensions });
  return { certificate: made.toString('pem') + '\n', key };
}

function subjectName(subject: Issue['subject']): { [attribute: string]: string[] }[] {
  return [...(subject.organizations ?? []).map((organization) => ({ O: [organization] })), { CN: [subject.commonName] }];
}

/** Positive and not zero at the front, so that its DER form is minimal. */
function serial(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
