import assert from 'node:assert/strict';
import { Client, LOG_LEVEL_META_KEY, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { args } from './args.mjs';
import { Notes, run } from './checks.mjs';

// The official TypeScript client, version 2, against one MCP endpoint: one JSON line per check on standard output.

const MODERN = '2026-07-28';
const options = args(
  { era: 'modern', upstream: '', prefix: '', 'uri-prefix': '', suite: 'fixture', only: '', skip: '', token: '' },
  'client-v2.mjs URL [--era modern|legacy|auto] [--upstream modern|legacy] [--prefix P] [--uri-prefix P] [--suite fixture|everything]',
);
options.upstream ||= options.era === 'auto' ? 'modern' : options.era;

class Peer extends Notes {
  constructor(capabilities) {
    super();
    this.client = new Client(
      { name: 'headgate-interop-v2', version: '1.0.0' },
      {
        capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {}, ...capabilities },
        versionNegotiation: { mode: options.era === 'modern' ? { pin: MODERN } : options.era },
      },
    );
    this.client.setRequestHandler('elicitation/create', (request, { mcpReq }) => this.answers.elicitation(request, mcpReq.signal));
    this.client.setRequestHandler('sampling/createMessage', request => this.answers.sampling(request));
    this.client.setRequestHandler('roots/list', () => {
      this.asked.push('roots');
      return { roots: [{ uri: 'file:///srv/data', name: 'data' }] };
    });
    this.client.setNotificationHandler('notifications/message', ({ params }) => this.loggedNow(params));
    this.client.setNotificationHandler('notifications/tools/list_changed', () => this.changedNow('tools'));
    this.client.setNotificationHandler('notifications/prompts/list_changed', () => this.changedNow('prompts'));
    this.client.setNotificationHandler('notifications/resources/updated', ({ params }) => this.changedNow(params.uri));
  }

  async callTool(name, input, { logLevel, ...rest } = {}) {
    const params = { name, arguments: input };
    if (logLevel && this.client.getProtocolEra() === 'modern') params._meta = { [LOG_LEVEL_META_KEY]: logLevel };
    else if (logLevel) await this.client.setLoggingLevel(logLevel);
    return this.client.callTool(params, rest);
  }

  listTools = async () => (await this.client.listTools()).tools;
  listPrompts = async () => (await this.client.listPrompts()).prompts;
  listResources = async () => (await this.client.listResources()).resources;
  listResourceTemplates = async () => (await this.client.listResourceTemplates()).resourceTemplates;

  async listen(filter) {
    if (this.client.getProtocolEra() === 'modern') {
      const subscription = await this.client.listen(filter);
      assert.deepEqual(subscription.honoredFilter, filter);
      return async () => {
        await subscription.close();
        assert.equal(await subscription.closed, 'local');
      };
    }
    await this.until(() => this.streams > 0, () => 'no stream of the session');
    const uris = filter.resourceSubscriptions ?? [];
    for (const uri of uris) await this.client.subscribeResource({ uri });
    return async () => {
      for (const uri of uris) await this.client.unsubscribeResource({ uri });
    };
  }

  async close() {
    if (this.client.getProtocolEra() === 'legacy') await this.transport.terminateSession();
    await this.client.close();
  }
}

/** A new connection, with more capabilities than the usual ones if they are given. */
async function connect(capabilities) {
  const peer = new Peer(capabilities);
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
  peer.transport = new StreamableHTTPClientTransport(new URL(options.url), { requestInit: { headers }, fetch: peer.fetch });
  await peer.client.connect(peer.transport);
  if (options.era !== 'auto') assert.equal(peer.client.getProtocolEra(), options.era);
  return peer;
}

process.exit(await run(options, connect));
