/**
 * An object as somebody may have sent it: of the right types, yet any field may be missing, also one that the schema requires, and a
 * text may be none of those that it may be. Rules of kinds that are `complete` take these, since they say what is required.
 */
export type Sent<T> = unknown extends T
  ? T
  : T extends string
    ? string
    : T extends number | boolean
      ? T
      : T extends readonly (infer Item)[]
        ? Sent<Item>[]
        : string extends keyof T
          ? { [key: string]: Sent<T[keyof T]> }
          : { [Field in keyof T]?: Sent<Exclude<T[Field], undefined>> | undefined };
