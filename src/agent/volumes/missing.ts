/** A handler for a file or folder that may not be there: answers `otherwise` for it, and throws every other error. */
export function missingIs<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  };
}
/** The system's name of an error: `ENOENT`; undefined for errors of another kind. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
