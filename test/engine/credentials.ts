import {
	ICredentialsHelper,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IHttpRequestOptions,
	type ICredentials,
	type INodeProperties,
} from 'n8n-workflow';

/** A credential as a test has it: a type of this package, and its data. */
export interface TestCredential {
	type: string;
	credentialType: ICredentialType;
	data: ICredentialDataDecryptedObject;
}

/** n8n's credentials, of which there is one. */
export class TestCredentials extends ICredentialsHelper {
	constructor(private readonly credential: TestCredential) {
		super();
	}

	override getParentTypes(): string[] {
		return [];
	}

	override isCredentialUsableByNode(): boolean {
		return true;
	}

	override async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const { authenticate } = this.credential.credentialType;
		if (typeof authenticate !== 'function') throw new Error('Only functions are supported here');
		return await authenticate(credentials, request);
	}

	override async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	override async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	override async getCredentials(): Promise<ICredentials> {
		return await Promise.reject(new Error('Not part of a test'));
	}

	override async getDecrypted(): Promise<ICredentialDataDecryptedObject> {
		return this.credential.data;
	}

	override async updateCredentials(): Promise<void> {}

	override async updateCredentialsOauthTokenData(): Promise<void> {}

	override getCredentialsProperties(): INodeProperties[] {
		return this.credential.credentialType.properties;
	}
}
