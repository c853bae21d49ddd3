import type { CertificateSigningRequest } from '../../api/kinds.generated.ts';
import { isRecord } from '../../base/json.ts';
import type { AdmissionPlugin } from './index.ts';

/** Writes into a request for a certificate who asks, whatever it says itself (kubernetes v1.35, registry/certificates PrepareForCreate). */
export const certificateSubject: AdmissionPlugin = {
  name: 'CertificateSubject',
  mutate: ({ call, operation, object }) => {
    const { group, plural } = call.kind.kind;
    if (operation !== 'create' || group !== 'certificates.k8s.io' || plural !== 'certificatesigningrequests') return;
    const { spec } = object as Partial<CertificateSigningRequest>;
    if (!isRecord(spec)) return;
    const { name, uid, groups, extra } = call.user;
    const asking = spec as CertificateSigningRequest['spec'];
    for (const field of ['uid', 'groups', 'extra'] as const) delete asking[field];
    asking.username = name;
    if (uid !== undefined && uid !== '') asking.uid = uid;
    if (groups.length > 0) asking.groups = [...groups];
    if (extra !== undefined && Object.keys(extra).length > 0) {
      asking.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
    }
  },
};
