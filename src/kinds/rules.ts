import type { KubeObject } from '../api/object.ts';
import type { Schema } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import type { Strategy } from './kind.ts';
import { metadataErrors } from './metadata.ts';
import { dnsSubdomain, type NameRule } from './names.ts';

/** What a file of strategies/ says about one kind: a Strategy, and facts that are no part of its schema. */
export interface KindRules<T extends KubeObject = KubeObject> extends Strategy<T> {
  /** Default: a DNS subdomain. */
  readonly nameRule?: NameRule;
  /** Fields that a field selector may name, beside metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Does a PUT without resourceVersion overwrite? Default: yes. */
  readonly unconditionalUpdate?: boolean;
  /** Told with every answer: the version is deprecated. */
  readonly deprecation?: string;
  /** Does a PUT of what is not there make it? Default: no. */
  readonly createOnUpdate?: true;
}

/** Forgets which kind the rules are for, so that rules of many kinds fit in one list: each is only ever called with its own kind. */
export function anyKind<T extends KubeObject>(rules: KindRules<T>): KindRules {
  return rules as unknown as KindRules;
}

/**
 * The rules as the API server calls them: metadata is checked before all else, and objects whose types are wrong pass defaults and
 * preparation unharmed, since only the validation that follows tells what is wrong with them.
 */
export function strategyOf(rules: KindRules, schema: () => Schema): Strategy {
  const meta = { namespaced: rules.kind.namespaced, name: rules.nameRule ?? dnsSubdomain };
  const unharmed = (object: KubeObject, work: () => void): void => {
    try {
      work();
    } catch (error) {
      // A text where a list should be: rules stumble over it, and the schema refuses it.
      if (!(error instanceof TypeError) || validate(schema(), object).length === 0) throw error;
    }
  };
  return {
    ...rules,
    defaults: (object) => unharmed(object, () => rules.defaults?.(object)),
    prepare: (object, old, subresource) => unharmed(object, () => rules.prepare?.(object, old, subresource)),
    validate: (object, old, subresource) => {
      const errors = metadataErrors(object, old, meta);
      const own = rules.validate?.(object, old, subresource);
      return own === undefined || own.length === 0 ? errors : [...errors, ...own];
    },
  };
}
