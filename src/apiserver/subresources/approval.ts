import { status } from './status.ts';
import type { Subresource } from './index.ts';

/** Who says yes or no to a CertificateSigningRequest: the conditions of its status, apart from what the signer writes there. */
export const approval: Subresource = { ...status, name: 'approval' };
