"""A server made with FastMCP, version 4: both eras at /mcp, as it always serves them. It tells of no updates of resources."""

from fastmcp import Context, FastMCP
from mcp import types

import fixture
import questions

mcp = FastMCP("headgate-interop-fastmcp")
fixture.tools(
    mcp, types, Context, questions.ask, questions.outside, questions.Changes, Answer=str | types.InputRequiredResult
)
fixture.prompts_and_resources(mcp)


@mcp.completion
async def complete(ref, argument, context):
    return fixture.words(argument.value)


fixture.serve(mcp.http_app())
