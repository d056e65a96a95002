import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from '@modelcontextprotocol/node';
import {
  acceptedContent,
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  isLegacyRequest,
  McpServer,
  ProtocolError,
  ResourceTemplate,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { args, print } from './args.mjs';

// A server made with the TypeScript SDK, version 2: the conformance fixture and a few tools for tests. Modern, legacy
// (with sessions), or both on one endpoint. Prints {"port":…}, and {"cancelled":"sleep"} when a caller gives up.

const options = args({ port: '0', era: 'both' }, 'server-v2.mjs [--port N] [--era modern|legacy|both]');
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';
const states = createRequestStateCodec({ key: randomBytes(32), ttlSeconds: 600 });

// Whose users were sent to a page, by the visit that the call names.
const visits = new Set();

function serverFor(era, changes) {
  const server = new McpServer(
    { name: 'headgate-interop-server', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
        extensions: { 'io.modelcontextprotocol/ui': {} },
      },
      requestState: { verify: states.verify },
      cacheHints: { 'tools/list': { ttlMs: 1_000, scope: 'public' } },
    },
  );
  const tool = (name, description, inputSchema, body) => server.registerTool(name, { description, inputSchema }, body);
  const NOTHING = z.object({});

  tool('echo', 'Says what you said', z.object({ message: z.string() }), ({ message }) => says(message));
  tool('sleep', 'Answers after a while', z.object({ ms: z.number() }), async ({ ms }, { mcpReq }) => {
    try {
      await pause(ms, undefined, { signal: mcpReq.signal });
    } catch (error) {
      print({ cancelled: 'sleep' });
      throw error;
    }
    return says(`slept ${ms} ms`);
  });
  tool('chatty', 'Streams progress', z.object({ frames: z.number(), gapMs: z.number() }), async ({ frames, gapMs }, { mcpReq }) => {
    for (let frame = 1; frame <= frames; frame++) {
      await progress(mcpReq, frame, frames);
      await pause(gapMs);
    }
    return says(`${frames} frames`);
  });

  tool('test_simple_text', 'A line of text', NOTHING, () => says('This is a simple text response for testing.'));
  tool('test_image_content', 'An image', NOTHING, () => ({ content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }));
  tool('test_audio_content', 'A sound', NOTHING, () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }));
  tool('test_embedded_resource', 'A resource in the result', NOTHING, () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }));
  tool('test_multiple_content_types', 'Text, image and resource', NOTHING, () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }));
  tool('test_error_handling', 'Always fails', NOTHING, () => ({
    isError: true,
    content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
  }));
  tool('test_tool_with_progress', 'Progress 0, 50 and 100', NOTHING, async (_, { mcpReq }) => {
    for (const step of [0, 50, 100]) {
      await progress(mcpReq, step, 100);
      await pause(50);
    }
    return says('Done');
  });
  const logs = async (_, { mcpReq }) => {
    for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', line, 'headgate-interop');
      await pause(50);
    }
    return says('Logged');
  };
  tool('test_tool_with_logging', 'Logs three lines', NOTHING, logs);
  tool('test_logging_tool', 'Logs three lines', NOTHING, logs);
  tool('test_trigger_tool_change', 'Says that the tools changed', NOTHING, () => {
    changes.toolsChanged();
    return says('Told');
  });
  tool('test_trigger_prompt_change', 'Says that the prompts changed', NOTHING, () => {
    changes.promptsChanged();
    return says('Told');
  });
  tool('test_trigger_resource_update', 'Says that the watched resource changed', NOTHING, () => {
    changes.resourceUpdated('test://watched-resource');
    return says('Told');
  });
  tool('json_schema_2020_12_tool', 'A schema of many keywords', fromJsonSchema(manyKeywords()), () => says('Valid'));
  tool('test_routed', 'An argument that travels as a header', fromJsonSchema(routed()), ({ region }) => says(`${region}`));
  tool('test_reconnection', 'Closes the stream of its own call', NOTHING, async (_, { http }) => {
    http?.closeSSE?.();
    await pause(100);
    return says('Reconnected');
  });

  // One code for both eras: the SDK turns these into requests of the server when the client is a legacy one.
  tool('test_elicitation', 'Asks for a name and an address', z.object({ message: z.string() }), ({ message }, { mcpReq }) =>
    answeredForm(mcpReq, 'User response', message, {
      properties: {
        username: { type: 'string', description: "User's response" },
        email: { type: 'string', description: "User's email address" },
      },
      required: ['username', 'email'],
    }),
  );
  tool('test_elicitation_sep1034_defaults', 'Asks with default values', NOTHING, (_, { mcpReq }) =>
    answeredForm(mcpReq, 'Elicitation completed', 'Please review the defaults', {
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    }),
  );
  tool('test_elicitation_sep1330_enums', 'Asks with every kind of choice', NOTHING, (_, { mcpReq }) =>
    answeredForm(mcpReq, 'Elicitation completed', 'Please choose', { properties: choices() }),
  );
  tool('test_sampling', 'Asks the model', z.object({ prompt: z.string() }), ({ prompt }, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'answer');
    if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { answer: question(prompt) } });
    return says(`LLM response: ${answer.result.content.text}`);
  });
  tool('ask_by_url', 'Sends the user to a page', NOTHING, (_, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'page');
    if (answer.kind === 'elicit') return says(answer.action);
    const page = inputRequired.elicitUrl({ message: 'Please sign', url: 'https://pages.example/sign?for=Ada' });
    return inputRequired({ inputRequests: { page } });
  });
  tool('test_roots', 'Asks for the roots', NOTHING, (_, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'roots');
    if (answer.kind === 'roots') return says(answer.roots.map(root => root.uri).join(', '));
    return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
  });
  tool('ask_twice', 'Asks for a name, and then for a colour', NOTHING, async (_, { mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'name', z.object({ name: z.string() }));
    const name = given?.name ?? mcpReq.requestState()?.name;
    if (!name) return askFor('name', 'Which name?', { name: { type: 'string' } });
    const colour = acceptedContent(mcpReq.inputResponses, 'colour', z.object({ colour: z.string() }));
    return colour ? says(`${name} likes ${colour.colour}`) : askFor('colour', 'Which colour?', { colour: { type: 'string' } }, { name });
  });
  if (era === 'legacy') {
    tool('ask_outside', 'Asks on the stream of the session, not on that of the call', NOTHING, async () => {
      const { params } = formRequest('Outside?', { name: { type: 'string' } });
      return says((await server.server.elicitInput(params)).content.name);
    });
  }
  tool('test_missing_capability', 'Needs sampling', NOTHING, (_, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'answer');
    return answer.kind === 'sampling' ? says('Sampled') : inputRequired({ inputRequests: { answer: question('Anything?') } });
  });
  tool('test_streaming_elicitation', 'Progress, then a question', NOTHING, async (_, { mcpReq }) => {
    await progress(mcpReq, 1, 2);
    return form(mcpReq, 'user_name', 'What is your name?', 'name') ?? says('Thank you');
  });

  if (era === 'legacy') {
    tool('needs_page', 'Works after a page was seen', z.object({ visit: z.string() }), ({ visit }) => {
      if (visits.has(visit)) return says(`seen ${visit}`);
      visits.add(visit);
      const url = `https://pages.example/${visit}`;
      throw new UrlElicitationRequiredError([{ mode: 'url', elicitationId: visit, message: 'Please look', url }]);
    });
  }

  tool('link', 'A link to a resource', NOTHING, () => ({
    content: [{ type: 'resource_link', uri: 'test://static-text', name: 'static text' }],
  }));
  const structured = (name, outputSchema, structuredContent, content = []) =>
    server.registerTool(name, { description: 'Structured', inputSchema: NOTHING, outputSchema }, () => ({ content, structuredContent }));
  structured('structured', z.object({ degrees: z.number(), unit: z.string() }), { degrees: 21.5, unit: 'C' }, says('21.5 C').content);
  structured('structured_list', z.array(z.number()), [3, 5, 8]);
  const _meta = { ui: { resourceUri: 'ui://clock/view', visibility: ['model', 'app'] } };
  server.registerTool('clock', { description: 'The time, with a face', inputSchema: NOTHING, _meta }, () => says('noon'));

  const asksForTheName = (_, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', z.object({ name: z.string() }));
    return answer ? says(`Hello, ${answer.name}!`) : askFor('user_name', 'What is your name?', { name: { type: 'string' } });
  };
  tool('test_input_required_result_elicitation', 'Asks for a name', NOTHING, asksForTheName);
  tool('test_input_required_result_sampling', 'Asks the model for a capital', NOTHING, (_, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind === 'sampling') return says(answer.result.content.text);
    return inputRequired({ inputRequests: { capital_question: question('What is the capital of France?') } });
  });
  tool('test_input_required_result_list_roots', 'Asks for the roots', NOTHING, (_, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind === 'roots') return says(answer.roots.map(root => root.uri).join(', ') || 'no roots');
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool('test_input_required_result_request_state', 'Asks and keeps a state', NOTHING, async (_, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'confirm');
    if (answer && mcpReq.requestState()?.step === 'confirm') return says('state-ok');
    return askFor('confirm', 'Please confirm', { ok: { type: 'boolean' } }, { step: 'confirm' });
  });
  tool('test_input_required_result_multiple_inputs', 'Asks three things at once', NOTHING, async (_, { mcpReq }) => {
    const kinds = ['user_name', 'greeting', 'client_roots'].map(key => inputResponse(mcpReq.inputResponses, key).kind);
    if (!kinds.includes('missing')) return says(`Answered: ${kinds.join(', ')}`);
    return inputRequired({
      inputRequests: {
        user_name: formRequest('What is your name?', { name: { type: 'string' } }),
        greeting: question('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await states.mint({ step: 'several' }),
    });
  });
  tool('test_input_required_result_multi_round', 'Asks twice', NOTHING, async (_, { mcpReq }) => {
    const state = mcpReq.requestState();
    const first = acceptedContent(mcpReq.inputResponses, 'step1');
    if (!state || (state.step === 1 && !first)) {
      return askFor('step1', 'Step 1: What is your name?', { name: { type: 'string' } }, { step: 1 });
    }
    const second = acceptedContent(mcpReq.inputResponses, 'step2');
    const name = state.name ?? first.name;
    if (!second) {
      return askFor('step2', 'Step 2: What is your favorite color?', { color: { type: 'string' } }, { step: 2, name });
    }
    return says(`${name} likes ${second.color}`);
  });
  tool('test_input_required_result_tampered_state', 'Asks and guards its state', NOTHING, async (_, { mcpReq }) =>
    mcpReq.requestState() && acceptedContent(mcpReq.inputResponses, 'confirm')
      ? says('state-ok')
      : askFor('confirm', 'Please confirm', { ok: { type: 'boolean' } }, { step: 'guarded' }),
  );
  tool('test_input_required_result_capabilities', 'Asks what the client can answer', NOTHING, (_, { mcpReq }) => {
    const capabilities =
      mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? server.server.getClientCapabilities() ?? {};
    const inputRequests = {};
    if (capabilities.elicitation) inputRequests.name = formRequest('What is your name?', { name: { type: 'string' } });
    if (capabilities.sampling) inputRequests.greeting = question('Generate a greeting');
    const open = Object.keys(inputRequests).some(key => inputResponse(mcpReq.inputResponses, key).kind === 'missing');
    return open ? inputRequired({ inputRequests }) : says('Answered');
  });

  const prompt = (name, description, argsSchema, body) => server.registerPrompt(name, { description, argsSchema }, body);
  prompt('test_simple_prompt', 'A prompt', undefined, () => user({ type: 'text', text: 'This is a simple prompt for testing.' }));
  const word = completable(z.string(), start => ['paris', 'park', 'party'].filter(one => one.startsWith(start)));
  prompt('test_prompt_with_arguments', 'A prompt of two words', z.object({ arg1: word, arg2: word }), ({ arg1, arg2 }) =>
    user({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }),
  );
  prompt('test_prompt_with_embedded_resource', 'A prompt with a resource', z.object({ resourceUri: z.string() }), ({ resourceUri }) => ({
    messages: [
      { role: 'user', content: embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.') },
      { role: 'user', content: { type: 'text', text: 'Please process the embedded resource above.' } },
    ],
  }));
  prompt('test_prompt_with_image', 'A prompt with an image', undefined, () => user({ type: 'image', data: PNG, mimeType: 'image/png' }));
  prompt('test_input_required_result_prompt', 'A prompt that asks', undefined, ctx => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_context');
    return answer
      ? user({ type: 'text', text: `Context: ${answer.context}` })
      : askFor('user_context', 'What context should the prompt use?', { context: { type: 'string' } });
  });

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
    (uri, { id }) => ({
      contents: [
        { uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) },
      ],
    }),
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
  if (era === 'legacy') {
    server.server.setRequestHandler('resources/subscribe', ({ params }) => {
      changes.watched.add(params.uri);
      return {};
    });
    server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
      changes.watched.delete(params.uri);
      return {};
    });
  }
  return server;
}

function says(text) {
  return { content: [{ type: 'text', text }] };
}

function user(content) {
  return { messages: [{ role: 'user', content }] };
}

function embedded(uri, mimeType, text) {
  return { type: 'resource', resource: { uri, mimeType, text } };
}

async function progress(mcpReq, done, total) {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: done, total } });
}

function question(text) {
  return inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 100 });
}

function formRequest(message, properties, required = Object.keys(properties)) {
  return inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } });
}

async function askFor(key, message, properties, state) {
  return inputRequired({
    inputRequests: { [key]: formRequest(message, properties) },
    ...(state && { requestState: await states.mint(state) }),
  });
}

function form(mcpReq, key, message, field) {
  const answered = inputResponse(mcpReq.inputResponses, key).kind !== 'missing';
  return answered ? undefined : askFor(key, message, { [field]: { type: 'string' } });
}

function answeredForm(mcpReq, what, message, { properties, required = [] }) {
  const answer = inputResponse(mcpReq.inputResponses, 'form');
  if (answer.kind !== 'elicit') return inputRequired({ inputRequests: { form: formRequest(message, properties, required) } });
  return says(`${what}: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
}

function choices() {
  const titled = ['First', 'Second', 'Third'].map((title, n) => ({ const: `value${n + 1}`, title: `${title} Option` }));
  const plain = ['option1', 'option2', 'option3'];
  return {
    untitledSingle: { type: 'string', enum: plain },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  };
}

function manyKeywords() {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  };
}

function routed() {
  return { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
}

// Sessions of the legacy era, each with a server of its own and everything it needs to resume a stream.
const sessions = new Map();

async function legacy(req, res, body) {
  const id = req.headers['mcp-session-id'];
  let transport = sessions.get(id);
  if (!transport && id) {
    return respond(res, 404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } });
  }
  if (!transport) {
    transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      eventStore: eventStore(),
      retryInterval: 500,
      onsessioninitialized: session => sessions.set(session, transport),
      onsessionclosed: session => sessions.delete(session),
    });
    const changes = { watched: new Set() };
    const server = serverFor('legacy', changes);
    changes.toolsChanged = () => server.server.sendToolListChanged();
    changes.promptsChanged = () => server.server.sendPromptListChanged();
    changes.resourceUpdated = uri => changes.watched.has(uri) && server.server.sendResourceUpdated({ uri });
    await server.connect(transport);
  }
  await transport.handleRequest(req, res, body);
}

function eventStore() {
  const events = [];
  return {
    storeEvent: async (stream, message) => {
      events.push({ stream, message });
      return `${stream}::${events.length}`;
    },
    replayEventsAfter: async (lastEventId, { send }) => {
      const [stream, count] = lastEventId.split('::');
      for (let n = Number(count); n < events.length; n++) {
        const event = events[n];
        if (event.stream === stream && event.message.jsonrpc) await send(`${stream}::${n + 1}`, event.message);
      }
      return stream;
    },
  };
}

function respond(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const modernHandler = createMcpHandler(({ era }) => serverFor(era, modernHandler.notify), { legacy: 'reject' });
const modern = toNodeHandler(modernHandler);
const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();

const http = createServer(async (req, res) => {
  if (!validHost(req, res) || !validOrigin(req, res)) return;
  if (!req.url.startsWith('/mcp')) return res.writeHead(404).end();
  try {
    if (options.era === 'modern') return await modern(req, res);
    if (options.era === 'legacy') return await legacy(req, res);
    const body = req.method === 'POST' ? await parsed(req) : undefined;
    const request = await toWebRequest(req, body);
    await ((await isLegacyRequest(request, body)) ? legacy(req, res, body) : modern(req, res, body));
  } catch (error) {
    console.error(error);
    if (!res.headersSent) respond(res, 500, { jsonrpc: '2.0', id: null, error: { code: -32603, message: String(error) } });
  }
});

async function parsed(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

http.listen(Number(options.port), '127.0.0.1', () => print({ port: http.address().port }));
