import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { args, print } from './args.mjs';

// A server made with the TypeScript SDK, version 1, as most servers are: the legacy part of the conformance fixture at
// /mcp (Streamable HTTP with sessions, or without them), at /sse (HTTP+SSE of 2024-11-05), or on standard input.
// Prints {"port":…}, and {"cancelled":"sleep"} when a caller gives up; nothing on stdio.

const options = args({ port: '0', stateless: false, stdio: false }, 'server-v1.mjs [--port N] [--stateless] [--stdio]');
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

// Whose users were sent to a page, by the visit that the call names.
const visits = new Set();

// One for each session: tells it of a resource that it watches.
const watchers = new Set();

function serverFor() {
  const server = new McpServer(
    { name: 'headgate-interop-server-v1', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
        extensions: { 'io.modelcontextprotocol/ui': {} },
      },
    },
  );
  const watched = new Set();
  const tell = async uri => watched.has(uri) && (await server.server.sendResourceUpdated({ uri }));
  watchers.add(tell);
  server.server.onclose = () => watchers.delete(tell);
  const tool = (name, description, inputSchema, body) => server.registerTool(name, { description, inputSchema }, body);

  tool('echo', 'Says what you said', { message: z.string() }, ({ message }) => says(message));
  tool('sleep', 'Answers after a while', { ms: z.number() }, async ({ ms }, { signal }) => {
    try {
      await pause(ms, undefined, { signal });
    } catch (error) {
      if (!options.stdio) print({ cancelled: 'sleep' });
      throw error;
    }
    return says(`slept ${ms} ms`);
  });
  tool('chatty', 'Streams progress', { frames: z.number(), gapMs: z.number() }, async ({ frames, gapMs }, extra) => {
    for (let frame = 1; frame <= frames; frame++) {
      await progress(extra, frame, frames);
      await pause(gapMs);
    }
    return says(`${frames} frames`);
  });
  tool('test_simple_text', 'A line of text', {}, () => says('This is a simple text response for testing.'));
  tool('test_embedded_resource', 'A resource in the result', {}, () => ({
    content: [{ type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'Embedded' } }],
  }));
  tool('test_error_handling', 'Always fails', {}, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  tool('test_tool_with_progress', 'Progress 0, 50 and 100', {}, async (_, extra) => {
    for (const step of [0, 50, 100]) {
      await progress(extra, step, 100);
      await pause(50);
    }
    return says('Done');
  });
  tool('test_tool_with_logging', 'Logs three lines', {}, async (_, { sendNotification }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
      await pause(50);
    }
    return says('Logged');
  });
  tool('test_elicitation', 'Asks for a name and an address', { message: z.string() }, async ({ message }, { sendRequest }) => {
    const requestedSchema = {
      type: 'object',
      properties: { username: { type: 'string' }, email: { type: 'string' } },
      required: ['username', 'email'],
    };
    const answer = await sendRequest({ method: 'elicitation/create', params: { message, requestedSchema } }, ElicitResultSchema);
    return says(`User response: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
  });
  tool('test_sampling', 'Asks the model', { prompt: z.string() }, async ({ prompt }, { sendRequest }) => {
    const params = { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 };
    const answer = await sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
    return says(`LLM response: ${answer.content.text}`);
  });
  // What does not name its call goes on the session's own stream, which is how most servers of this SDK ask.
  tool('asks_outside', 'Asks, logs and tells of progress outside of its call', {}, async (_, { _meta }) => {
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const asked = await server.server.elicitInput({ message: 'Who are you?', requestedSchema });
    const messages = [{ role: 'user', content: { type: 'text', text: 'Which capital?' } }];
    const sampled = await server.server.createMessage({ messages, maxTokens: 100 });
    const { roots } = await server.server.listRoots();
    await server.server.notification({ method: 'notifications/message', params: { level: 'info', data: 'Asked all' } });
    const params = { progressToken: _meta?.progressToken, progress: 1, total: 7 };
    if (params.progressToken !== undefined) await server.server.notification({ method: 'notifications/progress', params });
    // They come on another connection than the result, which must not be there first.
    await pause(200);
    return says(`${asked.content?.name}, ${sampled.content.text}, ${roots.map(root => root.uri)}`);
  });
  tool('ask_by_url', 'Sends the user to a page', {}, async (_, { sendRequest, signal }) => {
    const params = { mode: 'url', elicitationId: randomUUID(), message: 'Please sign', url: 'https://pages.example/sign?for=Ada' };
    return says((await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema, { signal })).action);
  });
  tool('test_roots', 'Asks for the roots', {}, async (_, { sendRequest }) => {
    const { roots } = await sendRequest({ method: 'roots/list' }, ListRootsResultSchema);
    return says(roots.map(root => root.uri).join(', '));
  });
  const question = (message, field) => {
    const requestedSchema = { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] };
    return { mode: 'form', message, requestedSchema };
  };
  tool('ask_twice', 'Asks for a name, and then for a colour', {}, async (_, { sendRequest }) => {
    const ask = params => sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    const name = (await ask(question('Which name?', 'name'))).content.name;
    return says(`${name} likes ${(await ask(question('Which colour?', 'colour'))).content.colour}`);
  });
  tool('ask_outside', 'Asks on the stream of the session, not on that of the call', {}, async () =>
    says((await server.server.elicitInput(question('Outside?', 'name'))).content.name),
  );
  tool('needs_page', 'Works after a page was seen', { visit: z.string() }, ({ visit }) => {
    if (visits.has(visit)) return says(`seen ${visit}`);
    visits.add(visit);
    const url = `https://pages.example/${visit}`;
    throw new UrlElicitationRequiredError([{ mode: 'url', elicitationId: visit, message: 'Please look', url }]);
  });
  tool('link', 'A link to a resource', {}, () => ({
    content: [{ type: 'resource_link', uri: 'test://static-text', name: 'static text' }],
  }));
  const outputSchema = { degrees: z.number(), unit: z.string() };
  server.registerTool('structured', { description: 'An object', inputSchema: {}, outputSchema }, () => ({
    ...says('21.5 C'),
    structuredContent: { degrees: 21.5, unit: 'C' },
  }));
  const _meta = { ui: { resourceUri: 'ui://clock/view', visibility: ['model', 'app'] } };
  server.registerTool('clock', { description: 'The time, with a face', inputSchema: {}, _meta }, () => says('noon'));
  tool('test_trigger_tool_change', 'Says that the tools changed', {}, () => {
    server.sendToolListChanged();
    return says('Told');
  });
  tool('test_trigger_prompt_change', 'Says that the prompts changed', {}, () => {
    server.sendPromptListChanged();
    return says('Told');
  });
  tool('test_trigger_resource_update', 'Says that the watched resource changed', {}, async () => {
    const uri = 'test://watched-resource';
    if (watched.has(uri)) await server.server.sendResourceUpdated({ uri });
    return says('Told');
  });

  tool('update_for_all', 'Tells every session of the watched resource', {}, async () => {
    for (const tell of watchers) await tell('test://watched-resource');
    return says('Told');
  });

  server.registerPrompt('test_simple_prompt', { description: 'A prompt' }, () => user('This is a simple prompt for testing.'));
  const word = completable(z.string(), start => ['paris', 'park', 'party'].filter(one => one.startsWith(start)));
  server.registerPrompt('test_prompt_with_arguments', { description: 'Two words', argsSchema: { arg1: word, arg2: word } }, words =>
    user(`Prompt with arguments: arg1='${words.arg1}', arg2='${words.arg2}'`),
  );

  const resource = (name, uri, mimeType, body) =>
    server.registerResource(name, uri, { description: `The ${name} resource`, mimeType }, found => ({
      contents: [{ uri: found.href, mimeType, ...body }],
    }));
  resource('static text', 'test://static-text', 'text/plain', { text: 'This is the content of the static text resource.' });
  resource('static binary', 'test://static-binary', 'image/png', { blob: PNG });
  resource('watched', 'test://watched-resource', 'text/plain', { text: 'Watched' });
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'The template', mimeType: 'application/json' },
    (uri, { id }) => ({ contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id }) }] }),
  );
  const csp = { connectDomains: ['https://api.example'], resourceDomains: [] };
  resource('clock', 'ui://clock/view', 'text/html;profile=mcp-app', { text: '<p>noon</p>', _meta: { ui: { csp } } });
  const numbered = Array.from({ length: 300 }, (_, n) => ({ uri: `test://numbered/${n + 1}`, name: `number ${n + 1}` }));
  server.registerResource(
    'numbered',
    new ResourceTemplate('test://numbered/{n}', { list: () => ({ resources: numbered }) }),
    { description: 'More than one page' },
    (uri, { n }) => ({ contents: [{ uri: uri.href, text: n }] }),
  );
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    watched.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
  return server;
}

function says(text) {
  return { content: [{ type: 'text', text }] };
}

function user(text) {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}

async function progress({ _meta, sendNotification }, done, total) {
  if (_meta?.progressToken === undefined) return;
  const params = { progressToken: _meta.progressToken, progress: done, total };
  await sendNotification({ method: 'notifications/progress', params });
}

const sessions = new Map();

async function streamable(req, res) {
  const id = req.headers['mcp-session-id'];
  if (id && !sessions.has(id)) return res.writeHead(404).end();
  let transport = sessions.get(id);
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: options.stateless ? undefined : () => randomUUID(),
      onsessioninitialized: session => sessions.set(session, transport),
      onsessionclosed: session => sessions.delete(session),
    });
    await serverFor().connect(transport);
  }
  await transport.handleRequest(req, res);
}

async function sse(req, res) {
  const transport = new SSEServerTransport('/messages', res);
  sessions.set(transport.sessionId, transport);
  res.on('close', () => sessions.delete(transport.sessionId));
  await serverFor().connect(transport);
}

async function serve(req, res) {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost');
  if (pathname === '/mcp') return streamable(req, res);
  if (pathname === '/sse' && req.method === 'GET') return sse(req, res);
  const transport = sessions.get(searchParams.get('sessionId'));
  if (pathname === '/messages' && transport) return transport.handlePostMessage(req, res);
  return res.writeHead(404).end();
}

if (options.stdio) {
  await serverFor().connect(new StdioServerTransport());
} else {
  const http = createServer((req, res) =>
    serve(req, res).catch(error => {
      console.error(error);
      if (!res.headersSent) res.writeHead(500).end();
    }),
  );
  http.listen(Number(options.port), '127.0.0.1', () => print({ port: http.address().port }));
}
