import { describe, expect, it } from 'vitest';
import { auditStoreProblem, isReadableOnTheWay, parseAuditStore } from '../../src/config/audit-store.ts';

describe('audit.store', () => {
  it.each([
    ['https://audit.example.com', { kind: 'collector', url: 'https://audit.example.com' }],
    [
      'https://audit.example.com:8443/modgate/',
      { kind: 'collector', url: 'https://audit.example.com:8443/modgate' },
    ],
    ['HTTP://127.0.0.1:1/', { kind: 'collector', url: 'http://127.0.0.1:1' }],
    ['./audit', { kind: 'directory', path: './audit' }],
    ['/srv/audit', { kind: 'directory', path: '/srv/audit' }],
    ['C:\\audit', { kind: 'directory', path: 'C:\\audit' }],
    ['c:/audit', { kind: 'directory', path: 'c:/audit' }],
    ['file:///srv/audit', { kind: 'directory', path: 'file:///srv/audit' }],
    ['gitlab-package:', { kind: 'gitlab-package', project: undefined }],
    ['gitlab-package:group/sub/project', { kind: 'gitlab-package', project: 'group/sub/project' }],
    ['gitlab-package:42', { kind: 'gitlab-package', project: '42' }],
    ['artifact', { kind: 'artifact' }],
  ])('reads %s', (text, expected) => {
    expect(parseAuditStore(text)).toEqual(expected);
  });

  it.each([
    ['', /write the https URL/],
    ['audit', /is not an audit store; (?:write|did you mean)/],
    ['artefact', /did you mean artifact\?/],
    ['gitlab-package', /did you mean gitlab-package:\?/],
    ['s3://bucket/audit', /not a store that this version knows \(s3\)/],
    ['postgres://db.example.com/audit', /\(postgres\)/],
    ['https://', /is not a URL/],
    ['https:///x', /is not a URL/],
    ['http:audit.example.com', /is not a URL/],
    ['https://robot:hunter2@audit.example.com', /^has credentials in it; the token belongs in the variable/],
    ['https://hunter2@audit.example.com', /^has credentials in it/],
    [
      'https://audit.example.com/?token=hunter2',
      /^has a query or a fragment; write https:\/\/audit\.example\.com\/$/,
    ],
    ['https://audit.example.com/\nx', /control character/],
    ['gitlab-package:project', /does not name a project/],
    ['gitlab-package:../../x', /does not name a project/],
    ['gitlab-package:group/project?x', /does not name a project/],
  ])('refuses %j and says why', (text, why) => {
    expect(auditStoreProblem(text)).toMatch(why);
    expect(auditStoreProblem(text)).not.toContain('hunter2');
  });
});

it.each([
  ['https://audit.example.com', false],
  ['http://audit.example.com', true],
  ['http://10.0.0.7:8080', true],
  ['http://127.0.0.1.example.com', true],
  ['http://127.0.0.1:8080', false],
  ['http://localhost:8080', false],
  ['http://[::1]:8080', false],
])('what goes to %s can be read on its way: %s', (url, expected) => {
  expect(isReadableOnTheWay(url)).toBe(expected);
});
