/** What a kind is called, as far as it must not be called like another of its group. */
export interface Names {
  readonly plural: string;
  readonly kind: string;
  readonly singular?: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}
/** Which names a definition gets, and why not all that it asks for. */
export interface NamesVerdict {
  readonly accepted: Names;
  /** The last name that somebody else has. */
  readonly conflict?: { readonly reason: string; readonly message: string };
}

const none: Names = { plural: '', kind: '' };

/** All names with those that follow from others filled in. */
export function wholeNames(names: Names): Names {
  return { ...names, singular: names.singular || names.kind.toLowerCase(), listKind: names.listKind || `${names.kind}List` };
}

/**
 * Gives a definition the names that are free or were its own before; for the others it keeps what it had. Resources (plural, singular,
 * short names) and kinds (kind, listKind) are told apart (apiextensions-apiserver v1.35, status/naming_controller.go).
 */
export function acceptNames(wanted: Names, had: Names | undefined, others: readonly Names[]): NamesVerdict {
  const before = had ?? none;
  const resources = new Set(others.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular ?? '', ...shortNames]));
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind ?? '']));
  const accepted: { -readonly [Field in keyof Names]: Names[Field] } = { ...before };
  let conflict: NamesVerdict['conflict'];
  const take = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>): void => {
    const name = wanted[field] ?? '';
    if (name === (before[field] ?? '') || !used.has(name)) accepted[field] = name;
    else conflict = { reason: `${field.charAt(0).toUpperCase()}${field.slice(1)}Conflict`, message: `"${name}" is already in use` };
  };
  take('plural', resources);
  take('singular', resources);
  const taken = (wanted.shortNames ?? []).filter((name) => !before.shortNames?.includes(name) && resources.has(name));
  if (taken.length === 0) setList(accepted, 'shortNames', wanted.shortNames);
  else conflict = { reason: 'ShortNamesConflict', message: listText(taken.map((name) => `"${name}" is already in use`)) };
  take('kind', kinds);
  take('listKind', kinds);
  setList(accepted, 'categories', wanted.categories);
  return conflict === undefined ? { accepted } : { accepted, conflict };
}
function setList(
  names: { shortNames?: readonly string[]; categories?: readonly string[] },
  field: 'shortNames' | 'categories',
  list: readonly string[] | undefined,
): void {
  if (list === undefined || list.length === 0) delete names[field];
  else names[field] = list;
}
/** Several problems as Go's aggregate of errors prints them. */
function listText(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
}
