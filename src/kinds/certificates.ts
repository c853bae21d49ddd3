import { X509Certificate } from 'node:crypto';

interface Block {
  readonly type: string;
  readonly headers: boolean;
  readonly text: string;
}
function blocksOf(pem: string): Block[] {
  return [...pem.matchAll(/-----BEGIN ([^-\n]+)-----\r?\n([\s\S]*?)-----END \1-----/g)].map(([text, type = '', body = '']) => ({
    type,
    headers: /^[^\n:]+: /.test(body),
    text,
  }));
}

/** Why a text is no request for a certificate; undefined when it is one (kubernetes v1.35, ParseCSR). The signature is not checked. */
export function requestFault(pem: string): string | undefined {
  const [block] = blocksOf(pem);
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  const der = Buffer.from(block.text.replace(/-----[^-]+-----/g, ''), 'base64');
  // A sequence whose length is that of all bytes.
  return isWholeSequence(der) ? undefined : 'asn1: structure error: malformed certificate request';
}
function isWholeSequence(der: Buffer): boolean {
  if (der[0] !== 0x30) return false;
  const first = der[1] ?? 0;
  if (first < 0x80) return der.length === 2 + first;
  const count = first & 0x7f;
  return count > 0 && count <= 4 && der.length === 2 + count + der.readUIntBE(2, count);
}

/** Why a text is no chain of certificates; undefined when it is one, or empty (validateCertificate). */
export function certificateFault(pem: string): string | undefined {
  if (pem === '') return undefined;
  const blocks = blocksOf(pem);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, headers, text } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return 'no PEM block headers are permitted';
    try {
      new X509Certificate(text);
    } catch {
      // Not a certificate; what Node says of it differs from what Go says.
      return 'x509: malformed certificate';
    }
  }
  return undefined;
}
