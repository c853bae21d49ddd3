import { BlockList, isIP } from 'node:net';

/** Ranges that no Service may lead to, whoever says so: they mean another machine to each reader, or many, or none. */
const never: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
];
const loopback: readonly (readonly [address: string, bits: number])[] = [
  ['127.0.0.0', 8],
  ['::1', 128],
];

/** A test for addresses; an IPv6 address that stands for an IPv4 one (`::ffff:127.0.0.1`) counts as that. */
export type AddressTest = (address: string) => boolean;

/** Answers for addresses in one of `ranges`, such as `10.0.0.0/8`; texts that are no range hold nobody. */
export function withinRanges(ranges: readonly string[]): AddressTest {
  const parsed = ranges.flatMap((range) => {
    const [address = '', bits = ''] = range.trim().split('/');
    const family = isIP(address);
    const good = family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
    return good ? [[address, Number(bits)] as const] : [];
  });
  return within(parsed);
}

function within(ranges: readonly (readonly [address: string, bits: number])[]): AddressTest {
  const list = new BlockList();
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

export const isLoopback: AddressTest = within(loopback);
const isNever: AddressTest = within(never);

/**
 * Whether a Service may lead to an address: no unspecified, link-local or multicast ones, as upstream's validation has it
 * (ValidateEndpointIP), and loopback ones only from those who are trusted with this machine's own ports.
 */
export function mayBeServed(address: string, options: { readonly loopback: boolean }): boolean {
  if (isIP(address) === 0 || isNever(address)) return false;
  return options.loopback || !isLoopback(address);
}
