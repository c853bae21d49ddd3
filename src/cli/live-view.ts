import { Application, Deployment, Job, Pod } from '../api/kinds.generated.ts';
import { keyOf, keyText, type Kind, type KubeObject } from '../api/object.ts';
import { applicationLabel } from '../gitops/tracking.ts';
import type { Informers } from '../reconcile/informers.ts';
import type { Environment } from './environment.ts';
import { paintFor } from './output.ts';
import { applicationLine, deploymentLine, jobLine, podTrouble } from './progress.ts';
import { printable } from '../report/wording.ts';

/** Shows what is happening until it is disposed. */
export interface LiveView extends Disposable {
  /** A line that stays, above the table where there is one. */
  line(text: string): void;
}

/**
 * On a terminal a compact table that is drawn again at each change; otherwise plain lines, one for each thing that changed.
 * Only what is labelled as an application's own is shown.
 */
export function startLiveView(informers: Informers, environment: Environment): LiveView {
  const paint = paintFor(environment);
  const rows = new Map<string, string>();
  const view = environment.stdout.isTTY ? new Redrawn(environment, rows) : new Lines(environment);
  const subscriptions = [
    follow(informers, Application, (one) => applicationLine(one, paint)),
    follow(informers, Deployment, (one) => (managed(one) ? deploymentLine(one) : undefined)),
    follow(informers, Job, (one) => (managed(one) ? jobLine(one) : undefined)),
    follow(informers, Pod, (one) => podTrouble(one)),
  ];
  function follow<T extends KubeObject>(source: Informers, kind: Kind<T>, text: (object: Readonly<T>) => string | undefined): Disposable {
    return source.informer(kind).onChange((object, previous) => {
      const about = object ?? previous;
      if (about === undefined) return;
      const key = `${kind.kind} ${keyText(keyOf(about))}`;
      const row = object === undefined ? undefined : text(object);
      if (rows.get(key) === row) return;
      if (row === undefined) rows.delete(key);
      else rows.set(key, row);
      view.changed(row);
    });
  }
  return {
    line: (text) => view.line(text),
    [Symbol.dispose]: () => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      view.end();
    },
  };
}

function managed(object: Readonly<KubeObject>): boolean {
  return object.metadata.labels?.[applicationLabel] !== undefined;
}

/** Prints each line that is new. */
class Lines {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  changed(row: string | undefined): void {
    if (row !== undefined) this.line(row);
  }

  line(text: string): void {
    this.#environment.stdout.write(`${text}\n`);
  }

  end(): void {
    // Every line has been printed as it came.
  }
}

/** Keeps a table at the bottom of the terminal; draws at most ten times a second. */
class Redrawn {
  readonly #environment: Environment;
  readonly #rows: ReadonlyMap<string, string>;
  #drawn = 0;
  #due = false;
  #ended = false;

  constructor(environment: Environment, rows: ReadonlyMap<string, string>) {
    this.#environment = environment;
    this.#rows = rows;
  }

  changed(): void {
    this.#later();
  }

  line(text: string): void {
    this.#clear();
    this.#environment.stdout.write(`${text}\n`);
    this.#draw();
  }

  end(): void {
    this.#clear();
    this.#draw();
    this.#ended = true;
  }

  #later(): void {
    if (this.#due || this.#ended) return;
    this.#due = true;
    void this.#environment.clock.sleep(100, { signal: this.#environment.interrupted }).then(
      () => this.#redraw(),
      // Interrupted: the last drawing is made by end().
      () => undefined,
    );
  }

  #redraw(): void {
    this.#due = false;
    if (this.#ended) return;
    this.#clear();
    this.#draw();
  }

  #clear(): void {
    if (this.#drawn > 0) this.#environment.stdout.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const { columns = 120, rows = 40 } = this.#environment.stdout;
    const texts = [...this.#rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    const shown = texts.slice(0, Math.max(1, rows - 3));
    if (texts.length > shown.length) shown.push(`… and ${texts.length - shown.length} more`);
    for (const text of shown) this.#environment.stdout.write(`${cut(text, columns - 1)}\n`);
    this.#drawn = shown.length;
  }
}

/** Cuts a coloured line to a width; colours are closed again. */
function cut(text: string, width: number): string {
  const plain = text.replaceAll(/\u001b\[\d+m/g, '');
  return plain.length <= width ? text : `${printable(plain.slice(0, Math.max(0, width - 1)))}…`;
}
