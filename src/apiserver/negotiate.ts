import { notAcceptable } from '../api/status.ts';

/** In which form an answer about objects is given. */
export type Form =
  | { readonly as: 'object'; readonly yaml?: true }
  | { readonly as: 'table'; readonly version: 'v1' | 'v1beta1'; readonly include: TableRows }
  | { readonly as: 'partial'; readonly version: 'v1' | 'v1beta1' };
/** What stands beside the cells of a table's row. */
export type TableRows = 'Metadata' | 'Object' | 'None';

/** One alternative of an Accept header. */
export interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const plain: Form = { as: 'object' };
export const jsonType = 'application/json';
export const yamlType = 'application/yaml';
const offered = [jsonType, yamlType];

/** The alternatives in the order of preference: by q, then as written. */
export function acceptRanges(accept: string): readonly MediaRange[] {
  const ranges = accept.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    if (type === '') return [];
    return [{ type: type.toLowerCase(), parameters: Object.fromEntries(parameters.map(pairOf)) }];
  });
  return ranges
    .map((range, index) => ({ range, index, q: Number(range.parameters['q'] ?? 1) }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q || a.index - b.index)
    .map(({ range }) => range);
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.toLowerCase(), ''] : [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()];
}

/**
 * The first alternative of the Accept header that can be served. Without the header it is JSON.
 * @throws StatusError NotAcceptable when there is none
 */
export function negotiate(accept: string | undefined, include: string | null): Form {
  if (accept === undefined || accept === '' || accept === jsonType || accept === '*/*') return plain;
  for (const range of acceptRanges(accept)) {
    const form = formOf(range, include);
    if (form !== undefined) return form;
  }
  throw notAcceptable(offered);
}

/** As `negotiate`, for answers that have one form only: neither tables nor metadata alone. @throws StatusError NotAcceptable */
export function requireJson(accept: string | undefined): void {
  if (accept === undefined || accept === '' || accept === jsonType || accept === '*/*') return;
  if (!acceptRanges(accept).some((range) => formOf(range, null)?.as === 'object')) throw notAcceptable(offered);
}

function formOf(range: MediaRange, include: string | null): Form | undefined {
  const { as, g, v } = range.parameters;
  if (range.type === '*/*' || range.type === 'application/*') return plain;
  if (range.type === yamlType) return as === undefined ? { as: 'object', yaml: true } : undefined;
  if (range.type !== jsonType) return undefined;
  if (as === undefined) return plain;
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return { as: 'table', version: v, include: rowsOf(include) };
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? { as: 'partial', version: v } : undefined;
}

function rowsOf(include: string | null): TableRows {
  return include === 'Object' || include === 'None' ? include : 'Metadata';
}

/** A name by which encoded forms are kept. */
export function formKey(form: Form): string {
  if (form.as === 'object') return form.yaml ? 'yaml' : 'json';
  return form.as === 'table' ? `table/${form.version}/${form.include}` : `partial/${form.version}`;
}
