const { n8n } = require('./package.json');

// n8n itself loads the files that package.json names; this is for `require` by the package's name.
for (const file of [...n8n.nodes, ...n8n.credentials]) {
	const [name] = file.slice(file.lastIndexOf('/') + 1).split('.');
	Object.defineProperty(exports, name, {
		enumerable: true,
		get: () => require(`./${file}`)[name],
	});
}
