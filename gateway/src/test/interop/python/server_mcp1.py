"""A server made with the official Python SDK, version 1: sessions over Streamable HTTP at /mcp.

It asks for roots on the stream of the session: this version cannot say which call asks for them.
"""

from mcp import types
from mcp.server.fastmcp import Context, FastMCP
from mcp.server.lowlevel import NotificationOptions
from mcp.shared.message import ServerMessageMetadata
from pydantic import AnyUrl

import fixture

RESULTS = {
    "elicitation/create": types.ElicitResult,
    "sampling/createMessage": types.CreateMessageResult,
    "roots/list": types.ListRootsResult,
}


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


async def put(ctx, question, call):
    method, params = question
    if method == "roots/list":
        return wire(await ctx.session.list_roots())
    request = types.ServerRequest.model_validate({"method": method, "params": params})
    metadata = ServerMessageMetadata(related_request_id=call) if call else None
    return wire(await ctx.session.send_request(request, RESULTS[method], metadata=metadata))


async def ask(ctx, key, question, known=None):
    return await put(ctx, question, ctx.request_id)


async def outside(ctx, question):
    return await put(ctx, question, None)


class Changes:
    watched = set()

    @staticmethod
    async def tools(ctx):
        await ctx.session.send_tool_list_changed()

    @staticmethod
    async def updated(ctx, uri):
        if uri in Changes.watched:
            await ctx.session.send_resource_updated(AnyUrl(uri))


mcp = FastMCP("headgate-interop-python-1")
low = mcp._mcp_server
fixture.tools(mcp, types, Context, ask, outside, Changes)
fixture.prompts_and_resources(mcp)


@mcp.completion()
async def complete(ref, argument, context):
    return types.Completion(values=fixture.words(argument.value))


# What this version leaves to its users: it declares neither changes nor subscriptions by itself.
@low.set_logging_level()
async def log_level(level):
    pass


@low.subscribe_resource()
async def subscribe(uri):
    Changes.watched.add(str(uri))


@low.unsubscribe_resource()
async def unsubscribe(uri):
    Changes.watched.discard(str(uri))


capabilities = low.get_capabilities


def declared(options, experimental):
    found = capabilities(NotificationOptions(True, True, True), experimental)
    found.resources.subscribe = True
    return found


low.get_capabilities = declared
fixture.serve(mcp.streamable_http_app())
