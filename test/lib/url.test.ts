import { checkCallback, obstacleTo } from '../../lib/url';

const SERVICE = 'https://queue.fal.run';
const SANDBOX = 'http://127.0.0.1:4000';

test.each([
	'https://n8n.example.com/webhook/done',
	'https://n8n.example.com:8443/webhook-waiting/17?signature=ab',
	'https://example.com/webhook-tests',
	'https://8.8.8.8/hook',
	'https://172.32.0.1/hook',
	'https://100.128.0.1/hook',
	'https://[2606:4700::1111]/hook',
	'https://fdx.example.com/hook',
])('%s can be called', (address) => {
	expect(obstacleTo(address, SERVICE)).toBeUndefined();
});

test.each([
	'https://localhost/webhook/done',
	'http://localhost:5678/webhook/done',
	'https://n8n/webhook/done',
	'https://n8n.local/webhook/done',
	'https://n8n.internal./webhook/done',
	'https://127.0.0.1/webhook/done',
	'https://0x7f.1/webhook/done',
	'https://10.1.2.3/webhook/done',
	'https://172.16.0.1/webhook/done',
	'https://172.31.255.1/webhook/done',
	'https://192.168.1.9/webhook/done',
	'https://100.64.0.1/webhook/done',
	'https://169.254.1.1/webhook/done',
	'https://0.0.0.0/webhook/done',
	'https://[::1]/webhook/done',
	'https://[::]/webhook/done',
	'https://[::ffff:192.168.1.9]/webhook/done',
	'https://[fd12::1]/webhook/done',
	'https://[fe80::1]/webhook/done',
])('%s leads nowhere public', (address) => {
	expect(obstacleTo(address, SERVICE)?.problem).toMatch(/private network/);
});

test('http is not called, not even where it would redirect', () => {
	expect(obstacleTo('http://n8n.example.com/webhook/done', SERVICE)?.problem).toMatch(/https/);
});

test.each([
	'https://n8n.example.com/webhook-test/done',
	'https://n8n.example.com/n8n/webhook-test/done',
	'https://n8n.example.com/form-test/done',
	'http://127.0.0.1:5678/webhook-test/done',
])('%s is a test address', (address) => {
	expect(obstacleTo(address, SANDBOX)?.problem).toMatch(/test address/);
});

test('a service on this machine can call this machine, and nothing else that is private', () => {
	expect(obstacleTo('http://127.0.0.1:5678/webhook-waiting/1', SANDBOX)).toBeUndefined();
	expect(obstacleTo('http://localhost:5678/webhook-waiting/1', SANDBOX)).toBeUndefined();
	expect(obstacleTo('http://192.168.1.9/webhook', SANDBOX)).toBeDefined();
	expect(obstacleTo('http://127.0.0.1:5678/webhook-waiting/1', SERVICE)).toBeDefined();
});

test('a message shows no query: it may hold a secret', () => {
	const check = () => checkCallback('Callback', 'http://localhost/hook?secret=abc', SERVICE);
	expect(check).toThrow(/'Callback' is "http:\/\/localhost\/hook"/);
	expect(check).not.toThrow(/abc/);
});

test.each([undefined, ''])('%p is no callback', (address) => {
	expect(() => checkCallback('Callback', address, SERVICE)).not.toThrow();
});

test('what is no address is refused', () => {
	expect(() => checkCallback('Callback', 'n8n example', SERVICE)).toThrow(/no web address/);
});
