"""The official Python client, version 2, in either era."""

from contextlib import asynccontextmanager

import anyio
import httpx2
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ToolsListChanged

from checks import Notes, run

MODERN = "2026-07-28"


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


class Peer(Notes):
    errors = (MCPError,)

    def __init__(self, options):
        super().__init__()
        self.era = options.era

    @staticmethod
    def code(error):
        return error.error.code

    async def _http(self, stack):
        async def answered(response):
            if response.request.method == "GET" and response.status_code == 200:
                self.stream_opened()

        http = httpx2.AsyncClient(event_hooks={"response": [answered]}, timeout=httpx2.Timeout(30, read=300))
        return await stack.enter_async_context(http)

    async def open(self, stack, url):
        http = await self._http(stack)
        mode = "legacy" if self.era == "legacy" else "auto"
        client = Client(streamable_http_client(url, http_client=http), mode=mode, cache=None, **self._callbacks())
        self.client = await stack.enter_async_context(client)
        self._opened(self.client)

    def _opened(self, client):
        assert (client.protocol_version == MODERN) == (self.era == "modern"), client.protocol_version
        self.server_name = client.server_info.name
        self.capabilities = wire(client.server_capabilities)
        self.session = client.session

    def _callbacks(self):
        async def elicit(context, params):
            return types.ElicitResult.model_validate(self.elicited(wire(params)))

        async def sample(context, params):
            return types.CreateMessageResult.model_validate(self.sampled(wire(params)))

        async def list_roots(context):
            return types.ListRootsResult.model_validate(self.rooted())

        async def log(params):
            self.note(self.logged, params.data)

        return {
            "elicitation_callback": elicit,
            "sampling_callback": sample,
            "list_roots_callback": list_roots,
            "logging_callback": log,
            "message_handler": self._message,
        }

    async def _message(self, received):
        if hasattr(received, "method"):
            told = wire(received)
            self.notified(told["method"], told.get("params", {}))

    async def ping(self):
        await self.client.send_ping()

    async def _log_level(self, level):
        if level and self.era == "legacy":
            await self.session.set_logging_level(level)
        elif level:
            return {"io.modelcontextprotocol/logLevel": level}
        return None

    async def call(self, name, input, progress=None, log_level=None):
        meta = await self._log_level(log_level)
        return wire(await self.client.call_tool(name, input, progress_callback=progress, meta=meta))

    async def cancelled_call(self, name, input):
        with anyio.move_on_after(0.5):
            await self.client.call_tool(name, input)

    async def list(self, kind):
        fetch = {
            "tools": self.client.list_tools,
            "prompts": self.client.list_prompts,
            "resources": self.client.list_resources,
            "resourceTemplates": self.client.list_resource_templates,
        }[kind]
        found, page = [], wire(await fetch())
        found += page[kind]
        while page.get("nextCursor"):
            page = wire(await fetch(cursor=page["nextCursor"]))
            found += page[kind]
        return found

    async def prompt(self, name, input):
        return wire(await self.client.get_prompt(name, input))

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return (await self.client.complete(ref, {"name": argument, "value": value})).completion.values

    async def read(self, uri):
        return wire(await self.client.read_resource(uri))

    def _listen(self, **wanted):
        return self.client.listen(**wanted)

    @asynccontextmanager
    async def listening(self, tools=False, resource=None):
        if self.era == "legacy":
            await self.until(lambda: self.streams > 0, lambda: "no stream of the session")
            if resource:
                await self.session.subscribe_resource(resource)
            yield
            return
        wanted = {"resource_subscriptions": [resource]} if resource else {"tools_list_changed": tools}
        async with self._listen(**wanted) as subscription, anyio.create_task_group() as group:

            async def note():
                async for event in subscription:
                    self.note(self.changed, "tools" if isinstance(event, ToolsListChanged) else str(event.uri))

            group.start_soon(note)
            yield
            group.cancel_scope.cancel()


if __name__ == "__main__":
    run(Peer, "client_mcp2.py URL [--era modern|legacy]", era="modern")
