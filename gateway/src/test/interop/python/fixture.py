"""What the Python servers offer: the same tools, prompts and resources as the others, whichever SDK makes them.

`ask` puts questions to the client; it returns the answers as on the wire, or what the tool has to return instead.
"""

import base64
import json
import socket

import anyio
import uvicorn
from pydantic import BaseModel

from peer import arguments, tell

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WORDS = ["paris", "park", "party"]


class Degrees(BaseModel):
    degrees: float
    unit: str


def form(message, *fields):
    properties = {field: {"type": "string"} for field in fields}
    schema = {"type": "object", "properties": properties, "required": list(fields)}
    return "elicitation/create", {"message": message, "requestedSchema": schema}


def page(message, url):
    return "elicitation/create", {"mode": "url", "message": message, "url": url, "elicitationId": "page-1"}


def sample(prompt):
    messages = [{"role": "user", "content": {"type": "text", "text": prompt}}]
    return "sampling/createMessage", {"messages": messages, "maxTokens": 100}


ROOTS = ("roots/list", {})


def tools(mcp, types, Context, ask, outside, changes, Answer=str):
    @mcp.tool()
    def echo(message: str) -> str:
        """Says what you said"""
        return message

    @mcp.tool()
    async def sleep(ms: int) -> str:
        """Answers after a while"""
        try:
            await anyio.sleep(ms / 1000)
        except anyio.get_cancelled_exc_class():
            tell({"cancelled": "sleep"})
            raise
        return f"slept {ms} ms"

    @mcp.tool()
    def test_simple_text() -> str:
        """A line of text"""
        return "This is a simple text response for testing."

    @mcp.tool()
    def test_error_handling() -> str:
        """Always fails"""
        raise ValueError("This tool intentionally returns an error for testing")

    @mcp.tool()
    async def test_tool_with_progress(ctx: Context) -> str:
        """Progress 0, 50 and 100"""
        for step in (0, 50, 100):
            await ctx.report_progress(step, 100)
            await anyio.sleep(0.05)
        return "Done"

    @mcp.tool()
    async def chatty(frames: int, gapMs: int, ctx: Context) -> str:
        """Streams progress"""
        for frame in range(frames):
            await ctx.report_progress(frame + 1, frames)
            await anyio.sleep(gapMs / 1000)
        return f"{frames} frames"

    @mcp.tool()
    async def test_tool_with_logging(ctx: Context) -> str:
        """Logs three lines"""
        for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await ctx.info(line)
            await anyio.sleep(0.05)
        return "Logged"

    @mcp.tool()
    async def test_elicitation(message: str, ctx: Context) -> Answer:
        """Asks for a name and an address"""
        answer = await ask(ctx, "form", form(message, "username", "email"))
        if not isinstance(answer, dict):
            return answer
        return f"User response: action={answer['action']}, content={json.dumps(answer.get('content'))}"

    @mcp.tool()
    async def ask_by_url(ctx: Context) -> Answer:
        """Sends the user to a page"""
        answer = await ask(ctx, "page", page("Please sign", "https://pages.example/sign?for=Ada"))
        return answer["action"] if isinstance(answer, dict) else answer

    @mcp.tool()
    async def test_sampling(prompt: str, ctx: Context) -> Answer:
        """Asks the model"""
        answer = await ask(ctx, "answer", sample(prompt))
        return f"LLM response: {answer['content']['text']}" if isinstance(answer, dict) else answer

    @mcp.tool()
    async def test_roots(ctx: Context) -> Answer:
        """Asks for the roots"""
        answer = await ask(ctx, "roots", ROOTS)
        return ", ".join(root["uri"] for root in answer["roots"]) if isinstance(answer, dict) else answer

    @mcp.tool()
    async def ask_twice(ctx: Context) -> Answer:
        """Asks for a name, and then for a colour"""
        name = await ask(ctx, "name", form("Which name?", "name"))
        if not isinstance(name, dict):
            return name
        colour = await ask(ctx, "colour", form("Which colour?", "colour"), known={"name": name})
        if not isinstance(colour, dict):
            return colour
        return f"{name['content']['name']} likes {colour['content']['colour']}"

    @mcp.tool()
    async def ask_outside(ctx: Context) -> str:
        """Asks on the stream of the session, not on that of the call"""
        answer = await outside(ctx, form("Outside?", "name"))
        return answer["content"]["name"]

    @mcp.tool()
    def structured() -> Degrees:
        """An object"""
        return Degrees(degrees=21.5, unit="C")

    @mcp.tool()
    def link() -> list[types.ResourceLink]:
        """A link to a resource"""
        return [types.ResourceLink(type="resource_link", uri="test://static-text", name="static text")]

    @mcp.tool()
    def test_embedded_resource() -> list[types.EmbeddedResource]:
        """A resource in the result"""
        resource = types.TextResourceContents(uri="test://embedded-resource", text="Embedded")
        return [types.EmbeddedResource(type="resource", resource=resource)]

    @mcp.tool()
    async def test_trigger_tool_change(ctx: Context) -> str:
        """Says that the tools changed"""
        await changes.tools(ctx)
        return "Told"

    @mcp.tool()
    async def test_trigger_resource_update(ctx: Context) -> str:
        """Says that the watched resource changed"""
        await changes.updated(ctx, "test://watched-resource")
        return "Told"


def prompts_and_resources(mcp):
    @mcp.prompt()
    def test_simple_prompt() -> str:
        """A prompt"""
        return "This is a simple prompt for testing."

    @mcp.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        """A prompt of two words"""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @mcp.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @mcp.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PNG)

    @mcp.resource("test://watched-resource")
    def watched() -> str:
        return "Watched"

    @mcp.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:
        return json.dumps({"id": id})

    def number(n):
        @mcp.resource(f"test://numbered/{n}", name=f"number {n}")
        def numbered() -> str:
            return str(n)

    for n in range(1, 301):
        number(n)


def words(value):
    return [word for word in WORDS if word.startswith(value)]


def serve(app):
    """Serves on the port of --port or one of the system's choice, and prints {"port":…} when it is open."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", arguments("[--port N]", port=0).port))
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    started = server.startup

    async def startup(sockets=None):
        await started(sockets)
        tell({"port": listener.getsockname()[1]})

    server.startup = startup
    server.run([listener])
