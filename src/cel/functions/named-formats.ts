import { overload, type Overload } from '../declare.ts';
import { Optional, type Opaque } from '../value.ts';

/** Says what is wrong with a text; nothing when it is right. */
export type FormatCheck = (text: string) => readonly string[];

class NamedFormat implements Opaque {
  readonly opaque = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly check: FormatCheck;
  constructor(name: string, check: FormatCheck) {
    this.name = name;
    this.check = check;
  }
  equals(other: Opaque): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

/** `format.dns1123Label().validate(text)` and its siblings, for the formats that are handed in. */
export function namedFormats(formats: Readonly<Record<string, FormatCheck>>): readonly Overload[] {
  const made = new Map(Object.entries(formats).map(([name, check]) => [name, new NamedFormat(name, check)]));
  return [
    ...[...made].map(([name, format]) => overload(`format::${name}(): format`, () => format)),
    overload('format::named(string): optional<format>', (name: string) => new Optional(made.get(name))),
    overload(
      'format.validate(string): optional<list<string>>',
      ({ check }: NamedFormat, text: string) => {
        const wrong = check(text);
        return new Optional(wrong.length === 0 ? undefined : wrong);
      },
      'argument',
    ),
  ];
}
