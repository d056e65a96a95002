package io.headgate.benchmarks.filter;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.NamePattern;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.filter.breaker.BreakerConfig;
import io.headgate.filter.breaker.BreakerFilter;
import io.headgate.filter.retry.RetryConfig;
import io.headgate.filter.retry.RetryFilter;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.TimeoutFilter;
import io.headgate.filter.timeout.ToolTimeout;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** What does a filter that guards servers cost a call that it lets pass? {@code none} is what the others are compared with. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class GuardBenchmark {
    @Param({"none", "breaker", "retry", "timeout", "timeoutByTool", "all"})
    public String filter = "none";

    private final JsonRpc answer = JsonRpc.Success.of("{\"content\":[]}");
    private Handler handler = exchange -> Flux.empty();
    private Exchange exchange = exchange();

    @Setup
    public void bind() {
        FilterContext context = new FilterContext(
                "filters[0]", new SimpleMeterRegistry(), InstantSource.system(), new Clock(), Path.of("target"));
        Handler end = any -> Flux.just(answer);
        Handler timeout = new TimeoutFilter(TimeoutConfig.of(null, null), context).before(end);
        handler = switch (filter) {
            case "breaker" -> new BreakerFilter(BreakerConfig.DEFAULT, context).before(end);
            case "retry" -> new RetryFilter(RetryConfig.DEFAULT, context).before(end);
            case "timeout" -> timeout;
            case "timeoutByTool" -> new TimeoutFilter(byTool(), context).before(end);
            case "all" ->
                new BreakerFilter(BreakerConfig.DEFAULT, context)
                        .before(new RetryFilter(RetryConfig.DEFAULT, context).before(timeout));
            default -> end;
        };
        exchange = exchange();
    }

    @Benchmark
    public void call(Blackhole sink) {
        handler.handle(exchange).subscribe(new Sink(sink));
    }

    private static TimeoutConfig byTool() {
        return TimeoutConfig.of(
                null,
                null,
                List.of(
                        new ToolTimeout(NamePattern.of("report_*"), Duration.ofMinutes(2), null),
                        new ToolTimeout(NamePattern.of("*__echo"), Duration.ofSeconds(5), null)));
    }

    private static Exchange exchange() {
        RawJson params = RawJson.of("{\"name\":\"weather__echo\",\"arguments\":{\"message\":\"hello\"}}");
        return new Exchange(
                new JsonRpc.Request(RequestId.of(1), "tools/call", Envelope.ofRequest("tools/call", params)),
                new Target("", Target.Kind.TOOL, "weather__echo"),
                new Route.Known("weather", "weather__echo", "echo", ToolHints.NONE, null),
                Caller.ANONYMOUS,
                new Client("2026-07-28", RawJson.EMPTY_OBJECT, null, null),
                null,
                RequestHeaders.NONE);
    }

    private record Sink(Blackhole sink) implements CoreSubscriber<JsonRpc> {
        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(JsonRpc message) {
            sink.consume(message);
        }

        @Override
        public void onError(Throwable error) {
            throw new IllegalStateException(error);
        }

        @Override
        public void onComplete() {
            sink.consume(this);
        }
    }

    /** The time, and no tasks: an event loop's cost of a timer is not the question here. */
    private static final class Clock implements Scheduler {
        @Override
        public long now(TimeUnit unit) {
            return unit.convert(System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public Disposable schedule(Runnable task) {
            return Disposables.disposed();
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return Disposables.disposed();
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException();
        }
    }
}
