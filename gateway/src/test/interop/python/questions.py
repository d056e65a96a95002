"""How servers of the Python SDK, version 2, ask: by their result, or by a request to clients of the older revisions."""

import json

from mcp import types

MODERN = "2026-07-28"
REQUESTS = {
    "elicitation/create": types.ElicitRequest,
    "sampling/createMessage": types.CreateMessageRequest,
    "roots/list": types.ListRootsRequest,
}


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def modern(ctx):
    return ctx.request_context.protocol_version == MODERN


async def _put(ctx, question, call):
    method, params = question
    session = ctx.session
    if method == "roots/list":
        return wire(await session.list_roots())
    if method == "sampling/createMessage":
        request = types.CreateMessageRequestParams.model_validate(params)
        answer = await session.create_message(request.messages, max_tokens=request.max_tokens, related_request_id=call)
    elif params.get("mode") == "url":
        answer = await session.elicit_url(params["message"], params["url"], params["elicitationId"], call)
    else:
        answer = await session.elicit_form(params["message"], params["requestedSchema"], call)
    return wire(answer)


async def ask(ctx, key, question, known=None):
    if not modern(ctx):
        return await _put(ctx, question, ctx.request_id)
    answers = json.loads(ctx.request_state) if ctx.request_state else {}
    answers |= {name: wire(answer) for name, answer in (ctx.input_responses or {}).items()}
    if key in answers:
        return answers[key]
    method, params = question
    # Never without params: the Go client cannot read a request for roots that has none.
    request = REQUESTS[method].model_validate({"method": method, "params": params})
    return types.InputRequiredResult(input_requests={key: request}, request_state=json.dumps(known) if known else None)


async def outside(ctx, question):
    if modern(ctx):
        raise ValueError("clients of this revision are asked in the middle of a call only")
    return await _put(ctx, question, None)


class Changes:
    """To clients of the older revisions, in the session that caused the change."""

    watched = set()

    @staticmethod
    async def tools(ctx):
        if not modern(ctx):
            await ctx.session.send_tool_list_changed()

    @staticmethod
    async def updated(ctx, uri):
        if not modern(ctx) and uri in Changes.watched:
            await ctx.session.send_resource_updated(uri)


async def log_level(ctx, params):
    return types.EmptyResult()


async def subscribe(ctx, params):
    Changes.watched.add(str(params.uri))
    return types.EmptyResult()


async def unsubscribe(ctx, params):
    Changes.watched.discard(str(params.uri))
    return types.EmptyResult()
