"""What a client expects of the fixture, whichever SDK and era it speaks; the same names as in checks.mjs.

A peer is what client_mcp1.py, client_mcp2.py and client_fastmcp.py make of their SDK's client; its results are as on the wire.
"""

import base64
import re
import sys
import time
import traceback
from contextlib import AsyncExitStack

import anyio

from peer import arguments, tell

SECONDS = 20


class Notes:
    """What the callbacks of a client write down, and how they answer."""

    def __init__(self):
        self.asked, self.logged, self.changed = [], [], []
        self.form = {"action": "cancel"}
        self.page = {"action": "cancel"}
        self.streams = 0
        self._woken = anyio.Event()

    def note(self, notes, what):
        notes.append(what)
        self._wake()

    def stream_opened(self):
        self.streams += 1
        self._wake()

    def elicited(self, params):
        if params.get("mode") == "url":
            self.note(self.asked, ["url", params["url"]])
            return self.page
        self.note(self.asked, params["message"])
        if self.form["action"] != "accept":
            return self.form
        fields = params["requestedSchema"]["properties"]
        return {"action": "accept", "content": {field: self.form["content"].get(field, "Ada") for field in fields}}

    def sampled(self, params):
        content = params["messages"][0]["content"]
        self.note(self.asked, (content[0] if isinstance(content, list) else content)["text"])
        return {"role": "assistant", "model": "none", "content": {"type": "text", "text": "Paris, said Ada"}}

    def rooted(self):
        self.note(self.asked, "roots")
        return {"roots": [{"uri": "file:///srv/data", "name": "data"}]}

    def notified(self, method, params):
        if method == "notifications/resources/updated":
            self.note(self.changed, params["uri"])
        elif method.endswith("/list_changed"):
            self.note(self.changed, method.split("/")[1])

    async def until(self, condition, explain):
        """Returns when the condition holds after one of the callbacks, or fails with the explanation after twelve seconds.

        A server whose lists change often is read every five seconds.
        """
        with anyio.move_on_after(12):
            while not condition():
                await self._woken.wait()
        assert condition(), explain()

    def _wake(self):
        self._woken.set()
        self._woken = anyio.Event()


def text(result):
    return "\n".join(content["text"] for content in result["content"] if content["type"] == "text")


async def connect(p):
    assert p.server_name, "the server has a name"
    for kind in ("tools", "prompts", "resources", "completions"):
        assert kind in p.capabilities, f"capability {kind} in {p.capabilities}"


async def ping(p):
    await p.ping()


async def list_tools(p):
    names = [tool["name"] for tool in await p.list("tools")]
    assert len(set(names)) == len(names), f"unique names: {names}"
    assert {"echo", "sleep", "test_simple_text", "structured"} <= set(names), names


async def call(p):
    assert text(await p.call("test_simple_text", {})) == "This is a simple text response for testing."


async def calls_side_by_side(p):
    async def one(n):
        assert text(await p.call("echo", {"message": f"side {n} by side"})) == f"side {n} by side"

    async with anyio.create_task_group() as group:
        for n in range(20):
            group.start_soon(one, n)


async def structured(p):
    schema = next(tool for tool in await p.list("tools") if tool["name"] == "structured")["outputSchema"]
    assert schema["properties"]["degrees"]["type"] == "number", schema
    result = await p.call("structured", {})
    assert result["structuredContent"] == {"degrees": 21.5, "unit": "C"}, result


async def tool_error(p):
    assert (await p.call("test_error_handling", {}))["isError"]


async def unknown_tool(p):
    """Some servers answer an unknown tool with a result that says isError, others with a JSON-RPC error."""
    try:
        result = await p.call("no_such_tool", {})
    except p.errors as error:
        assert p.code(error) == -32602, error
    else:
        assert result["isError"], result


async def progress(p):
    seen = []

    async def each(done, total, message=None):
        seen.append((done, total))
        p.note([], done)

    await p.call("test_tool_with_progress", {}, progress=each)
    await p.until(lambda: len(seen) == 3, lambda: f"progress: {seen}")
    assert seen == [(0, 100), (50, 100), (100, 100)], seen


async def logging(p):
    await p.call("test_tool_with_logging", {}, log_level="info")
    await p.until(lambda: len(p.logged) >= 3, lambda: f"logged: {p.logged}")
    assert "Tool execution started" in str(p.logged[0]), p.logged


async def cancel(p):
    await p.cancelled_call("sleep", {"ms": 30_000})
    assert text(await p.call("echo", {"message": "still here"})) == "still here"


async def elicitation(p):
    p.form = {"action": "accept", "content": {"email": "a@b.example"}}
    result = await p.call("test_elicitation", {"message": "Who are you?"})
    assert p.asked == ["Who are you?"], p.asked
    assert "Ada" in text(result), result


async def declined_elicitation(p):
    p.form = {"action": "decline"}
    result = await p.call("test_elicitation", {"message": "Who are you?"})
    assert p.asked == ["Who are you?"], p.asked
    assert "decline" in text(result), result


async def elicitation_by_url(p):
    p.page = {"action": "accept"}
    result = await p.call("ask_by_url", {})
    assert p.asked == [["url", "https://pages.example/sign?for=Ada"]], p.asked
    assert text(result) == "accept", result


async def sampling(p):
    result = await p.call("test_sampling", {"prompt": "Which capital?"})
    assert p.asked == ["Which capital?"], p.asked
    assert "Paris, said Ada" in text(result), result


async def roots(p):
    result = await p.call("test_roots", {})
    assert p.asked == ["roots"], p.asked
    assert text(result) == "file:///srv/data", result


async def rounds(p):
    p.form = {"action": "accept", "content": {"name": "Ada", "colour": "green"}}
    result = await p.call("ask_twice", {})
    assert p.asked == ["Which name?", "Which colour?"], p.asked
    assert text(result) == "Ada likes green", result


async def asked_outside(p):
    """The server asks on its session's stream, not on the call's."""
    p.form = {"action": "accept", "content": {"name": "Ada"}}
    assert text(await p.call("ask_outside", {})) == "Ada"
    assert p.asked == ["Outside?"], p.asked


async def resumption(p):
    """The server closes the stream of the call before it answers."""
    assert text(await p.call("test_reconnection", {})) == "Reconnected"


async def prompts(p):
    names = {prompt["name"] for prompt in await p.list("prompts")}
    assert {"test_simple_prompt", "test_prompt_with_arguments"} <= names, names
    result = await p.prompt("test_prompt_with_arguments", {"arg1": "first value", "arg2": "second value"})
    assert re.search("first value.*second value", result["messages"][0]["content"]["text"]), result


async def completion(p):
    assert await p.complete("test_prompt_with_arguments", "arg1", "par") == ["paris", "park", "party"]


async def resources(p):
    uris = {resource["uri"] for resource in await p.list("resources")}
    assert {"test://static-text", "test://static-binary"} <= uris, uris
    (content,) = (await p.read("test://static-text"))["contents"]
    assert content["uri"] == "test://static-text", content
    assert content["text"] == "This is the content of the static text resource.", content
    (binary,) = (await p.read("test://static-binary"))["contents"]
    assert base64.b64decode(binary["blob"])[1:4] == b"PNG", binary


async def template(p):
    templates = {template["uriTemplate"] for template in await p.list("resourceTemplates")}
    assert "test://template/{id}/data" in templates, templates
    (content,) = (await p.read("test://template/42/data"))["contents"]
    assert content["uri"] == "test://template/42/data" and "42" in content["text"], content


async def unknown_resource(p):
    try:
        result = await p.read("test://no-such-resource")
    except p.errors as error:
        assert p.code(error) in ([-32602] if p.era == "modern" else [-32602, -32002]), error
    else:
        raise AssertionError(f"an error instead of {result}")


async def resource_link(p):
    (link,) = (await p.call("link", {}))["content"]
    assert link["type"] == "resource_link" and link["uri"] == "test://static-text", link
    assert (await p.read(link["uri"]))["contents"], link


async def embedded_resource(p):
    embedded = next(c for c in (await p.call("test_embedded_resource", {}))["content"] if c["type"] == "resource")
    assert embedded["resource"]["uri"] == "test://embedded-resource", embedded


async def pages(p):
    uris = [resource["uri"] for resource in await p.list("resources")]
    assert len(set(uris)) == len(uris), "each resource once"
    missing = [n for n in range(1, 301) if f"test://numbered/{n}" not in uris]
    assert not missing, f"of 300 resources are missing {missing}"


async def list_changed(p):
    async with p.listening(tools=True):
        await p.call("test_trigger_tool_change", {})
        await p.until(lambda: "tools" in p.changed, lambda: f"changed: {p.changed}")


async def resource_updated(p):
    watched = "test://watched-resource"
    async with p.listening(resource=watched):
        await p.call("test_trigger_resource_update", {})
        await p.until(lambda: watched in p.changed, lambda: f"changed: {p.changed}")


CHECKS = {
    "connect": connect,
    "ping": ping,
    "listTools": list_tools,
    "call": call,
    "callsSideBySide": calls_side_by_side,
    "structured": structured,
    "toolError": tool_error,
    "unknownTool": unknown_tool,
    "progress": progress,
    "logging": logging,
    "cancel": cancel,
    "elicitation": elicitation,
    "declinedElicitation": declined_elicitation,
    "elicitationByUrl": elicitation_by_url,
    "sampling": sampling,
    "roots": roots,
    "rounds": rounds,
    "askedOutside": asked_outside,
    "resumption": resumption,
    "prompts": prompts,
    "completion": completion,
    "resources": resources,
    "template": template,
    "unknownResource": unknown_resource,
    "resourceLink": resource_link,
    "embeddedResource": embedded_resource,
    "pages": pages,
    "listChanged": list_changed,
    "resourceUpdated": resource_updated,
}


async def _one(peer, url, body):
    with anyio.fail_after(SECONDS):
        async with AsyncExitStack() as stack:
            await peer.open(stack, url)
            await body(peer)


def _cause(error):
    """The exceptions of a task group come in groups of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _run(options, peer):
    wanted = [name for name in options.only.split(",") if name] or list(CHECKS)
    unwanted = options.skip.split(",")
    failed = 0
    for name in wanted:
        if name in unwanted:
            continue
        started = time.monotonic()
        line = {"check": name, "ok": True}
        try:
            await _one(peer(options), options.url, CHECKS[name])
        except Exception as error:
            failed += 1
            traceback.print_exception(error)
            cause = _cause(error)
            line |= {"ok": False, "error": f"{type(cause).__name__}: {cause}"[:2000]}
        tell(line | {"ms": round((time.monotonic() - started) * 1000)})
    return failed


def run(peer, usage, **defaults):
    """Runs the checks one after the other, each with a connection of its own; exits with 0 if all passed."""
    options = arguments(f"{usage} [--only A,B] [--skip A,B]", only="", skip="", **defaults)
    sys.exit(1 if anyio.run(_run, options, peer) else 0)
