import type { KubeObject } from '../../api/object.ts';
import { jsonEqual } from '../../base/json.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { refused } from './refusal.ts';

interface RequestShape extends KubeObject {
  readonly spec?: { readonly signerName?: string; readonly request?: string };
  readonly status?: { readonly certificate?: string; readonly conditions?: readonly object[] };
}

const group = 'certificates.k8s.io';
const clientSigner = 'kubernetes.io/kube-apiserver-client';

/** Only who may `approve` for a signer says yes or no to what it is to sign (kubernetes, plugin CertificateApproval). */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  validate: (attempt) => (isAbout(attempt, 'update', 'approval') ? requireSigner(attempt, 'approve') : undefined),
};

/** Only who may `sign` for a signer writes a certificate, or that there will be none (kubernetes, plugin CertificateSigning). */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  validate: (attempt) => {
    if (!isAbout(attempt, 'update', 'status')) return undefined;
    const [now, before] = [(attempt.object as RequestShape).status, (attempt.old as RequestShape).status];
    if (now?.certificate === before?.certificate && jsonEqual(now?.conditions ?? [], before?.conditions ?? [])) return undefined;
    return requireSigner(attempt, 'sign');
  },
};

/** Nobody becomes an administrator by asking for a certificate (kubernetes, plugin CertificateSubjectRestriction). */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate: (attempt) => {
    if (!isAbout(attempt, 'create', '')) return;
    const { spec } = attempt.object as RequestShape;
    if (spec?.signerName !== clientSigner || !namesMasters(spec.request ?? '')) return;
    throw refused(attempt, `use of ${clientSigner} signer with system:masters group is not allowed`);
  },
};

function isAbout({ call, operation, subresource }: Attempt, wanted: Attempt['operation'], part: string): boolean {
  const { kind } = call.kind;
  return operation === wanted && subresource === part && kind.group === group && kind.plural === 'certificatesigningrequests';
}

/** `example.com/box` is one of the signers of `example.com/*`. */
async function requireSigner(attempt: Attempt, verb: string): Promise<void> {
  const { server, user } = attempt.call;
  const signer = (attempt.old as RequestShape).spec?.signerName ?? '';
  for (const name of [signer, `${signer.slice(0, Math.max(0, signer.indexOf('/')))}/*`]) {
    const asked = {
      isResource: true,
      verb,
      path: '',
      group,
      version: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
      fieldSelector: '',
    };
    if ((await server.authorize(user, asked)).allowed) return;
  }
  throw refused(attempt, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
}

/** The organisation attribute (2.5.4.10) with this value, as a request's DER holds it: type, then a string of any sort. */
function namesMasters(request: string): boolean {
  const pem = Buffer.from(request, 'base64').toString('latin1');
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END/.exec(pem)?.[1] ?? '';
  const der = Buffer.from(body.replace(/\s/g, ''), 'base64');
  const value = Buffer.from('system:masters');
  const organization = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x0a]);
  for (let at = der.indexOf(organization); at >= 0; at = der.indexOf(organization, at + 1)) {
    const text = at + organization.length;
    if (der[text + 1] === value.length && der.subarray(text + 2, text + 2 + value.length).equals(value)) return true;
  }
  return false;
}
