import { describe, expect, it, test } from 'vitest';
import { parseTime, timestamp } from '../../src/base/clock.ts';
import { neverMs, parseSchedule } from '../../src/base/cron.ts';
import { isTimeZone, TimeZones } from '../../src/base/time-zone.ts';

const zones = new TimeZones();
const next = (text: string, after: string) => {
  const ms = parseSchedule(text, zones).next(parseTime(after) as number);
  return ms === neverMs ? 'never' : timestamp({ now: () => ms });
};
/** So many times from a time on. */
const times = (text: string, after: string, count: number) => {
  const out: string[] = [];
  for (let at = after; out.length < count;) out.push((at = next(text, at)));
  return out;
};

describe('a schedule', () => {
  test.each([
    ['* * * * *', '2012-07-09T14:45:00Z', '2012-07-09T14:46:00Z'],
    ['* * * * *', '2012-07-09T14:59:59Z', '2012-07-09T15:00:00Z'],
    ['*/15 * * * *', '2012-07-09T14:45:00Z', '2012-07-09T15:00:00Z'],
    ['20-35/15 * * * *', '2012-07-09T15:45:00Z', '2012-07-09T16:20:00Z'],
    ['5/20 * * * *', '2012-07-09T15:45:00Z', '2012-07-09T16:05:00Z'],
    ['0,,30 8,20 * * *', '2012-07-09T08:30:00Z', '2012-07-09T20:00:00Z'],
    ['0 0 * Feb Mon', '2012-07-09T23:35:00Z', '2013-02-04T00:00:00Z'],
    ['0 0 * feb Mon/2', '2012-07-09T23:35:00Z', '2013-02-01T00:00:00Z'],
    ['0 0 29 2 *', '2012-07-09T23:35:00Z', '2016-02-29T00:00:00Z'],
    ['0 0 29 2 *', '2096-03-01T00:00:00Z', 'never'],
    ['0 0 30 2 *', '2012-07-09T23:35:00Z', 'never'],
    ['0 0 31 4 ?', '2012-07-09T23:35:00Z', 'never'],
    ['@hourly', '2012-07-09T15:45:00Z', '2012-07-09T16:00:00Z'],
    ['@daily', '2012-07-09T15:45:00Z', '2012-07-10T00:00:00Z'],
    ['@weekly', '2012-07-09T15:45:00Z', '2012-07-15T00:00:00Z'],
    ['@monthly', '2012-07-31T00:00:00Z', '2012-08-01T00:00:00Z'],
    ['@annually', '2012-07-31T00:00:00Z', '2013-01-01T00:00:00Z'],
    ['@every 1h30m', '2012-07-09T15:45:01.700Z', '2012-07-09T17:15:01Z'],
    ['@every 10ms', '2012-07-09T15:45:01Z', '2012-07-09T15:45:02Z'],
    ['@every -5s', '2012-07-09T15:45:01Z', '2012-07-09T15:45:02Z'],
    ['@every .5m', '2012-07-09T15:45:01Z', '2012-07-09T15:45:31Z'],
  ])('%s after %s comes at %s', (text, after, wanted) => expect(next(text, after)).toBe(wanted));

  it('with days of the month and of the week matches either, and both where one is a star', () => {
    expect(times('0 0 1,15 * Sun', '2012-07-01T00:00:00Z', 4)).toEqual([
      '2012-07-08T00:00:00Z',
      '2012-07-15T00:00:00Z',
      '2012-07-22T00:00:00Z',
      '2012-07-29T00:00:00Z',
    ]);
    expect(next('0 0 */1 * Sun', '2012-07-01T00:00:00Z')).toBe('2012-07-08T00:00:00Z');
    expect(next('0 0 */10 * Sun', '2012-07-01T00:00:00Z')).toBe('2012-07-08T00:00:00Z');
    expect(next('0 0 1 * *', '2012-07-01T00:00:00Z')).toBe('2012-08-01T00:00:00Z');
  });

  test.each([
    ['', 'expected exactly 5 fields, found 0: []'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['* * * mai *', 'failed to parse int from mai: strconv.Atoi: parsing "mai": invalid syntax'],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
    ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
    ['@every day', 'failed to parse duration @every day: time: invalid duration "day"'],
    ['TZ=Europe/Atlantis * * * * *', 'provided bad location Europe/Atlantis: unknown time zone Europe/Atlantis'],
  ])('%j is none: %s', (text, why) => expect(() => parseSchedule(text, zones)).toThrow(why));
});

describe('where clocks change', () => {
  const at = (text: string) => `TZ=America/New_York ${text}`;

  test.each([
    ['the hour that is left out', '30 2 * * *', '2012-03-10T12:00:00Z', ['2012-03-12T06:30:00Z', '2012-03-13T06:30:00Z']],
    ['a day that has no such hour', '30 2 11 3 *', '2012-03-11T05:00:00Z', ['2013-03-11T06:30:00Z']],
    ['every hour in spring', '0 * * * *', '2012-03-11T05:00:00Z', ['2012-03-11T06:00:00Z', '2012-03-11T07:00:00Z', '2012-03-11T08:00:00Z']],
    [
      'the hour that comes twice',
      '0 1 * * *',
      '2012-11-03T12:00:00Z',
      ['2012-11-04T05:00:00Z', '2012-11-04T06:00:00Z', '2012-11-05T06:00:00Z'],
    ],
    ['the hour after it', '0 2 * * *', '2012-11-03T12:00:00Z', ['2012-11-04T07:00:00Z', '2012-11-05T07:00:00Z']],
    ['every hour in autumn', '0 * * * *', '2012-11-04T04:00:00Z', ['2012-11-04T05:00:00Z', '2012-11-04T06:00:00Z', '2012-11-04T07:00:00Z']],
    ['half hours in autumn', '30 1 4 11 *', '2012-11-04T05:45:00Z', ['2012-11-04T06:30:00Z', '2013-11-04T06:30:00Z']],
  ])('%s', (_, text, after, wanted) => expect(times(at(text), after, wanted.length)).toEqual(wanted));

  it('and midnight is left out, the day begins at one', () => {
    expect(next('TZ=America/Sao_Paulo 0 9 10 * *', '2018-10-17T09:00:00Z')).toBe('2018-11-10T11:00:00Z');
    expect(next('TZ=America/Sao_Paulo 0 9 22 * *', '2018-02-14T10:00:00Z')).toBe('2018-02-22T12:00:00Z');
    expect(times('TZ=America/Sao_Paulo 0 0 * * *', '2018-11-02T12:00:00Z', 3)).toEqual([
      '2018-11-03T03:00:00Z',
      '2018-11-05T02:00:00Z',
      '2018-11-06T02:00:00Z',
    ]);
  });

  it('offsets need not be whole hours', () => {
    expect(next('CRON_TZ=Asia/Kathmandu 0 0 * * *', '2020-05-01T00:00:00Z')).toBe('2020-05-01T18:15:00Z');
    expect(times('TZ=Australia/Lord_Howe 15 2 * * *', '2020-10-02T20:00:00Z', 2)).toEqual(['2020-10-04T15:15:00Z', '2020-10-05T15:15:00Z']);
  });
});

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Etc/GMT+5', true],
  ['+02:00', false],
  ['Mars/Olympus', false],
])('%s is a time zone: %s', (name, wanted) => expect(isTimeZone(name)).toBe(wanted));
