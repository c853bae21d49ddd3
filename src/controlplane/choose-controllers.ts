import type { Controller } from '../reconcile/controller.ts';

/** A choice of controllers that cannot be made. The message names what is wrong. */
export class UnknownController extends Error {
  constructor(name: string, known: readonly string[]) {
    super(`"${name}" is not in the list of known controllers: ${known.join(', ')}`);
    this.name = 'UnknownController';
  }
}

/**
 * The controllers that a list names, as kube-controller-manager's `--controllers`: `*` stands for all, `foo` for the one of that name,
 * `-foo` takes it out; of what is said of one name the first counts, and what is not named is out unless `*` is there. A name may end
 * in `-controller`. @throws UnknownController
 */
export function chooseControllers(choice: readonly string[], all: readonly Controller[]): readonly Controller[] {
  const known = all.map(({ name }) => name);
  const said = new Map<string, boolean>();
  for (const item of choice) {
    if (item === '*') continue;
    const wanted = !item.startsWith('-');
    const name = nameOf(wanted ? item : item.slice(1), known);
    if (!said.has(name)) said.set(name, wanted);
  }
  return all.filter(({ name }) => said.get(name) ?? choice.includes('*'));
}

function nameOf(text: string, known: readonly string[]): string {
  const name = known.find((each) => each === text || `${each}-controller` === text);
  if (name === undefined) throw new UnknownController(text, known);
  return name;
}
