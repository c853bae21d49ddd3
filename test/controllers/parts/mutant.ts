import { controllers } from '../../../src/controllers/index.ts';
import type { Cluster } from '../../../src/client/cluster.ts';
import type { Context, Controller, Result } from '../../../src/reconcile/controller.ts';

/** The same with some members replaced; the others still see themselves as `this`. */
export function over<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const member: unknown = target[name as keyof T];
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Every controller, one of them with a context that misleads it. @throws Error when there is none of the name */
export function misled(name: string, mislead: (context: Context) => Partial<Context>): readonly Controller[] {
  if (!controllers.some((one) => one.name === name)) throw new Error(`there is no controller ${name}`);
  return controllers.map((real) =>
    real.name === name ? { ...real, start: (context) => real.start(over(context, mislead(context))) } : real,
  );
}

/** Every controller, one of which forgets at once what it has written: ten minutes pass for it whenever it looks at the clock. */
export function forgetful(name: string): readonly Controller[] {
  return misled(name, ({ clock }) => {
    let skew = 0;
    return { clock: over(clock, { now: () => clock.now() + (skew += 600_000) }) };
  });
}

/** Every controller but one. */
export function without(name: string): readonly Controller[] {
  return controllers.filter((one) => one.name !== name);
}

/** Every controller, one of them with calls of its own. */
export function withCalls(name: string, calls: (real: Cluster) => Partial<Cluster>): readonly Controller[] {
  return misled(name, ({ cluster }) => ({ cluster: over(cluster, calls(cluster)) }));
}

/** Every controller, one of them with other results of its work. */
export function withResults(name: string, change: (result: Result) => Result): readonly Controller[] {
  return controllers.map((real) => {
    if (real.name !== name) return real;
    return {
      ...real,
      start: (context: Context) => {
        const reconcile = real.start(context);
        return async (key, signal) => change(await reconcile(key, signal));
      },
    };
  });
}

/** Every controller, one of which changes nothing any more after so many changes in a life, and does not notice. */
export function exhausted(name: string, most: number): readonly Controller[] {
  return withCalls(name, (real) => {
    let changes = 0;
    return { update: (kind, object, options) => ((changes += 1) > most ? Promise.resolve(object) : real.update(kind, object, options)) };
  });
}
