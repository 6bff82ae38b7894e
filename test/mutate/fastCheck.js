const fastCheck = require('fast-check-itself');

// That a property fails is enough; the simplest case that shows it would take hundreds of runs more.
fastCheck.configureGlobal({ endOnFailure: true });

module.exports = fastCheck;
