package io.headgate.benchmarks.ratelimit;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.FilterContext;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.filter.ratelimit.LimitConfig;
import io.headgate.filter.ratelimit.Per;
import io.headgate.filter.ratelimit.Per.Part;
import io.headgate.filter.ratelimit.Rate;
import io.headgate.filter.ratelimit.RateLimitConfig;
import io.headgate.filter.ratelimit.RateLimitFilter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.scheduler.Schedulers;

/** How long does one decision of a gateway's own limits take? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RateLimitBenchmark {
    private static final int CALLERS = 1024;
    private static final Rate PLENTY = Rate.of("1000000000/s");

    private final Exchange[] exchanges = new Exchange[CALLERS];
    private RateLimitFilter one = filter(limit(PLENTY, 1_000_000_000, Part.CALLER));
    private RateLimitFilter three = one;
    private RateLimitFilter exhausted = one;
    private int next;

    @Setup
    public void prepare() {
        LimitConfig tools = LimitConfig.of(
                null,
                Per.of(Part.TOOL),
                PLENTY,
                1_000_000_000,
                List.of(NamePattern.of("weather__*")),
                Map.of("weather__export*", 20));
        three = filter(
                limit(PLENTY, 1_000_000_000, Part.CALLER), limit(PLENTY, 1_000_000_000, Part.CALLER, Part.TOOL), tools);
        exhausted = filter(limit(Rate.of("1/h"), 1, Part.CALLER));
        String params = "{\"name\":\"weather__echo\",\"arguments\":{}}";
        Envelope envelope = Envelope.ofRequest("tools/call", RawJson.of(params));
        Client client = new Client(ProtocolVersions.V2026_07_28, RawJson.EMPTY_OBJECT, null, null);
        for (int i = 0; i < CALLERS; i++) {
            exchanges[i] = new Exchange(
                    new JsonRpc.Request(RequestId.of(i), "tools/call", envelope),
                    new Target("", Target.Kind.TOOL, "weather__echo"),
                    new Route.Known("weather", "weather__echo", "echo", ToolHints.NONE, null),
                    new Caller("caller-" + i),
                    client,
                    null,
                    RequestHeaders.NONE);
            var unused = exhausted.decide(exchanges[i]);
        }
    }

    @Benchmark
    public @Nullable Refusal admitsByOneLimit() {
        return one.decide(exchange());
    }

    @Benchmark
    public @Nullable Refusal admitsByThreeLimits() {
        return three.decide(exchange());
    }

    @Benchmark
    public @Nullable Refusal refuses() {
        return exhausted.decide(exchange());
    }

    private Exchange exchange() {
        next = (next + 1) % CALLERS;
        return exchanges[next];
    }

    private static LimitConfig limit(Rate rate, int burst, Part... parts) {
        return LimitConfig.of(null, Per.of(List.of(parts)), rate, burst, null, null);
    }

    private static RateLimitFilter filter(LimitConfig... limits) {
        return new RateLimitFilter(
                RateLimitConfig.of(List.of(limits), null, null, null, null),
                new FilterContext(
                        "benchmark",
                        new SimpleMeterRegistry(),
                        InstantSource.system(),
                        Schedulers.immediate(),
                        Path.of("target")));
    }
}
