package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The tools for tests and load: they echo, wait, work, fail, and make much or many. */
final class LoadTools {
    static final String ECHO = "echo";

    private static final int MAX_WAIT_MS = 3_600_000;
    private static final int MAX_BYTES = 32 * 1024 * 1024;
    private static final int MAX_FRAMES = 1_000_000;
    private static final int MAX_STATUS = 599;

    private final Scheduler timer;
    private final Journal journal;

    LoadTools(Scheduler timer, Journal journal) {
        this.timer = timer;
        this.journal = journal;
    }

    List<Tool> all() {
        return List.of(
                Tool.plain("""
                    {"name": "echo", "title": "Echo", "description": "Returns the message.",
                     "inputSchema": {"type": "object", "properties": {"message": {"type": "string"}},
                       "required": ["message"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", call -> Flux.just(Frame.text(call.text("message")))),
                Tool.plain("""
                    {"name": "sleep", "title": "Sleep", "description": "Answers after a number of milliseconds.",
                     "inputSchema": {"type": "object",
                       "properties": {"ms": {"type": "integer", "minimum": 0, "maximum": 3600000}}, "required": ["ms"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", this::sleep),
                Tool.queued("""
                    {"name": "work", "title": "Work",
                     "description": "Keeps one of a few workers busy for a number of milliseconds.",
                     "inputSchema": {"type": "object",
                       "properties": {"ms": {"type": "integer", "minimum": 0, "maximum": 3600000}}, "required": ["ms"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", this::sleep),
                Tool.plain("""
                    {"name": "fail", "title": "Fail", "description": "Fails with an internal error at the given rate, and with an HTTP status if one is given.",
                     "inputSchema": {"type": "object",
                       "properties": {"rate": {"type": "number", "minimum": 0, "maximum": 1},
                         "status": {"type": "integer", "minimum": 200, "maximum": 599}},
                       "required": ["rate"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", LoadTools::fail),
                Tool.plain("""
                    {"name": "big", "title": "Big", "description": "Returns a text of so many bytes.",
                     "inputSchema": {"type": "object",
                       "properties": {"bytes": {"type": "integer", "minimum": 0, "maximum": 33554432}},
                       "required": ["bytes"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", call -> Flux.just(Frame.text("x".repeat(call.integer("bytes", MAX_BYTES))))),
                Tool.talkative("""
                    {"name": "chatty", "title": "Chatty",
                     "description": "Reports progress so many times, with a pause before each report.",
                     "inputSchema": {"type": "object",
                       "properties": {"frames": {"type": "integer", "minimum": 0, "maximum": 1000000},
                         "gapMs": {"type": "integer", "minimum": 0, "maximum": 3600000}},
                       "required": ["frames", "gapMs"]},
                     "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}}""", this::chatty),
                Tool.plain("""
                    {"name": "append", "title": "Append", "description": "Adds a line to the journal, once per call.",
                     "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}},
                       "required": ["text"]},
                     "annotations": {"readOnlyHint": false, "destructiveHint": false, "idempotentHint": false,
                       "openWorldHint": false}}""", this::append));
    }

    private Flux<Frame> sleep(Call call) {
        int ms = call.integer("ms", MAX_WAIT_MS);
        return Mono.delay(Duration.ofMillis(ms), timer)
                .<Frame>map(tick -> Frame.text("after " + ms + " ms"))
                .flux();
    }

    private static Flux<Frame> fail(Call call) {
        if (ThreadLocalRandom.current().nextDouble() < call.fraction("rate")) {
            int status = call.arguments().has("status") ? call.integer("status", MAX_STATUS) : 200;
            return Flux.error(new RpcFailure(status, RpcFailure.INTERNAL, "Failed as asked"));
        }
        return Flux.just(Frame.text("not this time"));
    }

    private Flux<Frame> append(Call call) {
        String text = call.text("text");
        return Flux.defer(() -> Flux.just(Frame.text("line " + journal.append(text))));
    }

    private Flux<Frame> chatty(Call call) {
        int frames = call.integer("frames", MAX_FRAMES);
        int gapMs = call.integer("gapMs", MAX_WAIT_MS);
        Flux<Integer> steps = Flux.range(1, frames);
        Flux<Integer> paced = gapMs == 0 ? steps : steps.delayElements(Duration.ofMillis(gapMs), timer);
        return paced.concatMap(step -> call.progress(step, frames)).concatWithValues(Frame.text(frames + " frames"));
    }
}
