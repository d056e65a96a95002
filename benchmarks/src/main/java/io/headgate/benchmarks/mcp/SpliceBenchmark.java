package io.headgate.benchmarks.mcp;

import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.Member;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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

/** How long does it take to change the name and the token of a call that was read? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SpliceBenchmark {
    private static final byte[] NAME = "\"echo\"".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TOKEN = "42".getBytes(StandardCharsets.UTF_8);

    private RawJson params = RawJson.EMPTY_OBJECT;
    private RawJson name = RawJson.NULL;
    private RawJson token = RawJson.NULL;

    @Setup
    public void read() throws BadMessage {
        Envelope envelope = Envelope.read(
                ("{\"jsonrpc\":\"2.0\",\"id\":17,\"method\":\"tools/call\",\"params\":{\"name\":\"weather__echo\","
                                + "\"arguments\":{\"message\":\"hello\"},\"_meta\":{\"progressToken\":17}}}")
                        .getBytes(StandardCharsets.UTF_8),
                JsonLimits.CLIENT);
        params = Objects.requireNonNull(envelope.params());
        name = Objects.requireNonNull(envelope.get(Member.NAME));
        token = Objects.requireNonNull(envelope.get(Member.META_PROGRESS_TOKEN));
    }

    @Benchmark
    public Pieces splice() {
        return new Splice(params).replace(name, NAME).replace(token, TOKEN).into(new Pieces());
    }
}
