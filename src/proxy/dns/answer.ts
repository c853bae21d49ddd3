import type { Answer } from 'dns-packet';
import type { Forwarder } from './forwarder.ts';
import { answersOf, readQuery, writeReply, type Query, type Reply } from './message.ts';
import { lookUp, soa, type Found, type Zone } from './zone.ts';

/** Names that lead to names: so many steps are followed. */
const mostSteps = 8;

/** The answer to a message; undefined for what deserves none. Never rejects. */
export async function answerMessage(
  message: Buffer,
  by: 'UDP' | 'TCP',
  with_: { readonly zone: Zone; readonly forwarder: Forwarder },
): Promise<Buffer | undefined> {
  const query = readQuery(message);
  if (query === undefined || 'answer' in query) return query?.answer;
  const mostBytes = by === 'UDP' ? query.datagramBytes : 65_535;
  const { zone, forwarder } = with_;
  const recursion = forwarder.any;
  const found = lookUp(zone, query.name, query.type);
  if (found !== undefined) return writeReply(query, await ownReply(query, found, with_), mostBytes);
  if (!recursion || !query.recursionDesired) return writeReply(query, { rcode: 'REFUSED', recursion }, mostBytes);
  return (await forwarder.forward(message, by)) ?? writeReply(query, { rcode: 'SERVFAIL', recursion }, mostBytes);
}

async function ownReply(query: Query, found: Found, with_: { readonly zone: Zone; readonly forwarder: Forwarder }): Promise<Reply> {
  const { zone, forwarder } = with_;
  const answers: Answer[] = [...found.answers];
  let { target } = found;
  for (let step = 0; target !== undefined && step < mostSteps; step++) {
    const next: Found | undefined = lookUp(zone, target, query.type);
    if (next === undefined) {
      answers.push(...(await fromOthers(forwarder, target, query.type)));
      break;
    }
    answers.push(...next.answers);
    target = next.target;
  }
  return {
    rcode: found.rcode,
    answers,
    additionals: found.additionals,
    authorities: answers.length === 0 ? [soa(zone)] : [],
    authoritative: true,
    recursion: forwarder.any,
  };
}

/** What is not known is left to the one who asks: the name itself is answered. */
async function fromOthers(forwarder: Forwarder, name: string, type: string): Promise<readonly Answer[]> {
  if (!forwarder.any) return [];
  const answer = await forwarder.query(name, type);
  return answer === undefined ? [] : (answersOf(answer) ?? []);
}
