import assert from 'node:assert/strict';
import { print } from './args.mjs';
import { contents } from './contents.mjs';
import { refused, refusedOrError, settled, SKIPPED, text } from './outcome.mjs';

// What a client expects of the conformance fixture, whichever SDK and era it speaks. A peer is what client-v1.mjs and
// client-v2.mjs make of their SDK's client; `upstream` is the era of the server at the far end, which may be another, or
// `common` for the part of the fixture that the servers of all languages offer in both eras.

const DEADLINE_MS = 20_000;

export const fixture = {
  async connect({ peer }) {
    assert.equal(peer.client.getServerVersion()?.name?.length > 0, true, 'the server has a name');
    const capabilities = peer.client.getServerCapabilities();
    for (const kind of ['tools', 'prompts', 'resources', 'completions']) {
      assert.ok(capabilities[kind], `capability ${kind} in ${JSON.stringify(capabilities)}`);
    }
  },

  // The newer revision has none.
  async ping({ peer, era }) {
    if (era === 'modern') return SKIPPED;
    await peer.client.ping();
  },

  async listTools({ peer, name }) {
    const names = (await peer.listTools()).map(tool => tool.name);
    assert.equal(new Set(names).size, names.length, `unique names: ${names}`);
    for (const tool of ['echo', 'sleep', 'chatty', 'test_simple_text', 'test_tool_with_progress']) {
      assert.ok(names.includes(name(tool)), `${name(tool)} in ${names}`);
    }
  },

  async keepsTheSchema({ peer, name }) {
    const tool = (await peer.listTools()).find(candidate => candidate.name === name('echo'));
    assert.equal(tool.inputSchema.type, 'object');
    assert.ok(tool.inputSchema.properties.message, JSON.stringify(tool.inputSchema));
  },

  async call({ peer, name }) {
    const result = await peer.callTool(name('test_simple_text'), {});
    assert.equal(text(result), 'This is a simple text response for testing.');
  },

  async echo({ peer, name }) {
    const message = `"quoted" \\ back / slash \u0001 \u2028 \u00fc \u4f60 \u{1f40e} ${Math.random()}`;
    assert.ok(text(await peer.callTool(name('echo'), { message })).includes(message));
  },

  async largeMessage({ peer, name }) {
    const message = 'headgate'.repeat(32_768);
    assert.ok(text(await peer.callTool(name('echo'), { message })).includes(message));
  },

  async callsSideBySide({ peer, name }) {
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        assert.match(text(await peer.callTool(name('echo'), { message: `side ${n} by side` })), new RegExp(`side ${n} by`));
      }),
    );
  },

  // Every client of an SDK counts its request ids and progress tokens from the same number.
  async clientsDoNotMix({ connect, name }) {
    const peers = await Promise.all(Array.from({ length: 4 }, () => connect()));
    try {
      await Promise.all(
        peers.map(async (peer, n) => {
          const frames = n + 2;
          const progress = [];
          const [echo] = await Promise.all([
            peer.callTool(name('echo'), { message: `client ${n}.` }),
            peer.callTool(name('chatty'), { frames, gapMs: 5 }, { onprogress: p => progress.push(p.progress) }),
          ]);
          assert.match(text(echo), new RegExp(`client ${n}\\.`));
          assert.equal(progress.length, frames, `progress of client ${n}: ${progress}`);
        }),
      );
    } finally {
      await Promise.all(peers.map(peer => peer.close()));
    }
  },

  async toolError({ peer, name }) {
    const result = await peer.callTool(name('test_error_handling'), {});
    assert.equal(result.isError, true);
  },

  async unknownTool({ peer, name }) {
    await refusedOrError(peer.callTool(name('no_such_tool'), {}), [-32602]);
  },

  async progress({ peer, name }) {
    const seen = [];
    await peer.callTool(name('test_tool_with_progress'), {}, { onprogress: p => seen.push([p.progress, p.total]) });
    assert.deepEqual(seen, [[0, 100], [50, 100], [100, 100]]);
  },

  async chatty({ peer, name }) {
    const seen = [];
    await peer.callTool(name('chatty'), { frames: 25, gapMs: 2 }, { onprogress: p => seen.push(p.progress) });
    assert.equal(seen.length, 25);
    assert.deepEqual(seen, seen.toSorted((a, b) => a - b), 'progress increases');
  },

  async cancel({ peer, name }) {
    const cancelled = new AbortController();
    const call = peer.callTool(name('sleep'), { ms: 30_000 }, { signal: cancelled.signal });
    setTimeout(() => cancelled.abort('enough'), 500);
    await assert.rejects(call);
    assert.ok(text(await peer.callTool(name('echo'), { message: 'still here' })).includes('still here'));
  },

  async elicitation({ peer, name, upstream }) {
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      const fields = Object.keys(request.params.requestedSchema.properties);
      return { action: 'accept', content: Object.fromEntries(fields.map(f => [f, f.includes('email') ? 'a@b.example' : 'Ada'])) };
    };
    const result =
      upstream === 'modern'
        ? await peer.callTool(name('test_input_required_result_elicitation'), {})
        : await peer.callTool(name('test_elicitation'), { message: 'Who are you?' });
    assert.deepEqual(peer.asked, [upstream === 'modern' ? 'What is your name?' : 'Who are you?']);
    assert.match(text(result), /Ada/);
  },

  async declinedElicitation({ peer, name, upstream }) {
    peer.answers.elicitation = () => {
      peer.asked.push('declined');
      return peer.asked.length === 1 ? { action: 'decline' } : { action: 'accept', content: { name: 'Ada' } };
    };
    if (upstream === 'modern') {
      // Some servers take the refusal for an answer, others ask again.
      const result = await peer.callTool(name('test_input_required_result_elicitation'), {});
      assert.equal(text(result).includes('Ada'), peer.asked.length > 1, `${text(result)} after ${peer.asked}`);
    } else {
      const result = await peer.callTool(name('test_elicitation'), { message: 'Who are you?' });
      assert.match(text(result), /decline/);
      assert.equal(peer.asked.length, 1);
    }
  },

  async elicitationByUrl({ peer, name }) {
    peer.answers.elicitation = ({ params }) => {
      peer.asked.push([params.mode, params.url]);
      return { action: 'accept' };
    };
    const result = await peer.callTool(name('ask_by_url'), {});
    assert.deepEqual(peer.asked, [['url', 'https://pages.example/sign?for=Ada']]);
    assert.equal(text(result), 'accept');
  },

  // The error of a server with sessions, which a modern client is asked instead; its user agrees and the call is made again.
  async pageRequired({ peer, name, era, upstream }) {
    if (upstream !== 'legacy') return SKIPPED;
    peer.answers.elicitation = ({ params }) => {
      peer.asked.push([params.mode, params.url]);
      return { action: 'accept' };
    };
    const visit = `visit-${Math.random()}`;
    const page = `https://pages.example/${visit}`;
    if (era !== 'modern') {
      const { reason } = await settled(peer.callTool(name('needs_page'), { visit }));
      assert.equal(reason?.code, -32042, String(reason));
      assert.equal(reason.data.elicitations[0].url, page);
      assert.deepEqual(peer.asked, []);
    }
    assert.equal(text(await peer.callTool(name('needs_page'), { visit })), `seen ${visit}`);
    assert.deepEqual(peer.asked, era === 'modern' ? [['url', page]] : []);
  },

  // A client of a session cancels its call, and the question is withdrawn; a modern one just never comes back.
  async abandonedQuestion({ peer, name, era }) {
    const cancelled = new AbortController();
    peer.answers.elicitation = (_, signal) => {
      signal?.addEventListener('abort', () => peer.askedNow('withdrawn'));
      peer.askedNow('asked');
      return new Promise(() => {});
    };
    const call = settled(peer.callTool(name('ask_by_url'), {}, { signal: cancelled.signal }));
    await peer.until(() => peer.asked.length === 1, () => 'no question');
    if (era !== 'modern') {
      cancelled.abort('enough');
      assert.match(String((await call).reason), /enough/);
      await peer.until(() => peer.asked.includes('withdrawn'), () => 'the question was not withdrawn');
    }
    peer.answers.elicitation = () => ({ action: 'decline' });
    assert.equal(text(await peer.callTool(name('ask_by_url'), {})), 'decline');
  },

  async sampling({ peer, name, upstream }) {
    peer.answers.sampling = request => {
      peer.asked.push(request.params.messages.map(message => [message.content].flat()[0].text).join());
      return { role: 'assistant', model: 'none', stopReason: 'endTurn', content: { type: 'text', text: 'Paris, said Ada' } };
    };
    const result =
      upstream === 'modern'
        ? await peer.callTool(name('test_input_required_result_sampling'), {})
        : await peer.callTool(name('test_sampling'), { prompt: 'Which capital?' });
    assert.equal(peer.asked.length, 1);
    assert.match(peer.asked[0], upstream === 'modern' ? /capital/i : /Which capital\?/);
    assert.match(text(result), /Paris, said Ada/);
  },

  async roots({ peer, name, upstream }) {
    const tool = upstream === 'modern' ? 'test_input_required_result_list_roots' : 'test_roots';
    const result = await peer.callTool(name(tool), {});
    assert.deepEqual(peer.asked, ['roots']);
    assert.ok(text(result).length > 0);
  },

  async outsideOfTheCall({ peer, name }) {
    if (!(await peer.listTools()).some(tool => tool.name === name('asks_outside'))) return SKIPPED;
    peer.answers.elicitation = () => ({ action: 'accept', content: { name: 'Ada' } });
    peer.answers.sampling = () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'Paris' } });
    const seen = [];
    // The SDK of the newer era also tells of its rounds, in numbers of its own.
    const options = { logLevel: 'info', onprogress: p => p.total === 7 && seen.push(p.progress) };
    assert.equal(text(await peer.callTool(name('asks_outside'), {}, options)), 'Ada, Paris, file:///srv/data');
    assert.equal(peer.logged.length, 1, JSON.stringify(peer.logged));
    assert.equal(peer.logged[0].data, 'Asked all');
    assert.deepEqual(seen, [1]);
  },

  async severalQuestions({ peer, name, upstream }) {
    if (upstream !== 'modern') return SKIPPED;
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      return { action: 'accept', content: { name: 'Ada' } };
    };
    peer.answers.sampling = () => {
      peer.asked.push('sampling');
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Hello' } };
    };
    await peer.callTool(name('test_input_required_result_multiple_inputs'), {});
    assert.equal(new Set(peer.asked).size >= 2, true, `asked: ${peer.asked}`);
  },

  async rounds({ peer, name, upstream }) {
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      const [field] = Object.keys(request.params.requestedSchema.properties);
      return { action: 'accept', content: { [field]: field === 'name' ? 'Ada' : 'green' } };
    };
    const tool = upstream === 'modern' ? 'test_input_required_result_multi_round' : 'ask_twice';
    const result = await peer.callTool(name(tool), {});
    assert.equal(peer.asked.length, 2, `asked: ${peer.asked}`);
    assert.match(text(result), /Ada likes green/);
  },

  // The server asks on its session's stream, not on the call's.
  async askedOutside({ peer, name, upstream }) {
    if (upstream !== 'common') return SKIPPED;
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      return { action: 'accept', content: { name: 'Ada' } };
    };
    assert.equal(text(await peer.callTool(name('ask_outside'), {})), 'Ada');
    assert.deepEqual(peer.asked, ['Outside?']);
  },

  async requestState({ peer, name, upstream }) {
    if (upstream !== 'modern') return SKIPPED;
    peer.answers.elicitation = () => ({ action: 'accept', content: { ok: true } });
    assert.match(text(await peer.callTool(name('test_input_required_result_request_state'), {})), /state-ok/);
  },

  async promptThatAsks({ peer, name, upstream }) {
    if (upstream !== 'modern') return SKIPPED;
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      const fields = Object.keys(request.params.requestedSchema.properties);
      return { action: 'accept', content: Object.fromEntries(fields.map(field => [field, 'context by Ada'])) };
    };
    const prompt = await peer.client.getPrompt({ name: name('test_input_required_result_prompt') });
    assert.equal(peer.asked.length, 1);
    assert.ok(prompt.messages.length > 0);
  },

  async logging({ peer, name, upstream }) {
    const tool = name(upstream === 'modern' ? 'test_logging_tool' : 'test_tool_with_logging');
    await peer.callTool(tool, {}, { logLevel: 'info' });
    await peer.until(() => peer.logged.length >= (upstream === 'modern' ? 1 : 3), () => `logged: ${JSON.stringify(peer.logged)}`);
  },

  // The server closes the stream of the call before it answers.
  async resumption({ peer, name, upstream }) {
    if (upstream !== 'common') return SKIPPED;
    assert.equal(text(await peer.callTool(name('test_reconnection'), {})), 'Reconnected');
  },

  async prompts({ peer, name }) {
    const names = (await peer.listPrompts()).map(prompt => prompt.name);
    for (const prompt of ['test_simple_prompt', 'test_prompt_with_arguments']) {
      assert.ok(names.includes(name(prompt)), `${name(prompt)} in ${names}`);
    }
    const simple = await peer.client.getPrompt({ name: name('test_simple_prompt') });
    assert.equal(simple.messages[0].content.text, 'This is a simple prompt for testing.');
    const filled = await peer.client.getPrompt({
      name: name('test_prompt_with_arguments'),
      arguments: { arg1: 'first value', arg2: 'second value' },
    });
    assert.match(filled.messages[0].content.text, /first value.*second value/s);
  },

  async completion({ peer, name }) {
    const { completion } = await peer.client.complete({
      ref: { type: 'ref/prompt', name: name('test_prompt_with_arguments') },
      argument: { name: 'arg1', value: 'par' },
    });
    assert.ok(Array.isArray(completion.values), JSON.stringify(completion));
  },

  async resources({ peer, uri }) {
    const uris = (await peer.listResources()).map(resource => resource.uri);
    assert.ok(uris.includes(uri('test://static-text')), `${uri('test://static-text')} in ${uris}`);
    const { contents } = await peer.client.readResource({ uri: uri('test://static-text') });
    assert.equal(contents[0].uri, uri('test://static-text'));
    assert.equal(contents[0].text, 'This is the content of the static text resource.');
    const binary = await peer.client.readResource({ uri: uri('test://static-binary') });
    assert.equal(Buffer.from(binary.contents[0].blob, 'base64').subarray(1, 4).toString(), 'PNG');
  },

  async template({ peer, uri }) {
    const templates = (await peer.listResourceTemplates()).map(template => template.uriTemplate);
    assert.ok(templates.includes(uri('test://template/{id}/data')), `${templates}`);
    const { contents } = await peer.client.readResource({ uri: uri('test://template/42/data') });
    assert.equal(contents[0].uri, uri('test://template/42/data'));
    assert.match(contents[0].text, /42/);
  },

  async unknownResource({ peer, uri, era }) {
    const codes = era === 'modern' ? [-32602] : [-32602, -32002];
    await refused(peer.client.readResource({ uri: uri('test://no-such-resource') }), codes);
  },

  async embeddedResource({ peer, name, uri }) {
    const result = await peer.callTool(name('test_embedded_resource'), {});
    const embedded = result.content.find(content => content.type === 'resource');
    assert.equal(embedded.resource.uri, uri('test://embedded-resource'));
  },

  async listChanged({ peer, name }) {
    const stop = await peer.listen({ toolsListChanged: true });
    await peer.callTool(name('test_trigger_tool_change'), {});
    await peer.until(() => peer.changed.includes('tools'), () => `changed: ${peer.changed}`);
    await stop();
  },

  async resourceUpdated({ peer, name, uri }) {
    const watched = uri('test://watched-resource');
    const stop = await peer.listen({ resourceSubscriptions: [watched] });
    await peer.callTool(name('test_trigger_resource_update'), {});
    await peer.until(() => peer.changed.includes(watched), () => `changed: ${peer.changed}`);
    await stop();
  },

  ...contents,
};

// What @modelcontextprotocol/server-everything offers, which is not the conformance fixture.
export const everything = {
  connect: ({ peer }) => assert.ok(peer.client.getServerCapabilities().tools),

  async listTools({ peer, name }) {
    const names = (await peer.listTools()).map(tool => tool.name);
    for (const tool of ['echo', 'get-sum', 'trigger-long-running-operation', 'trigger-sampling-request']) {
      assert.ok(names.includes(name(tool)), `${name(tool)} in ${names}`);
    }
  },

  async call({ peer, name }) {
    assert.match(text(await peer.callTool(name('get-sum'), { a: 19, b: 23 })), /42/);
  },

  echo: fixture.echo,
  callsSideBySide: fixture.callsSideBySide,

  async structured({ peer, name }) {
    const { structuredContent } = await peer.callTool(name('get-structured-content'), { location: 'Chicago' });
    assert.equal(typeof structuredContent.temperature, 'number');
  },

  async unknownTool({ peer, name }) {
    await refusedOrError(peer.callTool(name('no_such_tool'), {}), [-32602]);
  },

  async progress({ peer, name }) {
    const seen = [];
    const operation = { duration: 0.5, steps: 4 };
    // Without a total it is the client's own, which counts the rounds of questions: the server asks for roots meanwhile.
    await peer.callTool(name('trigger-long-running-operation'), operation, {
      onprogress: p => p.total !== undefined && seen.push([p.progress, p.total]),
    });
    assert.deepEqual(seen, [[1, 4], [2, 4], [3, 4], [4, 4]]);
  },

  async cancel({ peer, name }) {
    const cancelled = new AbortController();
    const operation = { duration: 30, steps: 30 };
    const call = peer.callTool(name('trigger-long-running-operation'), operation, { signal: cancelled.signal });
    setTimeout(() => cancelled.abort('enough'), 500);
    await assert.rejects(call);
    assert.ok(text(await peer.callTool(name('echo'), { message: 'still here' })).includes('still here'));
  },

  async elicitation({ peer, name }) {
    peer.answers.elicitation = request => {
      peer.asked.push(request.params.message);
      return { action: 'accept', content: { name: 'Ada', check: true } };
    };
    const result = await peer.callTool(name('trigger-elicitation-request'), {});
    assert.equal(peer.asked.length, 1);
    assert.match(JSON.stringify(result.content), /Ada/);
  },

  async sampling({ peer, name }) {
    peer.answers.sampling = () => {
      peer.asked.push('sampling');
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Hello from Ada' } };
    };
    const result = await peer.callTool(name('trigger-sampling-request'), { prompt: 'Say hello', maxTokens: 20 });
    assert.equal(peer.asked.length, 1);
    assert.match(text(result), /Hello from Ada/);
  },

  /** The server has this tool in sessions of clients with roots only, and in those it asks for them. */
  async roots({ peer, connect, name, era }) {
    const tool = name('get-roots-list');
    const names = (await peer.listTools()).map(each => each.name);
    assert.ok(names.includes(tool), `${tool} in ${names}`);
    if (era === 'modern') return;
    assert.match(text(await peer.callTool(tool, {})), /file:\/\/\/srv\/data/);
    const without = await connect({ roots: undefined });
    try {
      await refusedOrError(without.callTool(tool, {}), [-32602]);
    } finally {
      await without.close();
    }
  },

  async prompts({ peer, name }) {
    const names = (await peer.listPrompts()).map(prompt => prompt.name);
    assert.ok(names.includes(name('args-prompt')), `${names}`);
    const prompt = await peer.client.getPrompt({ name: name('args-prompt'), arguments: { city: 'Turin' } });
    assert.match(prompt.messages[0].content.text, /Turin/);
  },

  async completion({ peer, name }) {
    const { completion } = await peer.client.complete({
      ref: { type: 'ref/prompt', name: name('completable-prompt') },
      argument: { name: 'department', value: 'E' },
    });
    assert.deepEqual(completion.values, ['Engineering']);
  },

  async resources({ peer }) {
    const [first] = await peer.listResources();
    const { contents } = await peer.client.readResource({ uri: first.uri });
    assert.equal(contents[0].uri, first.uri);
  },

  async template({ peer, uri }) {
    const { contents } = await peer.client.readResource({ uri: uri('demo://resource/dynamic/text/7') });
    assert.equal(contents[0].uri, uri('demo://resource/dynamic/text/7'));
    assert.match(contents[0].text, /7/);
  },
};

/** Runs the checks one after the other, each with a connection of its own; the answer is the exit status. */
export async function run(options, connect) {
  const wanted = list(options.only);
  const unwanted = list(options.skip);
  const all = options.suite === 'everything' ? everything : fixture;
  for (const check of [...wanted, ...unwanted]) {
    if (!(check in all)) throw new Error(`no check named ${check} (expected: ${Object.keys(all).join(', ')})`);
  }
  const name = tool => options.prefix + tool;
  // A user interface keeps its scheme: the prefix follows it.
  const uri = resource =>
    resource.startsWith('ui://') ? `ui://${options['uri-prefix']}${resource.slice(5)}` : options['uri-prefix'] + resource;
  let passed = 0;
  let failed = 0;
  for (const [check, body] of Object.entries(all)) {
    if ((wanted.length > 0 && !wanted.includes(check)) || unwanted.includes(check)) continue;
    const started = performance.now();
    let peer;
    try {
      peer = await withDeadline(connect(), 'connect');
      const context = { peer, connect, name, uri, era: options.era, upstream: options.upstream };
      if ((await withDeadline(body(context), check)) === SKIPPED) continue;
      passed++;
      print({ check, ok: true, ms: Math.round(performance.now() - started) });
    } catch (error) {
      failed++;
      print({ check, ok: false, ms: Math.round(performance.now() - started), error: String(error?.message ?? error).slice(0, 2000) });
    } finally {
      await withDeadline(Promise.resolve(peer?.close()), 'close').catch(error => {
        failed++;
        print({ check, ok: false, error: `close: ${error.message}` });
      });
    }
  }
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** What the callbacks of a client write down, and how they answer; shared by both SDKs. */
export class Notes {
  streams = 0;

  answers = {
    elicitation: () => ({ action: 'cancel' }),
    sampling: () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'nothing' } }),
  };
  asked = [];
  logged = [];
  changed = [];
  posted = [];
  #waiting = new Set();

  /** The fetch of a transport, which notes what is sent and when the session's stream is open: before, changes may be lost. */
  fetch = async (url, init) => {
    if (init?.method === 'POST') this.posted.push(JSON.parse(init.body).method);
    const response = await fetch(url, init);
    if (init?.method === 'GET' && response.ok) {
      this.streams++;
      this.#wake();
    }
    return response;
  };

  askedNow(what) {
    this.asked.push(what);
    this.#wake();
  }

  changedNow(what) {
    this.changed.push(what);
    this.#wake();
  }

  loggedNow(what) {
    this.logged.push(what);
    this.#wake();
  }

  /**
   * Settles when the condition holds after one of the callbacks, or fails with the explanation after twelve seconds: a server
   * whose lists change often is read every five seconds.
   */
  until(condition, explain) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(explain())), 12_000);
      const look = () => {
        if (!condition()) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #wake() {
    for (const look of [...this.#waiting]) look();
  }
}

function list(option) {
  return option === '' ? [] : option.split(',');
}

function withDeadline(promise, what) {
  let late;
  const deadline = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`${what}: no end after ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(late));
}
