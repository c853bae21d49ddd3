import type { ScalarTag, Tags } from 'yaml';

const integer = 'tag:yaml.org,2002:int';

/** YAML 1.1 without times and numbers to the base of 60, which stay text, and with `0o17` and `!!binary` as go-yaml reads them. */
export function kubernetesTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => typeof tag === 'string' || !isLeftOut(tag as ScalarTag));
  return [...kept, octal, binary, timestamp];
}
function isLeftOut(tag: ScalarTag): boolean {
  return tag.format === 'TIME' || tag.tag === timestamp.tag || tag.tag === binary.tag;
}

const octal: ScalarTag = {
  identify: () => false,
  default: true,
  tag: integer,
  format: 'OCT',
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => (text.startsWith('-') ? -1 : 1) * parseInt(text.replace(/^[-+]?0o|_/g, ''), 8),
};
/** Only where it is named: a date stays the text that it is. */
const timestamp: ScalarTag = { identify: () => false, default: false, tag: 'tag:yaml.org,2002:timestamp', resolve: (text) => text };
const binary: ScalarTag = {
  identify: () => false,
  default: false,
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text, onError) => {
    const packed = text.replace(/\s/g, '');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(packed))
      onError('this is not base64, which !!binary asks for');
    return Buffer.from(packed, 'base64').toString('utf8');
  },
};
