import { pathText } from './unknown.ts';

/** An object or list that is open while a text is read. */
interface Open {
  /** Names seen; absent for a list. */
  readonly names?: Set<string>;
  step: string | number;
}

/** The paths of members that a JSON text names again, in order: `spec.replicas`. The text is taken to be JSON. */
export function duplicateMembers(text: string): string[] {
  const found: string[] = [];
  const open: Open[] = [];
  // Strings with the colon that makes them names, and the signs that open, close and part.
  for (const [token, string, colon] of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}[\],]/g)) {
    const at = open[open.length - 1];
    if (string !== undefined) {
      if (colon !== undefined && at !== undefined) enter(JSON.parse(string) as string, { at, open, found });
    } else if (token === '{') open.push({ names: new Set(), step: '' });
    else if (token === '[') open.push({ step: 0 });
    else if (token === ',') {
      if (at !== undefined && typeof at.step === 'number') at.step += 1;
    } else open.pop();
  }
  return found;
}

function enter(name: string, { at, open, found }: { at: Open; open: readonly Open[]; found: string[] }): void {
  at.step = name;
  if (at.names?.has(name)) found.push(pathText(open.map(({ step }) => step)));
  at.names?.add(name);
}
