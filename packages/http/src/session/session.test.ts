import { afterEach, describe, expect, test } from '@jest/globals';
import type { NearhitError } from '@nearhit/core';
import type { Response } from 'supertest';
import { NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { house, TOKEN } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';
import { createAuthorize } from '../authorize.ts';
import { CSRF_HEADER, SESSION_COOKIE, SESSION_SECONDS, Sessions } from './session.ts';
import { sessionAnswer } from './session-operations.ts';

afterEach(closeAll);

const cookieOf = (answer: Response): string => /^[^;]+/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[0] ?? '';

/** A house, its clock, and a browser that is logged in. */
async function loggedIn() {
  let nowMs = NOW_MS;
  const { deps } = house();
  const admin = { ...deps.admin, now: () => nowMs };
  const parts = await start({ admin });
  const login = await parts.call.post('/dashboard/session').send({ token: TOKEN });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { ...parts, login, cookie: cookieOf(login), csrf: login.body.csrf as string, pass };
}

describe('logging in', () => {
  test('answers csrf and a cookie that scripts and other sites can not use, and that is not the token', async () => {
    const { call, login } = await loggedIn();
    expect(login.status).toBe(200);
    fits(sessionAnswer, login.body);
    const [cookie] = login.headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(new RegExp(`^${SESSION_COOKIE}=[\\w.-]+; Max-Age=${SESSION_SECONDS}; Path=/; `));
    for (const part of ['HttpOnly', 'SameSite=Strict']) expect(cookie).toContain(part);
    expect(cookie).not.toContain('Secure');
    expect(cookie).not.toContain(TOKEN);
    expect(login.headers['cache-control']).toBe('no-store');
    const behindTls = await call.post('/dashboard/session').set('x-forwarded-proto', 'https').send({ token: TOKEN });
    expect(behindTls.headers['set-cookie']?.[0]).toContain('; Secure');
  });

  test.each<[number, object]>([
    [401, { token: `${TOKEN}x` }],
    [400, { token: '' }],
    [400, {}],
    [400, { token: TOKEN, remember: true }],
    [413, { token: 'x'.repeat(20_000) }],
  ])('%i at %j, and no cookie', async (status, body) => {
    const { call } = await start();
    const answer = await call.post('/dashboard/session').send(body);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
    expect(answer.text).not.toContain(TOKEN);
  });

  test('wants JSON, which no form of another site can send', async () => {
    const { call } = await start();
    const answer = await call.post('/dashboard/session').type('form').send({ token: TOKEN });
    expect(answer.status).toBe(415);
  });

  test('is not tried more than a hundred times a minute, with the right token either', async () => {
    const { call } = await start();
    const attempt = (token: string) => call.post('/dashboard/session').send({ token });
    for (let i = 0; i < 100; i += 1) expect((await attempt(`wrong ${i}`)).status).toBe(401);
    for (const token of ['wrong', TOKEN]) {
      const answer = await attempt(token);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  test('only what is documented is there', async () => {
    const { call } = await start();
    const { paths } = (await call.get('/admin/v1/openapi.json')).body;
    expect(Object.keys(paths['/dashboard/session']).sort()).toEqual(['delete', 'get', 'post']);
    const answer = await call.put('/dashboard/session').send({});
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, GET, HEAD, DELETE, OPTIONS']);
  });
});

describe('a session', () => {
  test('tells its csrf value again, until it is over', async () => {
    const { call, cookie, csrf, pass } = await loggedIn();
    const ask = () => call.get('/dashboard/session').set('cookie', `theme=dark; ${cookie}`);
    expect((await ask()).body).toEqual({ csrf });
    pass(SESSION_SECONDS * 1000 - 1);
    expect((await ask()).status).toBe(200);
    pass(1);
    expect((await ask()).status).toBe(401);
    expect((await call.get('/admin/v1/stats').set('cookie', cookie)).status).toBe(401);
    expect((await call.get('/dashboard/session')).status).toBe(401);
  });

  test('is gone from the browser at DELETE', async () => {
    const { call, cookie } = await loggedIn();
    const answer = await call.delete('/dashboard/session').set('cookie', cookie);
    expect(answer.status).toBe(204);
    expect(answer.headers['set-cookie']?.[0]).toMatch(new RegExp(`^${SESSION_COOKIE}=; Max-Age=0; Path=/; `));
  });

  test('reads with the cookie alone; what changes something needs csrf beside it', async () => {
    const { call, cookie, csrf } = await loggedIn();
    expect((await call.get('/admin/v1/policies').set('cookie', cookie)).status).toBe(200);
    const put = (headers: Record<string, string>) =>
      call.put('/admin/v1/policies/a').set(headers).send({ threshold: 0.5 });
    for (const given of [{}, { [CSRF_HEADER]: '' }, { [CSRF_HEADER]: `${csrf}x` }, { [CSRF_HEADER]: 'é'.repeat(43) }]) {
      const refused = await put({ cookie, ...(given as Record<string, string>) });
      expect([refused.status, refused.body.error.code]).toEqual([403, 'forbidden']);
    }
    expect((await put({ [CSRF_HEADER]: csrf })).status).toBe(401);
    expect((await call.get('/admin/v1/policies/a').set('cookie', cookie)).body.threshold).toBe(0.9);
    expect((await put({ cookie, [CSRF_HEADER]: csrf })).status).toBe(200);
    expect((await call.get('/admin/v1/policies/a').set('cookie', cookie)).body.threshold).toBe(0.5);
  });

  test('does not lend its csrf value to another', async () => {
    const { call, cookie } = await loggedIn();
    const other = await call.post('/dashboard/session').send({ token: TOKEN });
    const answer = await call.post('/admin/v1/flush').set({ cookie, [CSRF_HEADER]: other.body.csrf });
    expect([answer.status, other.body.csrf === undefined]).toEqual([403, false]);
  });

  test('counts at another replica, not after the token has changed', () => {
    const { cookie } = new Sessions(TOKEN, () => NOW_MS).open();
    const headers = { cookie: `${SESSION_COOKIE}=${cookie}` };
    expect(new Sessions(TOKEN, () => NOW_MS).of({ headers })).toBeDefined();
    expect(new Sessions(`${TOKEN}2`, () => NOW_MS).of({ headers })).toBeUndefined();
  });

  test('of which anything was changed is none', () => {
    const sessions = new Sessions(TOKEN, () => NOW_MS);
    const { cookie } = sessions.open();
    const [version, end = '', nonce, mac] = cookie.split('.');
    const later = (Number.parseInt(end, 36) + 1).toString(36);
    const forged = [
      `v1.${later}.${nonce}.${mac}`,
      `${cookie}x`,
      cookie.slice(0, -1),
      `${version}.${end}.${nonce}.`,
      TOKEN,
      '',
    ];
    for (const value of forged)
      expect(sessions.of({ headers: { cookie: `${SESSION_COOKIE}=${value}` } })).toBeUndefined();
    expect(sessions.of({ headers: { cookie: `x${SESSION_COOKIE}=${cookie}` } })).toBeUndefined();
  });

  test('does not come to the aid of a wrong token', async () => {
    const { call, cookie } = await loggedIn();
    const answer = await call.get('/admin/v1/stats').set({ cookie, authorization: 'Bearer wrong' });
    expect(answer.status).toBe(401);
  });
});

describe('on the data plane', () => {
  const authorize = createAuthorize({ auth: () => 'required', token: TOKEN, now: () => NOW_MS });
  const { cookie, csrf } = new Sessions(TOKEN, () => NOW_MS).open();
  const ask = (headers: Record<string, string>) => {
    try {
      return authorize(undefined, { headers, socket: {} } as never);
    } catch (error) {
      return (error as NearhitError).kind;
    }
  };

  test('cookie and csrf together are an operator’s, where a key is required', () => {
    const cookies = `${SESSION_COOKIE}=${cookie}`;
    expect(ask({ cookie: cookies, [CSRF_HEADER]: csrf })).toMatchObject({ tenant: 'default' });
    expect(ask({ cookie: cookies })).toBe('UNAUTHORIZED');
    expect(ask({ [CSRF_HEADER]: csrf })).toBe('UNAUTHORIZED');
    expect(ask({ cookie: cookies, [CSRF_HEADER]: `${csrf}x` })).toBe('UNAUTHORIZED');
  });
});
