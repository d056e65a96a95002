package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;

/** The tools of the conformance suite that may be answered with a task. */
final class TaskTools {
    private static final int MAX_SECONDS = 3_600;
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final String CONFIRM = """
        {"type": "object", "properties": {"confirm": {"type": "boolean"}}, "required": ["confirm"]}\
        """;
    private static final String NAME = """
        {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}\
        """;

    private final TaskStore tasks;
    private final Scheduler timer;

    TaskTools(TaskStore tasks, Scheduler timer) {
        this.tasks = tasks;
        this.timer = timer;
    }

    List<Tool> all() {
        return List.of(
                Tool.plain("""
                       {"name": "greet", "description": "Greets, at once.",
                        "inputSchema": {"type": "object", "properties": {"name": {"type": "string"}},
                          "required": ["name"]}}\
                       """, call -> Flux.just(Frame.text("Hello, " + call.text("name") + "!"))),
                Tool.plain("""
                         {"name": "slow_compute",
                          "description": "Computes for a number of seconds, as a task if the client takes one.",
                          "inputSchema": {"type": "object",
                            "properties": {"seconds": {"type": "integer", "minimum": 0, "maximum": 3600},
                              "label": {"type": "string"}}, "required": ["seconds"]}}\
                         """, this::compute),
                Tool.plain(
                        FixtureTools.definition("failing_job", "A task that fails as a tool does"),
                        call -> task(call, task -> later(Frame.failed("The job has failed")))),
                Tool.plain(
                        FixtureTools.definition("protocol_error_job", "A task that fails as a request does"),
                        call -> task(
                                call,
                                task -> Mono.delay(SHORT, timer)
                                        .then(Mono.error(new IllegalStateException("the job broke"))))),
                Tool.plain("""
                     {"name": "confirm_delete", "description": "A task that asks before it deletes (nothing, in fact).",
                      "inputSchema": {"type": "object", "properties": {"filename": {"type": "string"}}}}\
                     """, this::delete),
                Tool.plain(FixtureTools.definition("multi_input", "A task that asks two things at once"), this::two),
                Tool.talkative(
                        FixtureTools.definition("test_tool_with_task", "Asks, and then answers with a task"),
                        this::askedFirst));
    }

    private Flux<Frame> compute(Call call) {
        int seconds = call.integer("seconds", MAX_SECONDS);
        Frame.Result result = Frame.text("Computed " + call.text("label", "nothing") + " for " + seconds + " s");
        Mono<Frame.Result> computed =
                Mono.delay(Duration.ofSeconds(seconds), timer).thenReturn(result);
        return seconds > 0 && call.client().takesTasks()
                ? started(task -> computed)
                : computed.flux().cast(Frame.class);
    }

    private Flux<Frame> delete(Call call) {
        String file = call.text("filename", "everything");
        return task(
                call,
                task -> tasks.ask(task, "confirm", Question.elicitation("Delete " + file + "?", CONFIRM))
                        .map(answer -> Frame.text(
                                (accepted(answer, "confirm").asBoolean(false) ? "Deleted " : "Kept ") + file)));
    }

    private Flux<Frame> two(Call call) {
        return task(
                call,
                task -> Mono.zip(
                                tasks.ask(task, "first", Question.elicitation("The first name?", NAME)),
                                tasks.ask(task, "second", Question.elicitation("The second name?", NAME)))
                        .map(names -> Frame.text("Hello, "
                                + accepted(names.getT1(), "name").asString("nobody") + " and "
                                + accepted(names.getT2(), "name").asString("nobody"))));
    }

    private Flux<Frame> askedFirst(Call call) {
        if (!call.client().takesTasks()) {
            return call.client().lacksTasks();
        }
        return call.ask(
                "user_name",
                Question.elicitation("What is your name?", NAME),
                answer -> started(task ->
                        later(Frame.text("Hello, " + accepted(answer, "name").asString("nobody") + "!"))));
    }

    private Mono<Frame.Result> later(Frame.Result result) {
        return Mono.delay(SHORT, timer).thenReturn(result);
    }

    /** For what is only done as a task. */
    private Flux<Frame> task(Call call, Function<Task, Mono<Frame.Result>> work) {
        return call.client().takesTasks() ? started(work) : call.client().lacksTasks();
    }

    private Flux<Frame> started(Function<Task, Mono<Frame.Result>> work) {
        return Flux.defer(() -> Flux.just(tasks.start(work)));
    }

    private static JsonNode accepted(JsonNode answer, String name) {
        return answer.path("content").path(name);
    }
}
