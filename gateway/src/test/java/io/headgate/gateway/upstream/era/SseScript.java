package io.headgate.gateway.upstream.era;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server of 2024-11-05: where its event streams say what they say, and the rest is left to a test. */
public final class SseScript implements Script {
    public final List<Stream> streams = new CopyOnWriteArrayList<>();
    public volatile String endpoint = "/messages?session=";
    public volatile String capabilities = "{\"tools\":{\"listChanged\":true}}";
    public volatile String version = "2024-11-05";
    public volatile Calls answers = (answer, stream) -> {};
    private final Calls calls;

    /** Answers a request on a session's stream, after it was accepted. */
    public interface Calls {
        void answer(Received request, Stream stream) throws Exception;
    }

    /** What a session's messages go to. */
    public static final class Stream {
        private final Wire wire;

        private Stream(Wire wire) {
            this.wire = wire;
        }

        public synchronized Stream say(String json) {
            wire.event(json);
            return this;
        }

        public Stream result(Received request, String result) {
            return say("{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":" + result + "}");
        }

        public Stream tell(String method, String params) {
            return say("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":" + params + "}");
        }

        public Stream ask(String id, String method) {
            return say("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{\"a\":1}}");
        }

        /** Ends without the end of the stream. */
        public synchronized void cut() {
            wire.fin();
        }
    }

    public SseScript(Calls calls) {
        this.calls = calls;
    }

    /** An upstream before such a server, or one that is worse. */
    public static UpstreamFixture fixture(Script script) throws IOException {
        return fixture(script, UpstreamFixture.QUICK);
    }

    public static UpstreamFixture fixture(Script script, UpstreamLimits limits) throws IOException {
        FakeServer server = new FakeServer(script);
        return new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamTransport.SSE, limits));
    }

    /** A legacy client's call of a tool. */
    public static Exchange call(String tool, TestSession session) {
        return UpstreamFixture.legacyCall(
                "tools/call", "{\"name\":\"" + tool + "\",\"_meta\":{\"progressToken\":\"t\"}}", session);
    }

    @Override
    public void answer(Received request, Wire wire) throws Exception {
        if (request.method().equals("GET")) {
            Stream stream = new Stream(wire);
            synchronized (stream) {
                int number;
                synchronized (streams) {
                    streams.add(stream);
                    number = streams.size();
                }
                wire.stream().chunk(": hello\n\n").chunk("event: endpoint\ndata: " + endpoint + number + "\n\n");
            }
            wire.hang();
            return;
        }
        int at = request.path().indexOf('=');
        if (at < 0) {
            wire.answer(405, "text/plain", "no");
            return;
        }
        Stream stream = streams.get(Integer.parseInt(request.path().substring(at + 1)) - 1);
        if (request.rpcMethod().equals("tools/call") && request.body().contains("\"forgotten\"")) {
            wire.answer(404, "text/plain", "no such session");
            return;
        }
        wire.answer(202, "text/plain", "Accepted");
        switch (request.rpcMethod()) {
            case "initialize" ->
                stream.result(
                        request,
                        "{\"protocolVersion\":\"" + version + "\",\"capabilities\":" + capabilities
                                + ",\"serverInfo\":{\"name\":\"old\",\"version\":\"1\"}}");
            case "resources/subscribe", "resources/unsubscribe" -> stream.result(request, "{}");
            case "tools/list" -> stream.result(request, "{\"tools\":[{\"name\":\"echo\",\"inputSchema\":{}}]}");
            case "tools/call" -> calls.answer(request, stream);
            case "" -> answers.answer(request, stream);
            default -> {
                // A notification.
            }
        }
    }
}
