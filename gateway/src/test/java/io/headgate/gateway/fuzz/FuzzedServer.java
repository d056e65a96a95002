package io.headgate.gateway.fuzz;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server in this process with a tool for each way in which an answer can go. */
public final class FuzzedServer implements Upstream {
    private static final Listing OFFERED = new Listing(
            RawJson.of(
                    "{\"tools\":{},\"prompts\":{},\"resources\":{\"subscribe\":true},\"completions\":{},\"logging\":{},"
                            + "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}"),
            null,
            "instructions",
            List.of(
                    tool("echo", "{}"),
                    tool("ask", "{}"),
                    tool("question", "{}"),
                    tool("chatty", "{}"),
                    tool("fail", "{}"),
                    tool("refuse", "{}"),
                    tool("hang", "{}"),
                    tool(
                            "region",
                            "{\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"},"
                                    + "\"size\":{\"type\":\"integer\",\"x-mcp-header\":\"Size\"}}")),
            List.of(RawJson.of("{\"name\":\"hello\",\"arguments\":[{\"name\":\"who\"}]}")),
            List.of(RawJson.of("{\"uri\":\"test://a\",\"name\":\"a\"}")),
            List.of(RawJson.of("{\"uriTemplate\":\"test://{x}\",\"name\":\"t\"}")),
            60_000,
            true);

    private final String name;
    private final Era era;
    private final Consumer<Exchange> received;

    /** Takes what arrives at the server. */
    public FuzzedServer(String name, Era era, Consumer<Exchange> received) {
        this.name = name;
        this.era = era;
        this.received = received;
    }

    private static RawJson tool(String name, String properties) {
        return RawJson.of(
                "{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\",\"properties\":" + properties + "}}");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        received.accept(exchange);
        return switch (exchange.target().name()) {
            case "ask" ->
                Flux.just(JsonRpc.Success.of(
                        "{\"resultType\":\"input_required\",\"requestState\":\"s\",\"inputRequests\":"
                                + "{\"q\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"requestedSchema\":"
                                + "{\"type\":\"object\",\"properties\":{}}}}}}"));
            case "question" ->
                Flux.just(
                        new JsonRpc.Question("roots/list", null, answer -> {}), JsonRpc.Success.of("{\"content\":[]}"));
            case "chatty" ->
                Flux.just(
                        new JsonRpc.Notification(
                                "notifications/progress", RawJson.of("{\"progressToken\":1,\"progress\":1}")),
                        new JsonRpc.Notification(
                                "notifications/message", RawJson.of("{\"level\":\"error\",\"data\":\"d\"}")),
                        JsonRpc.Success.of("{\"content\":[],\"isError\":true}"));
            case "fail" -> Flux.just(new JsonRpc.Failure(-32602, "failed", RawJson.of("{\"why\":1}")));
            case "refuse" -> Flux.error(new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, "refused"));
            case "hang" -> Flux.never();
            default -> Flux.just(JsonRpc.Success.of("{\"content\":[],\"messages\":[],\"contents\":[]}"));
        };
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        return Flux.<JsonRpc>never()
                .startWith(new JsonRpc.Notification("notifications/subscriptions/acknowledged", null));
    }

    @Override
    public boolean canWatch() {
        return true;
    }

    @Override
    public Mono<Listing> list() {
        return Mono.just(OFFERED);
    }

    @Override
    public Flux<String> changes() {
        return Flux.never();
    }

    @Override
    public UpstreamState state() {
        EraState spoken = new EraState(era, /* isSpoken= */ true, null, null, Instant.EPOCH);
        return new UpstreamState(name, List.of(spoken), era == Era.LEGACY, true, 0, 0, 0, 0, null, null);
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }
}
