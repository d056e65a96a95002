"""The official Python client, version 1, which most agents still run: Streamable HTTP with sessions."""

from contextlib import asynccontextmanager

import anyio
import httpx
from mcp import ClientSession, McpError, types
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

from checks import Notes, run


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


class Peer(Notes):
    era = "legacy"
    errors = (McpError,)

    def __init__(self, options):
        super().__init__()

    @staticmethod
    def code(error):
        return error.error.code

    async def open(self, stack, url):
        async def answered(response):
            if response.request.method == "GET" and response.status_code == 200:
                self.stream_opened()

        http = httpx.AsyncClient(event_hooks={"response": [answered]}, timeout=httpx.Timeout(30, read=300))
        await stack.enter_async_context(http)
        read, write, _ = await stack.enter_async_context(streamable_http_client(url, http_client=http))

        async def elicit(context, params):
            return types.ElicitResult.model_validate(self.elicited(wire(params)))

        async def sample(context, params):
            return types.CreateMessageResult.model_validate(self.sampled(wire(params)))

        async def list_roots(context):
            return types.ListRootsResult.model_validate(self.rooted())

        async def log(params):
            self.note(self.logged, params.data)

        async def message(received):
            if isinstance(received, types.ServerNotification):
                told = wire(received)
                self.notified(told["method"], told.get("params", {}))

        self.session = await stack.enter_async_context(
            ClientSession(
                read,
                write,
                elicitation_callback=elicit,
                sampling_callback=sample,
                list_roots_callback=list_roots,
                logging_callback=log,
                message_handler=message,
            )
        )
        begun = wire(await self.session.initialize())
        self.server_name, self.capabilities = begun["serverInfo"]["name"], begun["capabilities"]

    async def ping(self):
        await self.session.send_ping()

    async def call(self, name, input, progress=None, log_level=None):
        if log_level:
            await self.session.set_logging_level(log_level)
        return wire(await self.session.call_tool(name, input, progress_callback=progress))

    async def cancelled_call(self, name, input):
        """This version has no call for it: users send the notification."""
        number = self.session._request_id

        async def give_up():
            await anyio.sleep(0.5)
            params = types.CancelledNotificationParams(requestId=number, reason="enough")
            await self.session.send_notification(
                types.ClientNotification(types.CancelledNotification(method="notifications/cancelled", params=params))
            )

        with anyio.move_on_after(2):
            async with anyio.create_task_group() as group:
                group.start_soon(give_up)
                try:
                    await self.session.call_tool(name, input)
                except McpError:
                    pass

    async def list(self, kind):
        fetch = {
            "tools": self.session.list_tools,
            "prompts": self.session.list_prompts,
            "resources": self.session.list_resources,
            "resourceTemplates": self.session.list_resource_templates,
        }[kind]
        found, page = [], wire(await fetch())
        found += page[kind]
        while page.get("nextCursor"):
            page = wire(await fetch(params=types.PaginatedRequestParams(cursor=page["nextCursor"])))
            found += page[kind]
        return found

    async def prompt(self, name, input):
        return wire(await self.session.get_prompt(name, input))

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        result = await self.session.complete(ref, {"name": argument, "value": value})
        return result.completion.values

    async def read(self, uri):
        return wire(await self.session.read_resource(AnyUrl(uri)))

    @asynccontextmanager
    async def listening(self, tools=False, resource=None):
        await self.until(lambda: self.streams > 0, lambda: "no stream of the session")
        if resource:
            await self.session.subscribe_resource(AnyUrl(resource))
        yield
        if resource:
            await self.session.unsubscribe_resource(AnyUrl(resource))


if __name__ == "__main__":
    run(Peer, "client_mcp1.py URL")
