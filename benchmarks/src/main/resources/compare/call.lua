-- One tools/call of the demo server's echo with about 400 bytes of body. CALL_TOOL is the tool's name where it is not
-- "echo"; with CALL_SESSION the call is one of 2025-11-25 in that session, without it one of 2026-07-28.
-- All of them show the key of full-chain-keys.yaml, so that every server gets the same bytes.
local tool = os.getenv("CALL_TOOL") or "echo"
local session = os.getenv("CALL_SESSION")
local text = string.rep("headgate ", 14)

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench-key"
wrk.headers["Accept"] = "application/json, text/event-stream"
if session then
    wrk.headers["MCP-Protocol-Version"] = "2025-11-25"
    wrk.headers["Mcp-Session-Id"] = session
    wrk.body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"' .. tool
        .. '","arguments":{"message":"' .. text .. string.rep("headgate ", 18) .. '"}}}'
else
    wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
    wrk.headers["Mcp-Method"] = "tools/call"
    wrk.headers["Mcp-Name"] = tool
    wrk.body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"' .. tool
        .. '","arguments":{"message":"' .. text .. '"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
        .. '"io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"4"},'
        .. '"io.modelcontextprotocol/clientCapabilities":{}}}}'
end


function done(summary, latency, requests)
    io.write(string.format("calls=%d failed=%d p50us=%d p99us=%d\n", summary.requests,
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
        + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
