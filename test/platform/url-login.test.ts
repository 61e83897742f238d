import { expect, it } from 'vitest';
import { basicLogin, loginOf } from '../../src/platform/url-login.ts';

it.each([
  ['https://example.test/', undefined],
  ['https://ann@example.test/', { username: 'ann', password: '' }],
  ['https://:word@example.test/', { username: '', password: 'word' }],
  ['https://ann%40home:p%3Aw%20d@example.test/', { username: 'ann@home', password: 'p:w d' }],
  // Written by hand, and no percent-encoding.
  ['https://ann:100%25%zz@example.test/', { username: 'ann', password: '100%25%zz' }],
])('the login in %s', (text, login) => {
  const url = new URL(text);
  expect(loginOf(url)).toEqual(login);
  expect(basicLogin(url)).toBe(
    login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
  );
});
