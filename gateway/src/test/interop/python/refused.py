"""What a session of a Python client comes to when calls are refused; the client is made by the scripts that import this.

A step is the name of a tool, which is called after the one before. `&` before it: it goes on beside the others, and is told
at the end; `~`: called until it is served.
"""

import anyio

from peer import arguments, tell

PATIENCE = 30
OPTIONS = arguments("URL [--era modern|legacy] --steps 'TOOL ...'", era="legacy", steps="")


def _input(tool, beside):
    if tool.endswith("__fail"):
        return {"rate": 1}
    return {"ms": 3000 if beside else 1} if tool.endswith("__sleep") else {"message": "hello"}


async def run(call, code):
    """Makes the calls with the given function; another one finds the code of an error, or gives None."""

    async def outcome(tool, beside=False):
        try:
            with anyio.fail_after(PATIENCE):
                await call(tool, _input(tool, beside))
            return "ok"
        except Exception as error:
            found = code(error)
            return repr(error) if found is None else found

    async def served(tool):
        with anyio.move_on_after(PATIENCE):
            while (last := await outcome(tool)) != "ok":
                await anyio.sleep(0.2)
        return last

    beside = {}

    async def go_on(step):
        beside[step] = await outcome(step[1:], beside=True)

    async with anyio.create_task_group() as group:
        for step in OPTIONS.steps.split(" "):
            if step[0] == "&":
                group.start_soon(go_on, step)
            else:
                tell({"step": step, "outcome": await (served(step[1:]) if step[0] == "~" else outcome(step))})
    for step, end in beside.items():
        tell({"step": step, "outcome": end})
