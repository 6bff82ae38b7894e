import { fileAddress } from '../../../lib/media/addresses';
import { refusalOf } from '../refusal';

const ID = '1aBcD_eFgH-iJ';
const FILE = `https://drive.google.com/uc?export=download&id=${ID}`;
const KEYED = `${FILE}&resourcekey=0-AbC`;

test.each([
	['https://a.example/1.jpg', 'https://a.example/1.jpg'],
	['HTTP://a.example/1.jpg', 'http://a.example/1.jpg'],
	['//cdn.shopify.com/s/files/1.jpg?v=2', 'https://cdn.shopify.com/s/files/1.jpg?v=2'],
	['cdn.shopify.com/s/files/1.jpg', 'https://cdn.shopify.com/s/files/1.jpg'],
	['www.a.example/1.jpg', 'https://www.a.example/1.jpg'],
	['https://a.example/my photo.jpg', 'https://a.example/my%20photo.jpg'],
	['https://a.example/my%20photo.jpg', 'https://a.example/my%20photo.jpg'],
	['https://a.example/grün/kleid ö.jpg', 'https://a.example/gr%C3%BCn/kleid%20%C3%B6.jpg'],
	['https://a.example/50% off.jpg', 'https://a.example/50%25%20off.jpg'],
	['https://bücher.example/1.jpg', 'https://xn--bcher-kva.example/1.jpg'],
	[
		'https://a.example/1.jpg?X-Amz-Signature=a%2Fb%3D&e=1',
		'https://a.example/1.jpg?X-Amz-Signature=a%2Fb%3D&e=1',
	],
	['https://a.example/p/look #2.jpg', 'https://a.example/p/look%20%232.jpg'],
	['https://a.example/#1-#2.png?w=1', 'https://a.example/%231-%232.png?w=1'],
	['https://a.example/1.jpg#top.png', 'https://a.example/1.jpg#top.png'],
	['https://a.example/1#top', 'https://a.example/1#top'],
	['https://a.example/image/123#.png', 'https://a.example/image/123#.png'],
	['https://a.example/d/AbC#image.jpg', 'https://a.example/d/AbC#image.jpg'],
	['https://a.example/#/1.jpg', 'https://a.example/#/1.jpg'],
	['münchen.example/1.jpg', 'https://xn--mnchen-3ya.example/1.jpg'],
	['a.example:8443/1.jpg', 'https://a.example:8443/1.jpg'],
	['https://https://a.example/1.jpg', 'https://a.example/1.jpg'],
	['https://a.example/1.jpg?w=1&amp;h=2', 'https://a.example/1.jpg?w=1&h=2'],
	['https://www.google.com/images/logo.png', 'https://www.google.com/images/logo.png'],
	['data:image/png;base64,AAAA', 'data:image/png;base64,AAAA'],
	['DATA:image/png;base64,AAAA', 'data:image/png;base64,AAAA'],
])('%s is %s', (given, address) => {
	expect(fileAddress(given)).toBe(address);
});

test.each(['http://127.0.0.1:5080/1.jpg', 'http://localhost/1.jpg', 'http://[::1]:80/1.jpg'])(
	'%s is for whoever is on this machine',
	(text) => {
		expect(fileAddress(text, 'serviceHere')).toBe(new URL(text).href);
		expect(() => fileAddress(text)).toThrow(
			/on the machine of n8n itself, where the service cannot/,
		);
		expect(() => fileAddress('http://192.168.1.9/1.jpg', 'serviceHere')).toThrow(
			/in a private network/,
		);
		expect(fileAddress('http://minio:9000/1.jpg', 'n8n')).toBe('http://minio:9000/1.jpg');
	},
);

test.each([
	[`https://drive.google.com/file/d/${ID}/view?usp=sharing`, FILE],
	[`https://drive.google.com/file/d/${ID}/view?usp=drive_link&resourcekey=0-AbC`, KEYED],
	[`https://drive.google.com/file/d/${ID}/edit`, FILE],
	[`https://drive.google.com/file/d/${ID}/preview`, FILE],
	[`https://drive.google.com/file/d/${ID}`, FILE],
	[`drive.google.com/file/d/${ID}/view`, FILE],
	[`https://drive.google.com/file/u/0/d/${ID}/view`, FILE],
	[`https://drive.google.com/u/1/file/d/${ID}/view`, FILE],
	[`https://drive.google.com/a/shop.example/file/d/${ID}/view`, FILE],
	[`https://drive.google.com/open?id=${ID}`, FILE],
	[`https://drive.google.com/open?usp=drive_fs&amp;id=${ID}`, FILE],
	[`https://drive.google.com/open?id=${ID}&usp=drive_fs`, FILE],
	[`https://drive.google.com/u/0/open?id=${ID}`, FILE],
	[`https://drive.google.com/uc?id=${ID}`, FILE],
	[`https://drive.google.com/uc?export=view&id=${ID}`, FILE],
	[`https://drive.google.com/u/0/uc?id=${ID}&export=download`, FILE],
	[`https://drive.google.com/uc?id=${ID}&export=download&resourcekey=0-AbC`, KEYED],
	[`https://docs.google.com/uc?id=${ID}`, FILE],
	[FILE, FILE],
])('Google Drive: %s', (link, address) => {
	expect(fileAddress(link)).toBe(address);
});

test.each([
	['https://www.dropbox.com/s/a1b2/anna.jpg?dl=0', 'https://www.dropbox.com/s/a1b2/anna.jpg?raw=1'],
	['https://www.dropbox.com/s/a1b2/anna.jpg', 'https://www.dropbox.com/s/a1b2/anna.jpg?raw=1'],
	['https://dropbox.com/s/a1b2/anna.jpg?dl=1', 'https://dropbox.com/s/a1b2/anna.jpg?raw=1'],
	['www.dropbox.com/s/a1b2/anna.jpg?dl=0', 'https://www.dropbox.com/s/a1b2/anna.jpg?raw=1'],
	[
		'https://www.dropbox.com/scl/fi/a1/anna.jpg?rlkey=k2&st=s3&dl=0',
		'https://www.dropbox.com/scl/fi/a1/anna.jpg?rlkey=k2&st=s3&raw=1',
	],
	[
		'https://www.dropbox.com/scl/fi/a1/her%20dress.jpg?rlkey=k2&raw=1',
		'https://www.dropbox.com/scl/fi/a1/her%20dress.jpg?rlkey=k2&raw=1',
	],
	[
		'https://www.dropbox.com/sh/a1/AAb2/summer/anna.jpg?dl=0',
		'https://www.dropbox.com/sh/a1/AAb2/summer/anna.jpg?raw=1',
	],
	[
		'https://www.dropbox.com/scl/fo/a1/AAb2/anna.jpg?rlkey=k2&dl=0',
		'https://www.dropbox.com/scl/fo/a1/AAb2/anna.jpg?rlkey=k2&raw=1',
	],
])('Dropbox: %s', (link, address) => {
	expect(fileAddress(link)).toBe(address);
});

test.each([
	`https://drive.google.com/thumbnail?id=${ID}&sz=w1000`,
	`https://drive.usercontent.google.com/download?id=${ID}&export=download`,
	`https://lh3.googleusercontent.com/d/${ID}`,
	`https://docs.google.com/presentation/d/${ID}/export/png`,
	'https://dl.dropboxusercontent.com/scl/fi/a1/anna.jpg?rlkey=k2',
	'https://download.wetransfer.com/eu/anna.jpg?token=t',
	'https://onedrive.live.com/download?resid=1&authkey=2',
	'https://shop-my.sharepoint.com/:i:/g/personal/a/E1?download=1',
	'https://shop-my.sharepoint.com/personal/a/anna.jpg',
	'https://app.box.com/shared/static/a1.jpg',
	'https://i.pinimg.com/originals/a/b.jpg',
	'https://scontent.cdninstagram.com/v/anna.jpg?oh=1',
	'https://graph.facebook.com/7/picture',
	'https://v5.airtableusercontent.com/v3/u/1/a',
	'https://notdropbox.com/sh/a',
	'https://pbs.twimg.com/media/A?format=jpg',
	'https://media.licdn.com/dms/image/a',
	'https://i.redd.it/a.jpg',
	'https://preview.redd.it/a.jpg?width=640',
	'https://i.imgur.com/a.jpg',
	'https://imgur.com/HLHBnl9.jpeg',
	'https://live.staticflickr.com/1/2_b.jpg',
	'https://p16.tiktokcdn.com/a.jpeg',
	'https://notx.com/a.jpg',
	'https://dropbox.com.example/sh/a',
	'https://pinterest.example.com/a.jpg',
])('%s is the picture itself', (address) => {
	expect(fileAddress(address)).toBe(address);
});

test.each([
	[`https://drive.google.com/drive/folders/${ID}?usp=sharing`, 'a folder of Google Drive'],
	[`https://drive.google.com/drive/u/0/folders/${ID}`, 'a folder of Google Drive'],
	[`https://drive.google.com/folderview?id=${ID}`, 'a folder of Google Drive'],
	['https://drive.google.com/drive/my-drive', 'a page of Google Drive'],
	['https://drive.google.com/uc?id=', 'a page of Google Drive'],
	['https://drive.google.com/open?id=a/b', 'a page of Google Drive'],
	[`https://docs.google.com/document/d/${ID}/edit`, 'a page of Google Docs'],
	[`https://docs.google.com/spreadsheets/d/${ID}/edit#gid=0`, 'a page of Google Docs'],
	['https://photos.app.goo.gl/AbC', 'a page of Google Photos'],
	['https://photos.google.com/share/AbC?key=d', 'a page of Google Photos'],
	['https://goo.gl/photos/AbC', 'a page of Google Photos'],
	['https://images.app.goo.gl/AbC', "a page of Google's search"],
	['https://www.google.com/imgres?imgurl=a', "a page of Google's search"],
	['https://www.google.de/search?q=a&tbm=isch', "a page of Google's search"],
	['https://www.dropbox.com/sh/a1/AAb2?dl=0', 'a folder of Dropbox'],
	['https://www.dropbox.com/scl/fo/a1/AAb2?rlkey=k2&dl=0', 'a folder of Dropbox'],
	['https://www.dropbox.com/scl/fo/a1/AAb2/summer?rlkey=k2', 'a folder of Dropbox'],
	['https://www.dropbox.com/home/pictures?preview=anna.jpg', 'a page of Dropbox'],
	['https://www.dropbox.com/t/AbC', 'a page of Dropbox'],
	['https://we.tl/t-AbC', 'a page of WeTransfer'],
	['https://wetransfer.com/downloads/a/b', 'a page of WeTransfer'],
	['https://studio.wetransfer.com/downloads/a/b', 'a page of WeTransfer'],
	['https://1drv.ms/i/s!AbC', 'a page of OneDrive'],
	['https://onedrive.live.com/?authkey=a&id=b', 'a page of OneDrive'],
	['https://photos.onedrive.com/share/AbC', 'a page of OneDrive'],
	[
		'https://shop-my.sharepoint.com/personal/a/_layouts/15/onedrive.aspx?id=%2Fa.jpg',
		'a page of SharePoint',
	],
	['https://shop-my.sharepoint.com/:i:/g/personal/a/E1?e=2', 'a page of SharePoint'],
	['https://www.icloud.com/sharedalbum/#B0', 'a page of iCloud'],
	['https://share.icloud.com/photos/0a', 'a page of iCloud'],
	['https://app.box.com/s/a1', 'a page of Box'],
	['https://shop.app.box.com/file/1', 'a page of Box'],
	['https://www.instagram.com/p/AbC/', 'a page of Instagram'],
	['https://instagram.com/shop', 'a page of Instagram'],
	['https://www.pinterest.com/pin/1/', 'a page of Pinterest'],
	['https://www.pinterest.co.uk/pin/1/', 'a page of Pinterest'],
	['https://de.pinterest.com/pin/1/', 'a page of Pinterest'],
	['https://pin.it/AbC', 'a page of Pinterest'],
	['https://www.facebook.com/photo/?fbid=1', 'a page of Facebook'],
	['https://x.com/anna/status/1/photo/1', 'a page of X'],
	['https://mobile.twitter.com/anna/status/1', 'a page of X'],
	['https://www.tiktok.com/@anna/photo/1', 'a page of TikTok'],
	['https://vm.tiktok.com/AbC', 'a page of TikTok'],
	['https://www.linkedin.com/posts/anna_1', 'a page of LinkedIn'],
	['https://www.threads.net/@anna/post/1', 'a page of Threads'],
	['https://old.reddit.com/r/a/comments/1', 'a page of Reddit'],
	['https://redd.it/1', 'a page of Reddit'],
	['https://imgur.com/a/abc', 'a page of Imgur'],
	['https://imgur.com/gallery/abc', 'a page of Imgur'],
	['https://www.flickr.com/photos/a/albums/1', 'a page of Flickr'],
	['https://flic.kr/p/a', 'a page of Flickr'],
	['https://airtable.com/appA/tblB/viwC', 'a page of Airtable'],
])('%s is refused as %s', (link, name) => {
	const refusal = refusalOf(() => fileAddress(link));
	expect(refusal.problem).toBe(`is "${link}", ${name}, not a picture`);
	// Each says how to go on: with a link, or with the file itself.
	expect(refusal.cure).toMatch(/^[A-Z].*(link|picture).*Input Data\.$/);
});

test.each([
	'',
	'my red dress',
	'anna.jpg',
	'pictures/anna.jpg',
	'C:\\pictures\\anna.jpg',
	'file:///home/anna.jpg',
	'ftp://a.example/1.jpg',
	'blob:https://a.example/1',
	'javascript:alert(1)',
	'https://',
	'https://a b.example/1.jpg',
	'//',
])('%j is no web address', (text) => {
	const { problem } = refusalOf(() => fileAddress(text));
	expect(problem).toBe(`is "${text}", which is no web address`);
});

test.each([
	'http://192.168.1.5/anna.jpg',
	'http://10.0.0.7:8080/anna.jpg',
	'https://nas.local/anna.jpg',
	'http://intranet/anna.jpg',
])('%s cannot be opened by a service', (text) => {
	const { problem, cure } = refusalOf(() => fileAddress(text));
	expect(problem).toBe(`is "${text}", in a private network, where the service cannot get`);
	expect(cure).toContain('choose Input Data');
});

test('an expression with something beside it', () => {
	const { cure } = refusalOf(() => fileAddress('[object Object]'));
	expect(cure).toContain('{{ $json.Photo }}');
});

test('a host with umlauts is read however often, though URL.canParse is not up to it', () => {
	for (let count = 0; count < 10_000; count += 1) fileAddress('https://bücher.example/1.jpg');
});
