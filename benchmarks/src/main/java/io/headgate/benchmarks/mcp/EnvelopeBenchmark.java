package io.headgate.benchmarks.mcp;

import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import java.nio.charset.StandardCharsets;
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

/** How long does the one strict pass over a message take? {@code -prof gc} shows what it allocates. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EnvelopeBenchmark {
    /** How many characters of text the arguments hold. */
    @Param({"80", "16000"})
    public int textLength;

    private byte[] message = new byte[0];

    @Setup
    public void write() {
        message = ("{\"jsonrpc\":\"2.0\",\"id\":17,\"method\":\"tools/call\",\"params\":{\"name\":\"weather__echo\","
                        + "\"arguments\":{\"message\":\"" + "a word ".repeat(textLength / 7)
                        + "\"},\"_meta\":{\"progressToken\":17,\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                        + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1\"},"
                        + "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public Envelope read() throws BadMessage {
        return Envelope.read(message, JsonLimits.CLIENT);
    }
}
