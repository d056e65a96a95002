"""The official Python client, version 2, in either era, when calls are refused."""

import anyio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from refused import OPTIONS, run


def code(error):
    return error.error.code if isinstance(error, MCPError) else None


async def main():
    mode = "legacy" if OPTIONS.era == "legacy" else "auto"
    async with Client(streamable_http_client(OPTIONS.url), mode=mode, cache=None) as client:
        assert (client.protocol_version == "2026-07-28") == (OPTIONS.era == "modern"), client.protocol_version
        await run(client.call_tool, code)


anyio.run(main)
