import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { args } from './args.mjs';
import { Notes, run } from './checks.mjs';

// The official TypeScript client, version 1, which most hosts still run: Streamable HTTP, or HTTP+SSE of 2024-11-05.

const options = args(
  { transport: 'http', upstream: 'legacy', prefix: '', 'uri-prefix': '', suite: 'fixture', only: '', skip: '', token: '' },
  'client-v1.mjs URL [--transport http|sse] [--upstream modern|legacy] [--prefix P] [--uri-prefix P] [--suite fixture|everything]',
);
options.era = 'legacy';

class Peer extends Notes {
  constructor(capabilities) {
    super();
    const declared = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {}, ...capabilities };
    this.client = new Client({ name: 'headgate-interop-v1', version: '1.0.0' }, { capabilities: declared });
    this.client.setRequestHandler(ElicitRequestSchema, (request, { signal }) => this.answers.elicitation(request, signal));
    this.client.setRequestHandler(CreateMessageRequestSchema, request => this.answers.sampling(request));
    if (declared.roots) {
      this.client.setRequestHandler(ListRootsRequestSchema, () => {
        this.asked.push('roots');
        return { roots: [{ uri: 'file:///srv/data', name: 'data' }] };
      });
    }
    this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => this.loggedNow(params));
    this.client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.changedNow('tools'));
    this.client.setNotificationHandler(PromptListChangedNotificationSchema, () => this.changedNow('prompts'));
    this.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => this.changedNow(params.uri));
  }

  async callTool(name, input, { logLevel, ...rest } = {}) {
    if (logLevel) await this.client.setLoggingLevel(logLevel);
    if (options.transport === 'sse' && rest.onprogress) {
      this.onprogress = rest.onprogress;
      rest.onprogress = () => {};
    }
    return this.client.callTool({ name, arguments: input }, undefined, rest);
  }

  listTools = () => pages(cursor => this.client.listTools(cursor), 'tools');
  listPrompts = () => pages(cursor => this.client.listPrompts(cursor), 'prompts');
  listResources = () => pages(cursor => this.client.listResources(cursor), 'resources');
  listResourceTemplates = () => pages(cursor => this.client.listResourceTemplates(cursor), 'resourceTemplates');

  async listen({ resourceSubscriptions = [] }) {
    if (options.transport === 'http') await this.until(() => this.streams > 0, () => 'no stream of the session');
    for (const uri of resourceSubscriptions) await this.client.subscribeResource({ uri });
    return async () => {
      for (const uri of resourceSubscriptions) await this.client.unsubscribeResource({ uri });
    };
  }

  async close() {
    await this.transport.terminateSession?.();
    await this.client.close();
  }
}

async function pages(page, key) {
  const all = [];
  let cursor;
  do {
    const result = await page(cursor === undefined ? undefined : { cursor });
    all.push(...result[key]);
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  return all;
}

/** A new connection, with more capabilities than the usual ones if they are given. */
async function connect(capabilities) {
  const peer = new Peer(capabilities);
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
  const Transport = options.transport === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
  peer.transport = new Transport(new URL(options.url), { requestInit: { headers }, fetch: peer.fetch });
  await peer.client.connect(peer.transport);
  if (options.transport === 'sse') {
    // This client forgets the progress callback of a call before it delivers progress that came in one chunk with the
    // result, so what arrived is seen here.
    const deliver = peer.transport.onmessage;
    peer.transport.onmessage = message => {
      if (message.method === 'notifications/progress') peer.onprogress?.(message.params);
      deliver(message);
    };
  }
  return peer;
}

process.exit(await run(options, connect));
