"""The client of FastMCP, version 4, in either era. What it has no method for is done with the session of its SDK."""

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StreamableHttpTransport
from mcp import types
from mcp.client.subscriptions import listen
from mcp.types import ListRootsResult

import client_mcp2
import httpx2
from checks import run
from client_mcp2 import wire


class Peer(client_mcp2.Peer):
    async def open(self, stack, url):
        async def answered(response):
            if response.request.method == "GET" and response.status_code == 200:
                self.stream_opened()

        def http(**settings):
            # Without a time of its own, the usual five seconds of this HTTP client would end streams that are silent.
            settings["timeout"] = settings.get("timeout") or httpx2.Timeout(30, read=300)
            return httpx2.AsyncClient(event_hooks={"response": [answered]}, **settings)

        async def elicit(message, response_type, params, context):
            answer = self.elicited(wire(params))
            return ElicitResult(action=answer["action"], content=answer.get("content"))

        async def sample(messages, params, context):
            return types.CreateMessageResult.model_validate(self.sampled(wire(params)))

        async def list_roots(context):
            return ListRootsResult.model_validate(self.rooted()).roots

        async def log(message):
            self.note(self.logged, message.data)

        client = Client(
            StreamableHttpTransport(url, httpx_client_factory=http),
            mode="legacy" if self.era == "legacy" else "auto",
            elicitation_handler=elicit,
            sampling_handler=sample,
            roots=list_roots,
            log_handler=log,
            message_handler=self._message,
            cache=False,
        )
        self.client = await stack.enter_async_context(client)
        self._opened(self.client)

    async def ping(self):
        assert await self.client.ping()

    async def call(self, name, input, progress=None, log_level=None):
        meta = await self._log_level(log_level)
        return wire(await self.client.call_tool_mcp(name, input, progress_handler=progress, meta=meta))

    async def list(self, kind):
        fetch = {
            "tools": self.client.list_tools,
            "prompts": self.client.list_prompts,
            "resources": self.client.list_resources,
            "resourceTemplates": self.client.list_resource_templates,
        }[kind]
        return [wire(one) for one in await fetch()]

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return (await self.client.complete(ref, {"name": argument, "value": value})).values

    async def read(self, uri):
        return wire(await self.client.read_resource_mcp(uri))

    def _listen(self, **wanted):
        return listen(self.session, **wanted)


if __name__ == "__main__":
    run(Peer, "client_fastmcp.py URL [--era modern|legacy]", era="modern")
