package io.headgate.gateway.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** The tools of the server: listing, calling, and the entry in the ledger before a call goes on. */
final class Tools {
    private static final String DYNAMIC = "test_dynamic_tool";

    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final Tool dynamic = Tool.plain(
            FixtureTools.definition(DYNAMIC, "Comes and goes with test_trigger_tool_change"),
            call -> Flux.just(Frame.text("Here for now")));
    private final Workers workers;
    private final @Nullable Ledger ledger;
    private final AtomicInteger active = new AtomicInteger();
    private volatile boolean withDynamic;

    Tools(List<List<Tool>> groups, Changes changes, Workers workers, @Nullable Ledger ledger) {
        this.workers = workers;
        this.ledger = ledger;
        groups.forEach(group -> group.forEach(this::add));
        add(trigger("test_trigger_tool_change", "Changes the list of tools", () -> {
            withDynamic = !withDynamic;
            changes.publish(Changes.Change.TOOLS);
        }));
        add(trigger(
                "test_trigger_prompt_change",
                "Says that the list of prompts has changed",
                () -> changes.publish(Changes.Change.PROMPTS)));
        add(Tool.plain("""
                {"name": "test_trigger_resource_update", "description": "Says that a resource has changed",
                 "inputSchema": {"type": "object", "properties": {"uri": {"type": "string"}}}}""", call -> {
            String uri = call.text("uri", Resources.WATCHED);
            return acting("Updated " + uri, () -> changes.publish(Changes.Change.resource(uri)));
        }));
    }

    List<ObjectNode> definitions() {
        List<ObjectNode> definitions = new ArrayList<>();
        tools.values().forEach(tool -> definitions.add(tool.definition()));
        if (withDynamic) {
            definitions.add(dynamic.definition());
        }
        return definitions;
    }

    @Nullable
    Tool find(String name) {
        return withDynamic && name.equals(DYNAMIC) ? dynamic : tools.get(name);
    }

    /** How many calls have begun and neither ended nor been cancelled. */
    int active() {
        return active.get();
    }

    boolean recorded() {
        return ledger != null;
    }

    Flux<Frame> call(Call call) {
        Tool tool = find(call.name());
        if (tool == null) {
            throw RpcFailure.invalidParams("Unknown tool: " + call.name());
        }
        Flux<Frame> answer = entered(call).thenMany(tool.body().apply(call));
        Flux<Frame> run = tool.kind() == Tool.Kind.QUEUED ? workers.run(answer) : answer;
        return Flux.defer(() -> {
            active.incrementAndGet();
            return run.doFinally(end -> active.decrementAndGet());
        });
    }

    private Mono<Void> entered(Call call) {
        if (ledger == null) {
            return Mono.empty();
        }
        byte[] arguments = call.raw().bytes();
        String traceparent = call.meta().path("traceparent").asString(null);
        return ledger.record(call.name(), arguments, traceparent, call.loop());
    }

    private void add(Tool tool) {
        tools.put(tool.name(), tool);
    }

    private static Tool trigger(String name, String description, Runnable action) {
        return Tool.plain(FixtureTools.definition(name, description), call -> acting("Triggered", action));
    }

    private static Flux<Frame> acting(String said, Runnable action) {
        return Flux.defer(() -> {
            action.run();
            return Flux.just(Frame.text(said));
        });
    }
}
