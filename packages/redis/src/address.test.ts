import { describe, expect, test } from '@jest/globals';
import { type Address, parseRedisUrl } from './address.ts';

const single = (changes: Partial<Address> = {}): Address => ({
  kind: 'single',
  tls: false,
  nodes: [{ host: 'h', port: 6379 }],
  ...changes,
});

describe('parseRedisUrl', () => {
  const READABLE: [url: string, address: Address][] = [
    ['redis://h', single()],
    [' redis://h:6380/ ', single({ nodes: [{ host: 'h', port: 6380 }] })],
    ['redis://h/3', single({ db: 3 })],
    ['rediss://h:1', single({ tls: true, nodes: [{ host: 'h', port: 1 }] })],
    ['redis://:p%40ss%2Fw%3A@h', single({ password: 'p@ss/w:' })],
    ['redis://u:p:q@h', single({ username: 'u', password: 'p:q' })],
    ['redis://default@h', single({ username: 'default' })],
    ['redis://[::1]:7000', single({ nodes: [{ host: '::1', port: 7000 }] })],
    ['redis://[fe80::1]', single({ nodes: [{ host: 'fe80::1', port: 6379 }] })],
    [
      'redis+sentinel://u:p@a,b:26380/mymaster/2',
      {
        kind: 'sentinel',
        tls: false,
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        master: 'mymaster',
        username: 'u',
        password: 'p',
        db: 2,
      },
    ],
    ['rediss+sentinel://a/m', { kind: 'sentinel', tls: true, nodes: [{ host: 'a', port: 26_379 }], master: 'm' }],
    [
      'redis+cluster://:p@a:1,b,[::1]:3',
      {
        kind: 'cluster',
        tls: false,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
          { host: '::1', port: 3 },
        ],
        password: 'p',
      },
    ],
    ['rediss+cluster://a/0', { kind: 'cluster', tls: true, nodes: [{ host: 'a', port: 6379 }], db: 0 }],
  ];
  test.each(READABLE)('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  const REFUSED: [url: string, why: RegExp][] = [
    ['', /can't be read/],
    ['h:6379', /can't be read/],
    ['http://:s3cret@h', /can't be read/],
    ['redis+other://:s3cret@h', /can't be read/],
    ['redis://', /can't be read/],
    ['redis://:s3cret@h:port', /host that can't be read/],
    ['redis://:s3cret@h:123456', /host that can't be read/],
    ['redis://:s3cret@h:70000', /host that can't be read/],
    ['redis://:s3cret@h:0', /host that can't be read/],
    ['redis://:p@s3cret@h', /host that can't be read/],
    ['redis://u:1/s3cret@h', /database number/],
    ['redis+sentinel://u:1/s3cret@h:1/m', /no master/],
    ['redis://:s3cret@a,b', /several hosts/],
    ['redis://:s3cret@h/x', /database number/],
    ['redis://:s3cret@h/-1', /database number/],
    ['redis://:s3cret@h/1/2', /database number/],
    ['redis+sentinel://:s3cret@h', /no master/],
    ['redis+cluster://:s3cret@a,b/1', /database 0 only/],
    ['redis://:s3cret%@h', /can't be read/],
    ['redis://:s3cret@h?x=1', /can't be read/],
  ];
  test.each(REFUSED)('refuses %s, without showing it', (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(TypeError);
    expect(() => parseRedisUrl(url)).toThrow(why);
    expect(() => parseRedisUrl(url)).not.toThrow(/s3cret/);
  });
});
