import type { Format } from 'ajv';
import { isIP } from 'node:net';
import { parseTime } from '../base/clock.ts';
import { timePattern } from './normalise.ts';

const between = (low: number, high: number): Format => ({ type: 'number', validate: (value) => value >= low && value <= high });
const days: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
function isDate(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  const last = month === '02' && leap ? 29 : (days[Number(month) - 1] ?? 0);
  return Number(day) >= 1 && Number(day) <= last;
}
/** As Go reads it: no leap seconds, no 30th of February, which `Date` would take for the 2nd of March. */
function isTime(text: string): boolean {
  // One object says the same time in many places.
  if (text === lastTime) return true;
  if (!timePattern.test(text) || !isDate(text.slice(0, 10)) || !isClock(text)) return false;
  lastTime = text;
  return true;
}
let lastTime = '';
const isClock = (text: string): boolean => Number(text.slice(11, 13)) < 24 && parseTime(text.toUpperCase()) !== undefined;
const hostname = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `local@domain`, the local part of atoms with dots between. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  return at > 0 && /^[^\s@()<>[\]:;,."\\]+(?:\.[^\s@()<>[\]:;,."\\]+)*$/.test(text.slice(0, at)) && hostname.test(text.slice(at + 1));
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && isIP(address) !== 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

/** The formats that kube-openapi knows, and ours. One that is not here says nothing. */
export const formats: Readonly<Record<string, Format>> = {
  int32: between(-(2 ** 31), 2 ** 31 - 1),
  // JSON numbers cannot tell the last of them from 2^63.
  int64: between(-(2 ** 63), 2 ** 63),
  float: true,
  double: true,
  byte: (text: string) => base64.test(text.replaceAll(/[\r\n]/g, '')),
  'date-time': isTime,
  datetime: isTime,
  'micro-time': isTime,
  date: isDate,
  duration: /^(?:0|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|[smhdw])(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|[smhdw]))*)$/,
  email: isEmail,
  hostname: (text: string) => text.length <= 253 && hostname.test(text),
  uri: (text: string) => /^[a-z][a-z0-9+.-]*:/i.test(text) && !/\s/.test(text),
  ipv4: (text: string) => isIP(text) === 4,
  ipv6: (text: string) => isIP(text) === 6 && !text.includes('%'),
  cidr: isCidr,
  mac: /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  uuid3: /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  uuid4: /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  uuid5: /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  hexcolor: /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i,
  rgbcolor: /^rgb\(\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*(?:,\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*){2}\)$/,
  bsonobjectid: /^[0-9a-f]{24}$/i,
  isbn: true,
  isbn10: true,
  isbn13: true,
  creditcard: true,
  ssn: /^\d{3}[- ]?\d{2}[- ]?\d{4}$/,
  password: true,
};
