import {
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  AUTHORITATIVE_ANSWER,
  TRUNCATED_RESPONSE,
  type Answer,
  type Packet,
} from 'dns-packet';

/** A question that somebody asked, as far as it can be answered. */
export interface Query {
  readonly id: number;
  /** Without the last dot, in the case in which it was asked; empty for the root. */
  readonly name: string;
  /** `A`, `SRV`, … */
  readonly type: string;
  readonly recursionDesired: boolean;
  /** How large an answer by datagram may be. */
  readonly datagramBytes: number;
  /** It knows of extensions (EDNS). */
  readonly extended: boolean;
}
export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';
const rcodes: Readonly<Record<Rcode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

const headerBytes = 12;
const plainDatagramBytes = 512;
/** More does not come through every network in one piece (DNS flag day 2020). */
const mostDatagramBytes = 1232;

/** A refusal that can be sent, where the question itself cannot be read. */
export interface Unreadable {
  readonly answer: Buffer;
}

/** Reads what came, whatever it is. Undefined: it is not a question, and deserves no answer. Never throws. */
export function readQuery(bytes: Buffer): Query | Unreadable | undefined {
  if (bytes.length < headerBytes || (bytes.readUInt8(2) & 0x80) !== 0) return undefined;
  if ((bytes.readUInt8(2) & 0x78) !== 0) return bare(bytes, 'NOTIMP');
  if (bytes.readUInt16BE(4) !== 1) return bare(bytes, 'FORMERR');
  try {
    return queryOf(bytes, decode(bytes));
  } catch {
    // The library throws on every kind of broken message; which one it is does not matter to the one who sent it.
    return bare(bytes, 'FORMERR');
  }
}

function queryOf(bytes: Buffer, { questions = [], additionals = [] }: Packet): Query | Unreadable {
  const [question] = questions;
  const name = question?.name === '.' ? '' : (question?.name ?? '');
  // Labels that are no text could not be given back as they came.
  if (question === undefined || !/^[\x21-\x7e]*$/.test(name)) return bare(bytes, 'FORMERR');
  const type = String(question.type);
  if (question.class !== 'IN' || type === 'AXFR' || type === 'IXFR') return bare(bytes, 'REFUSED');
  const extension = additionals.find((each) => each.type === 'OPT');
  const offered = extension?.type === 'OPT' ? extension.udpPayloadSize : plainDatagramBytes;
  return {
    id: bytes.readUInt16BE(0),
    name,
    type,
    recursionDesired: (bytes.readUInt8(2) & 1) === 1,
    datagramBytes: Math.max(plainDatagramBytes, Math.min(mostDatagramBytes, offered)),
    extended: extension !== undefined,
  };
}

/** A header and nothing else. */
function bare(bytes: Buffer, rcode: Rcode): Unreadable {
  const answer = Buffer.alloc(headerBytes);
  bytes.copy(answer, 0, 0, 2);
  answer.writeUInt8(0x80 | (bytes.readUInt8(2) & 0x79), 2);
  answer.writeUInt8(rcodes[rcode], 3);
  return { answer };
}

export interface Reply {
  readonly rcode: Rcode;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
  /** The answer is of a zone of ours. */
  readonly authoritative?: boolean;
  /** We ask others for what we do not know. */
  readonly recursion: boolean;
}

/** The answer to `query` in at most `mostBytes`: first without what was not asked for, then with the mark that it was too large. */
export function writeReply(query: Query, reply: Reply, mostBytes = 65_535): Buffer {
  const flags =
    rcodes[reply.rcode] |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    (reply.recursion ? RECURSION_AVAILABLE : 0) |
    (reply.authoritative === true ? AUTHORITATIVE_ANSWER : 0);
  const write = (parts: Pick<Reply, 'answers' | 'authorities' | 'additionals'>, more = 0): Buffer =>
    encode({
      id: query.id,
      type: 'response',
      flags: flags | more,
      // The type is what the library itself has read.
      questions: [{ name: query.name === '' ? '.' : query.name, type: query.type as 'A', class: 'IN' }],
      answers: [...(parts.answers ?? [])],
      authorities: [...(parts.authorities ?? [])],
      additionals: [...(parts.additionals ?? []), ...(query.extended ? [extension] : [])],
    });
  const whole = write(reply);
  if (whole.length <= mostBytes) return whole;
  const { answers = [], authorities = [] } = reply;
  const short = write({ answers, authorities });
  return short.length <= mostBytes ? short : write({}, TRUNCATED_RESPONSE);
}

const extension: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: mostDatagramBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** A question of our own to another server. */
export function writeQuery(id: number, name: string, type: string): Buffer {
  const questions = [{ name, type: type as 'A', class: 'IN' as const }];
  return encode({ id, type: 'query', flags: RECURSION_DESIRED, questions, additionals: [extension] });
}

/** The answers of another server's message; undefined when it cannot be read or says no. Never throws. */
export function answersOf(bytes: Buffer): readonly Answer[] | undefined {
  try {
    return (bytes.readUInt8(3) & 0x0f) === 0 ? (decode(bytes).answers ?? []) : undefined;
  } catch {
    // It is as good as none.
    return undefined;
  }
}

/** Whether `answer` belongs to `question`: the same number, and the same question, whatever its case. */
export function belongs(answer: Buffer, question: Buffer): boolean {
  if (answer.length < headerBytes || answer.readUInt16BE(0) !== question.readUInt16BE(0)) return false;
  if ((answer.readUInt8(2) & 0x80) === 0) return false;
  const end = questionEnd(question);
  const text = (bytes: Buffer): string => bytes.toString('latin1', headerBytes, end).toLowerCase();
  return answer.readUInt16BE(4) === 0 || text(answer) === text(question);
}

/** Behind the name, type and class of the first question, which is not compressed since nothing stands before it. */
function questionEnd(message: Buffer): number {
  let at = headerBytes;
  while (at < message.length && message.readUInt8(at) !== 0) at += message.readUInt8(at) + 1;
  return Math.min(message.length, at + 5);
}
