import { isObject } from '../json';
import { Refusal, shown } from '../errors';
import { isLoopback, isOutOfReach, type Opener, urlOf } from '../url';

/** Where a text goes on with the next address. A data URI has an address's letters inside. */
const AT_SCHEME = /(?<![^\s,;|\u00ad\u200b-\u200f\u2060])(?=https?:|data:)/i;

/** Ends of lines, and addresses that begin with `//`. */
const AT_LINE = /[\r\n]+|(?<![^\s,;|\u00ad\u200b-\u200f\u2060])(?=\/\/)/;

const DATA = /^data:/i;

/** Airtable writes attachments into CSV files as `name.jpg (https://…)`, Markdown as `[name](…)`. */
const IN_PARENTHESES = /[\s\]]\((https?:\/\/[^\s()]+)\)/gi;

/** How a sheet shows a picture, read as a formula. */
const IMAGE_FORMULA = /^\s*=\s*image\(\s*"([^"]+)"/i;

/**
 * What is no part of an address at its end: blanks, signs between two of them, and letters without
 * width, which texts bring along from word processors and chats. Inside a name such letters count.
 */
const BEHIND = /[\s,;|\u00ad\u200b-\u200f\u2060]/;

/** What is no part of an address at its beginning. */
const BEFORE = /[\s\u00ad\u200b-\u200f\u2060]/;

/** Without what stands around an address; letter by letter, for a text may be very long. */
function tidy(text: string): string {
	let [start, end] = [0, text.length];
	while (end > start && BEHIND.test(text.charAt(end - 1))) end -= 1;
	while (start < end && BEFORE.test(text.charAt(start))) start += 1;
	const inside = text.slice(start, end);
	return inside.startsWith('<') && inside.endsWith('>') ? inside.slice(1, -1) : inside;
}

/**
 * Divides a text into addresses: in lines of their own, or with blanks, commas, semicolons or bars
 * between them.
 *
 * @returns without blanks around them and without empty ones; whether each is an address at all is
 * for the caller to check
 */
export function splitAddresses(text: string): string[] {
	const [, ofFormula] = IMAGE_FORMULA.exec(text) ?? [];
	const parts = (ofFormula ?? text).split(AT_SCHEME);
	const named = parts.length === 1 ? [...text.matchAll(IN_PARENTHESES)] : [];
	const found =
		named.length > 0
			? named.map(([, address = '']) => address)
			: parts.flatMap((part) => (DATA.test(part) ? [part] : part.split(AT_LINE)));
	return found.map(tidy).filter((part) => part !== '');
}

/**
 * Where objects that stand for a file have its address: Airtable and Google (`url`), Shopify and
 * WooCommerce (`src`), HAL (`href`), Cloudinary (`secure_url`), WordPress (`source_url`), signing
 * stores (`signedUrl`), Drive (`webContentLink`); Notion, Contentful and Shopify (`file`, `external`,
 * `image`, `node`) have an object with it inside.
 */
const KEYS = [
	'url',
	'src',
	'href',
	'secure_url',
	'source_url',
	'signedUrl',
	'webContentLink',
	'file',
	'external',
	'image',
	'node',
];

/** Lists in objects in lists: what is deeper is no attachment. */
const MAX_DEPTH = 4;

/** What JSON text says: a list, an object, or a text in quotes. */
function parsed(text: string): unknown {
	if (!/^\s*["[{]/.test(text)) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/**
 * Finds the addresses of files in what an expression gives: a text with one or several, an
 * attachment such as `{ url }` or `{ src }`, a list of those, or any of these as JSON text.
 *
 * @param depth how far inside the value
 * @returns the addresses as they are written there, in order; none in what is empty
 * @throws Refusal when a part of it holds no address
 */
export function addressesIn(value: unknown, depth = 0): string[] {
	if (value === undefined || value === null) return [];
	if (typeof value === 'string') {
		const inside = parsed(value);
		return inside === undefined ? splitAddresses(value) : addressesIn(inside, depth + 1);
	}
	if (Array.isArray(value) && depth < MAX_DEPTH) {
		return value.flatMap((entry) => addressesIn(entry, depth + 1));
	}
	if (isObject(value) && depth < MAX_DEPTH) {
		const there = KEYS.filter((name) => value[name] !== undefined);
		const key = there.find((name) => value[name] !== null) ?? there[0];
		if (key !== undefined) return addressesIn(value[key], depth + 1);
		throw new Refusal(
			`is ${shown(value)}, an object without url, src or href`,
			'Name the part that is the address in the expression, such as {{ $json.Photo.url }}.',
		);
	}
	throw new Refusal(
		`is ${shown(value)}, which is no address`,
		Array.isArray(value)
			? 'Pick the addresses in the expression, such as {{ $json.Photo[0] }}.'
			: 'Use an address that begins with https:// and opens without a log-in.',
	);
}

const CURE = 'Use an address that begins with https:// and opens without a log-in.';

/** An expression with words or a blank beside it gives text, in which objects look so. */
const OBJECT_AS_TEXT = '[object Object]';

const ALONE = 'Let the expression stand alone in its box, as {{ $json.Photo }}, without a blank.';

/** How to go on with a file of a drive that n8n has a node for. */
function shareOrLoad(node: string): string {
	return `Share the file itself with anyone who has the link and use that link, or load it with the ${node} node and choose Input Data.`;
}

const MOVE =
	'Download the picture and use the link of a place such as Google Drive, or load the file before this node and choose Input Data.';

const LAST_IS_FILE = /\.\w+$/;

const DRIVE_FILE = /\/file(?:\/u\/\d+)?\/d\/([\w-]+)/;

/** Paths of Drive that name the file by `id`; people with several accounts have `/u/0` before. */
const DRIVE_BY_ID = /\/(?:open|uc)$/;

const DRIVE_FOLDER = /\/(?:folders\/|folderview$)/;

/** A site where people have pictures, whose links lead to pages. */
interface Site {
	/** The host's whole name. */
	host: RegExp;
	name: string;
	cure: string;
	/**
	 * The file that a link leads to: the link itself where it needs no change; a name of what it
	 * leads to in its place; default a page.
	 */
	read?(url: URL): URL | 'page' | 'folder';
}

/**
 * Google names the address of a file's contents so (developers.google.com/drive, `webContentLink`);
 * older files need the `resourcekey` of their link as well (the same, Resource keys).
 */
function driveFile(id: string, resourceKey: string | null): URL {
	const file = new URL(`https://drive.google.com/uc?export=download&id=${id}`);
	if (resourceKey !== null) file.searchParams.set('resourcekey', resourceKey);
	return file;
}

function readDrive(url: URL): ReturnType<NonNullable<Site['read']>> {
	const { pathname, searchParams } = url;
	const [, inPath] = DRIVE_FILE.exec(pathname) ?? [];
	const id = inPath ?? (DRIVE_BY_ID.test(pathname) ? (searchParams.get('id') ?? '') : '');
	if (/^[\w-]+$/.test(id)) return driveFile(id, searchParams.get('resourcekey'));
	if (DRIVE_FOLDER.test(pathname)) return 'folder';
	return pathname.endsWith('/thumbnail') ? url : 'page';
}

/**
 * Of the two ways to get the file from a link (help.dropbox.com, Force a shared link to download or
 * render), `raw=1` tells the picture's own type; with `dl=1` it is called application/binary
 * (zulip/zulip#18596), which services take for no picture.
 */
function readDropbox(url: URL): ReturnType<NonNullable<Site['read']>> {
	const [, kind, ...rest] = url.pathname.replace('/scl/', '/').split('/');
	const inFolder = kind === 'sh' || kind === 'fo';
	// Behind the folder's two ids a path may lead to one of its files.
	const isFile = inFolder
		? rest.length > 2 && LAST_IS_FILE.test(url.pathname)
		: kind === 's' || kind === 'fi';
	if (!isFile) return inFolder ? 'folder' : 'page';
	url.searchParams.delete('dl');
	url.searchParams.set('raw', '1');
	return url;
}

/** First match counts. */
const SITES: readonly Site[] = [
	{
		host: /^docs\.google\.com$/,
		name: 'Google Docs',
		cure: MOVE,
		read: (url) => {
			if (DRIVE_BY_ID.test(url.pathname) || DRIVE_FILE.test(url.pathname)) return readDrive(url);
			return /\/(?:export|pub)(?:\/|$)/.test(url.pathname) ? url : 'page';
		},
	},
	{
		host: /^drive\.google\.com$/,
		name: 'Google Drive',
		cure: shareOrLoad('Google Drive'),
		read: readDrive,
	},
	{
		host: /^(?:photos\.google\.com|(?:photos\.)?(?:app\.)?goo\.gl)$/,
		name: 'Google Photos',
		cure: MOVE,
	},
	{
		host: /^(?:www\.google\.[a-z.]+|images\.app\.goo\.gl)$/,
		name: "Google's search",
		cure: MOVE,
		read: (url) => (/^\/(?:imgres|search|url)$|^\/[\w-]+$/.test(url.pathname) ? 'page' : url),
	},
	{
		host: /^(?:www\.)?dropbox\.com$/,
		name: 'Dropbox',
		cure: shareOrLoad('Dropbox'),
		read: readDropbox,
	},
	{
		host: /^(?:we\.tl|(?!download\.)(?:[\w-]+\.)?wetransfer\.com)$/,
		name: 'WeTransfer',
		cure: MOVE,
	},
	{
		host: /^(?:1drv\.ms|onedrive\.live\.com|photos\.onedrive\.com)$/,
		name: 'OneDrive',
		cure: 'Load the picture with the Microsoft OneDrive node and choose Input Data.',
		read: (url) => (url.pathname === '/download' ? url : 'page'),
	},
	{
		host: /^[\w-]+\.sharepoint\.com$/,
		name: 'SharePoint',
		cure: 'Load the picture with the Microsoft SharePoint node and choose Input Data.',
		// Links that were shared have such a letter: `/:i:/` for a picture, `/:f:/` for a folder. The
		// address bar shows the page on which a file is looked at.
		read: (url) => {
			const shared = url.pathname.startsWith('/:') && url.searchParams.get('download') !== '1';
			return shared || url.pathname.endsWith('/onedrive.aspx') ? 'page' : url;
		},
	},
	{ host: /^(?:www|share)\.icloud\.com$/, name: 'iCloud', cure: MOVE },
	{
		host: /^(?:[\w-]+\.)?app\.box\.com$/,
		name: 'Box',
		cure: shareOrLoad('Box'),
		read: (url) => (url.pathname.startsWith('/shared/static/') ? url : 'page'),
	},
	{ host: /^(?:www\.)?instagram\.com$/, name: 'Instagram', cure: MOVE },
	{
		host: /^(?:pin\.it|(?:[\w-]+\.)?pinterest\.(?:com|[a-z]{2}|co\.[a-z]{2}|com\.[a-z]{2}))$/,
		name: 'Pinterest',
		cure: MOVE,
	},
	{ host: /^(?:(?:www|m|web)\.)?facebook\.com$/, name: 'Facebook', cure: MOVE },
	// These keep their pictures on hosts of other names, such as pbs.twimg.com and i.redd.it.
	{ host: /^(?:(?:www|mobile|m)\.)?(?:x|twitter)\.com$/, name: 'X', cure: MOVE },
	{ host: /^(?:[\w-]+\.)?tiktok\.com$/, name: 'TikTok', cure: MOVE },
	{ host: /^(?:[\w-]+\.)?linkedin\.com$/, name: 'LinkedIn', cure: MOVE },
	{ host: /^(?:www\.)?threads\.(?:net|com)$/, name: 'Threads', cure: MOVE },
	{ host: /^(?:(?:[\w-]+\.)?reddit\.com|redd\.it)$/, name: 'Reddit', cure: MOVE },
	{ host: /^(?:(?:(?:www|m)\.)?flickr\.com|flic\.kr)$/, name: 'Flickr', cure: MOVE },
	{
		host: /^(?:(?:www|m)\.)?imgur\.com$/,
		name: 'Imgur',
		cure: MOVE,
		// With an ending it leads on to the picture itself.
		read: (url) => (LAST_IS_FILE.test(url.pathname) ? url : 'page'),
	},
	{
		host: /^(?:www\.)?airtable\.com$/,
		name: 'Airtable',
		cure: "Use the picture's attachment field in the expression, or load the file before this node and choose Input Data.",
	},
];

/** A host and a path without the scheme, as a browser shows them. */
const HOST_AND_PATH = /^(?:[\p{L}\d_-]+\.)+\p{L}{2,}(?::\d+)?\//u;

/** An address that was pasted behind what was there already. */
const SCHEME_TWICE = /^https?:\/\/(?=https?:\/\/)/i;

function completed(text: string): string {
	if (text.startsWith('//')) return `https:${text}`;
	return HOST_AND_PATH.test(text) ? `https://${text}` : text.replace(SCHEME_TWICE, '');
}

/** A percent sign that begins no encoded letter is one of the file's name. */
const LONE_PERCENT = /%(?![0-9a-f]{2})/gi;

/**
 * A name with a number sign, as in "look #2.jpg": what is behind it would never be asked for. With
 * words right behind it, as in "123#image.jpg", it is what people append for tools that want an ending.
 */
const HASH_IN_NAME = /^[^#?]*\/[^#?/.]*(?:(?:\s|%20)#|#\d)[^?/]*\.\w{3,4}(?:\?|$)/;

/** How HTML, from which addresses are copied, writes an ampersand. */
const AMPERSAND = /&amp;/g;

/** @throws Refusal when it is none, or one that whoever opens it cannot get to */
function webAddress(text: string, opener: Opener): URL {
	const whole = completed(text).replace(LONE_PERCENT, '%25').replace(AMPERSAND, '&');
	const url = urlOf(HASH_IN_NAME.test(whole) ? whole.replace(/#/g, '%23') : whole);
	if (url?.protocol === 'https:' || url?.protocol === 'http:') {
		if (!isOutOfReach(url, opener)) return url;
		const where = isLoopback(url) ? 'on the machine of n8n itself' : 'in a private network';
		throw new Refusal(
			`is ${shown(text)}, ${where}, where the service cannot get`,
			'Load the picture before this node, such as with HTTP Request, and choose Input Data.',
		);
	}
	const cure = text.includes(OBJECT_AS_TEXT) ? ALONE : CURE;
	throw new Refusal(`is ${shown(text)}, which is no web address`, cure);
}

/**
 * The address under which a service gets a file, from an address as people have it: without its
 * scheme, with blanks or umlauts in it, or the link with which a drive shares the file.
 *
 * Whoever is asked for a picture by an address cannot log in or click; what is known to be a page
 * or a folder is refused here, before anything is paid.
 *
 * @param opener who opens it: n8n itself gets wherever its own network leads
 * @returns an address of http(s) in plain ASCII, since Astria "could not download" any other; or a
 * data URI, of which nothing is checked
 * @throws Refusal
 */
export function fileAddress(text: string, opener: Opener = 'service'): string {
	if (/^data:/i.test(text)) return `data:${text.slice('data:'.length)}`;
	const url = webAddress(text, opener);
	const site = SITES.find(({ host }) => host.test(url.hostname));
	// Where dots of a path were resolved, a sign can have come to stand before another address.
	if (site === undefined) return url.href.replace(/[,;|](?=\/\/)/g, encodeURIComponent);
	const file = site.read?.(url) ?? 'page';
	if (typeof file !== 'string') return file.href;
	throw new Refusal(`is ${shown(text)}, a ${file} of ${site.name}, not a picture`, site.cure);
}
