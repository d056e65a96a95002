package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real Redis in memory on a port of its own, which can be killed, halted and started again. */
public final class RedisProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int port;
    private @Nullable Process process;

    private RedisProcess(int port) {
        this.port = port;
    }

    /** One that runs. */
    public static RedisProcess start() {
        RedisProcess redis = notYet();
        redis.restart();
        return redis;
    }

    /** One that does not run yet. */
    public static RedisProcess notYet() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new RedisProcess(free.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Starts it, empty; returns when it answers. */
    public void restart() {
        Process started = launch();
        process = started;
        Await.until(PATIENCE, "redis-server answers on port " + port, () -> {
            assertThat(started.isAlive())
                    .as("redis-server on port %s is alive", port)
                    .isTrue();
            return answers();
        });
    }

    private Process launch() {
        try {
            return new ProcessBuilder(
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
                            Path.of(System.getProperty("java.io.tmpdir")).toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException missing) {
            String problem = "redis-server cannot be started (Debian package redis-server): " + missing.getMessage();
            return Boolean.parseBoolean(System.getenv("CI")) ? fail(problem, missing) : abort(problem);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write(PING);
            return socket.getInputStream().read() == '+';
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Ends it without a chance to say anything. */
    public void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            try {
                if (!running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new AssertionError("redis-server does not die");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
            process = null;
        }
    }

    /** Lets its connections stand and answers nothing, until it goes on. */
    public void halt() {
        signal("-STOP");
    }

    public void goOn() {
        signal("-CONT");
    }

    private void signal(String name) {
        Process running = process;
        try {
            int result = new ProcessBuilder("kill", name, Long.toString(running == null ? -1 : running.pid()))
                    .start()
                    .waitFor();
            if (running == null || result != 0) {
                throw new AssertionError("kill " + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
