"""A server made with the official Python SDK, version 2: both eras at /mcp, as this SDK always serves them."""

from mcp import types
from mcp.server.mcpserver import Context, MCPServer

import fixture
import questions


class Changes(questions.Changes):
    """To clients of the newer revision, by what they listen to."""

    @staticmethod
    async def tools(ctx):
        await ctx.notify_tools_changed()
        await questions.Changes.tools(ctx)

    @staticmethod
    async def updated(ctx, uri):
        await ctx.notify_resource_updated(uri)
        await questions.Changes.updated(ctx, uri)


mcp = MCPServer("headgate-interop-python-2")
fixture.tools(mcp, types, Context, questions.ask, questions.outside, Changes, Answer=str | types.InputRequiredResult)
fixture.prompts_and_resources(mcp)


@mcp.completion()
async def complete(ref, argument, context):
    return types.Completion(values=fixture.words(argument.value))


# What this version leaves to its users.
low = mcp._lowlevel_server
low.add_request_handler("logging/setLevel", types.SetLevelRequestParams, questions.log_level)
low.add_request_handler("resources/subscribe", types.SubscribeRequestParams, questions.subscribe)
low.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, questions.unsubscribe)
fixture.serve(mcp.streamable_http_app())
