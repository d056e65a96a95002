"""The official Python client, version 1, in a session in which calls are refused."""

import anyio
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client

from refused import OPTIONS, run


def code(error):
    return error.error.code if isinstance(error, McpError) else None


async def main():
    async with streamable_http_client(OPTIONS.url) as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        await run(session.call_tool, code)


anyio.run(main)
