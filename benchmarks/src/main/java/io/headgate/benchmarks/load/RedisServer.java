package io.headgate.benchmarks.load;

import io.headgate.benchmarks.compare.MeasuredProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A real Redis in memory, which can be killed and started again at the same port. */
final class RedisServer implements AutoCloseable {
    private final int port = MeasuredProcess.freePort();
    private final Path directory;
    private @Nullable MeasuredProcess process;

    /** @param directory for its log */
    RedisServer(Path directory) throws IOException {
        this.directory = directory;
        start();
    }

    String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Starts it, empty. */
    void start() throws IOException {
        List<String> command = List.of(
                "redis-server",
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                directory.toString());
        try {
            process = MeasuredProcess.start(command, port, directory.resolve("redis.log"));
        } catch (IOException e) {
            throw new CannotStart("redis-server", "redis-server", e);
        }
    }

    void kill() {
        MeasuredProcess running = process;
        if (running != null) {
            running.kill();
            process = null;
        }
    }

    @Override
    public void close() {
        kill();
    }
}
