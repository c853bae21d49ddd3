import { pathText } from './unknown.ts';

/** A member that a text names again. */
export interface Duplicate {
  /** `spec.replicas`. */
  readonly path: string;
  readonly name: string;
  /** Where it is named again, from 1. */
  readonly line: number;
}
/** What is told of a JSON text in which members are named again. */
export interface Repeated {
  /** In order. */
  readonly duplicates: readonly Duplicate[];
  /** The paths of all members, those that are named again too, in order. */
  readonly members: readonly string[];
}

/** An object or list that is open while a text is read. */
interface Open {
  /** Names seen; absent for a list. */
  readonly names?: Set<string>;
  step: string | number;
}

/** The members that a JSON text names again. The text is taken to be JSON. */
export function duplicateMembers(text: string): Repeated {
  const duplicates: Duplicate[] = [];
  const members: string[] = [];
  const open: Open[] = [];
  // Strings with the colon that makes them names, and the signs that open, close and part.
  for (const match of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}[\],]/g)) {
    const [token, string, colon] = match;
    const at = open[open.length - 1];
    if (string !== undefined) {
      if (colon === undefined || at === undefined) continue;
      const name = JSON.parse(string) as string;
      at.step = name;
      const path = pathText(open.map(({ step }) => step));
      members.push(path);
      if (at.names?.has(name)) duplicates.push({ path, name, line: lineAt(text, match.index) });
      at.names?.add(name);
    } else if (token === '{') open.push({ names: new Set(), step: '' });
    else if (token === '[') open.push({ step: 0 });
    else if (token === ',') {
      if (at !== undefined && typeof at.step === 'number') at.step += 1;
    } else open.pop();
  }
  return { duplicates, members };
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
