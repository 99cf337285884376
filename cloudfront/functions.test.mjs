// The functions as CloudFront runs them: each file is a script that defines `handler`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

/** @param {string} name */
function load(name) {
    const code = readFileSync(new URL(name, import.meta.url), 'utf8');
    assert.ok(code.length < 10_240, 'CloudFront takes functions of up to 10 KB');
    return runInNewContext(`${code}\nhandler`, { encodeURIComponent });
}

const directoryIndex = load('directory_index.js');
const siteHost = load('site_host.js');
const ID = '0190a1b2-0000-7abc-8def-00000000000f';

/** The event's own shape of a query: a value, and all of them where a name comes more than once. */
function parameters(pairs) {
    const query = {};
    for (const [name, value] of pairs) {
        if (query[name]) {
            query[name].multiValue ??= [{ value: query[name].value }];
            query[name].multiValue.push({ value });
        } else {
            query[name] = { value };
        }
    }
    return query;
}

function asked(uri, pairs = []) {
    const request = { method: 'GET', uri, querystring: parameters(pairs), headers: {}, cookies: {} };
    return directoryIndex({ version: '1.0', request });
}

const key = (uri) => asked(uri).uri;

function location(uri, pairs = []) {
    const answer = asked(uri, pairs);
    assert.equal(answer.statusCode, 301, uri);
    return answer.headers.location.value;
}

test('an address with a slash at its end is the index of a folder', () => {
    assert.equal(key('/'), '/index.html');
    assert.equal(key('/sell/'), '/sell/index.html');
    assert.equal(key('/de/'), '/de/index.html');
    assert.equal(key('/tickets/page/older-7/'), '/tickets/page/older-7/index.html');
    assert.equal(key('/a.b/c/'), '/a.b/c/index.html');
});

test('a ticket has one object, whatever its address says before its id', () => {
    for (const slug of ['', 'opera-', 'opera-in-the-park-', 't%C3%BCr-', '-', '--', `${ID}-`, 'a.b-', '..-', '%2F-']) {
        assert.equal(key(`/tickets/${slug}${ID}/`), `/tickets/${ID}/index.html`, slug);
        assert.equal(key(`/de/tickets/${slug}${ID}/`), `/de/tickets/${ID}/index.html`, slug);
    }
});

test('what only looks like a ticket is a folder like any other', () => {
    for (const path of [
        `/tickets/opera${ID}/`,
        `/tickets/${ID.toUpperCase()}/`,
        `/tickets/${ID}0/`,
        `/tickets/a/${ID}/`,
        `/tickets/a-${ID}/b/`,
        `/deu/tickets/a-${ID}/`,
        `/DE/tickets/a-${ID}/`,
        `/x/de/tickets/a-${ID}/`,
        `//tickets/a-${ID}/`,
        '/tickets/opera/',
    ]) {
        assert.equal(key(path), `${path}index.html`);
    }
});

test('a file is asked for as it is', () => {
    for (const path of ['/robots.txt', '/404.html', '/sitemaps/a.xml', '/index.html', '/.well-known/security.txt']) {
        assert.equal(key(path), path);
    }
});

test('an address without slash and dot leads to the page, with its query', () => {
    assert.equal(location('/sell'), '/sell/');
    assert.equal(location('/de'), '/de/');
    assert.equal(location(`/tickets/opera-${ID}`), `/tickets/opera-${ID}/`);
    assert.equal(location('/a.b/sell'), '/a.b/sell/');
    assert.equal(location('/order', [['id', '7']]), '/order/?id=7');
    assert.equal(location('/search', [['q', 'a'], ['sort', ''], ['q', 'b']]), '/search/?q=a&q=b&sort');
});

test('what is escaped stays so, and what could not be sent is escaped', () => {
    assert.equal(location('/search', [['q', 'a%20b%26c']]), '/search/?q=a%20b%26c');
    assert.equal(location('/search', [['q', 'a b&c#d"ü😀']]), '/search/?q=a%20b%26c%23d%22%C3%BC%F0%9F%98%80');
    assert.equal(location('/search', [['q', 'a\r\nset-cookie: x=y']]), '/search/?q=a%0D%0Aset-cookie:%20x=y');
    assert.equal(location('/t%C3%BCr'), '/t%C3%BCr/');
    assert.equal(location('/a\r\nb'), '/a%0D%0Ab/');
});

test('no redirect leads to another host', () => {
    assert.equal(location('//evil/x'), '/evil/x/');
    assert.equal(location('///evil/x'), '/evil/x/');
    assert.equal(location('/\\evil/x'), '/evil/x/');
    assert.equal(location('/%09/evil'), '/%09/evil/');
    for (const path of ['//evil.example/x', '/\\/evil.example/x', '/..//evil.example/x', '/%2F/evil.example/x']) {
        const led = new URL(location(path), 'https://shop.example/');
        assert.equal(led.host, 'shop.example', path);
    }
});

test('no address reaches a key outside of the site', () => {
    // A key is a name, not a path: dots in it lead nowhere.
    assert.equal(key('/../../etc/passwd/'), '/../../etc/passwd/index.html');
    assert.equal(key('/tickets/../index.html'), '/tickets/../index.html');
    assert.equal(key('//'), '//index.html');
});

test('the method, headers and query of a request are left alone', () => {
    const request = { method: 'HEAD', uri: '/sell/', querystring: parameters([['a', 'b']]), headers: { accept: {} } };
    const copy = structuredClone(request);
    assert.deepEqual({ ...directoryIndex({ request }) }, { ...copy, uri: '/sell/index.html' });
});

test('functions are told the host that the browser knows, and only the edge tells it', () => {
    const headers = {
        host: { value: 'shop.example' },
        'x-site-host': { value: 'evil.example', multiValue: [{ value: 'evil.example' }, { value: 'other.example' }] },
        origin: { value: 'https://shop.example' },
    };
    const request = siteHost({ request: { method: 'POST', uri: '/api/orders', headers } });
    assert.deepEqual({ ...request.headers['x-site-host'] }, { value: 'shop.example' });
    assert.equal(request.headers.host.value, 'shop.example');
    assert.equal(request.headers.origin.value, 'https://shop.example');
    assert.equal(request.uri, '/api/orders');
});
