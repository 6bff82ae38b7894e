import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';

/** A line of n8n's log. */
export interface LogLine {
	level: 'debug' | 'info' | 'warn' | 'error';
	text: string;
}

/** What n8n writes into its log meanwhile. */
export interface LogBook {
	lines: LogLine[];
	/** Lets n8n write where it wrote before. */
	restore(): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Keeps n8n's log of every level, with what is told beside a message. */
export function keepLog(): LogBook {
	const logger = Container.get(Logger);
	const lines: LogLine[] = [];
	for (const level of LEVELS) {
		logger[level] = (message, metadata) => {
			lines.push({ level, text: `${message} ${JSON.stringify(metadata ?? {})}` });
		};
	}
	return {
		lines,
		restore() {
			// What was put onto the instance hides the methods of its class.
			for (const level of LEVELS) Reflect.deleteProperty(logger, level);
		},
	};
}
