import { gunzipSync } from 'node:zlib';

/** One file of a package. */
export interface PackedFile {
  /** Inside the package's only folder. */
  readonly path: string;
  readonly content: Uint8Array;
}
const block = 512;

/**
 * The ordinary files of a gzipped tar with one folder at its top, as charts are packed. Links, devices and names that lead out are left
 * out. @throws Error for what is no such package, or over a limit
 */
export function unpacked(bytes: Uint8Array, limits: { readonly bytes: number; readonly files: number }): PackedFile[] {
  const tar = plain(bytes, limits.bytes);
  const out = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + block <= tar.length;) {
    const header = tar.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) break;
    const size = sizeIn(header);
    if (size === undefined || at + block + size > tar.length) throw new Error('it is no tar, or was cut short');
    const content = tar.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') longName = textIn(content);
    else if (type === 'x') longName = pathInRecords(content.toString('utf8')) ?? longName;
    else {
      const path = insideOf(longName ?? nameIn(header));
      longName = type === 'g' ? longName : undefined;
      if (isOrdinary(type) && path !== undefined) out.set(path, content);
    }
    if (out.size > limits.files) throw new Error(`it holds more than ${limits.files} files`);
  }
  return [...out].map(([path, content]) => ({ path, content }));
}

function plain(bytes: Uint8Array, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    throw new Error('it is no gzipped package, or larger than a chart may be', { cause: error });
  }
}
function textIn(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replace(/\0.*$/s, '');
}
function isOrdinary(type: string): boolean {
  return type === '0' || type === '\0';
}
/** POSIX ustar: a prefix stands in a field of its own. */
function nameIn(header: Buffer): string {
  const [name, prefix] = [textIn(header.subarray(0, 100)), textIn(header.subarray(345, 500))];
  return header.subarray(257, 262).toString('latin1') === 'ustar' && prefix !== '' ? `${prefix}/${name}` : name;
}
function sizeIn(header: Buffer): number | undefined {
  const text = textIn(header.subarray(124, 136)).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
/** `27 path=chart/templates/x.yaml` of an extended header. */
function pathInRecords(text: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}
/** Without the folder at the top; undefined for what leads out. */
function insideOf(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\\') || parts.length < 2) return undefined;
  return parts.slice(1).join('/');
}
