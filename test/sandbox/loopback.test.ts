import { isLoopbackUrl } from '../../sandbox/loopback';

it.each([
	'http://127.0.0.1:4010/a',
	'https://localhost/a',
	'http://127.1.2.3',
	'http://[::1]:80/',
	'http://2130706433/',
])('%s is on this machine', (url) => {
	expect(isLoopbackUrl(url)).toBe(true);
});

it.each([
	'http://example.com/a',
	'http://127.0.0.1.example.com/',
	'http://localhost.example.com/',
	'http://127.0.0.1@example.com/',
	'http://10.0.0.1/',
	'ftp://127.0.0.1/',
	'file:///etc/hostname',
	'data:image/png;base64,AAAA',
	'127.0.0.1/a',
	'',
])('%p is not', (url) => {
	expect(isLoopbackUrl(url)).toBe(false);
});
