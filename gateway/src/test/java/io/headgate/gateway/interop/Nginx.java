package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A real nginx that gives a gateway a path of its own and takes it away again on the way to it. Where there is no nginx, the
 * tests are skipped, except on CI, where they fail.
 */
final class Nginx implements AutoCloseable {

    private final Process process;
    private final int port;

    private Nginx(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** As simple as operators write it: {@code location /base/} and a {@code proxy_pass} that ends with a slash. */
    static Nginx before(URI gateway) {
        Path folder = InteropTools.leftover("nginx");
        int port = freePort();
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("nginx.conf");
            Files.writeString(file, """
                    daemon off;
                    worker_processes 1;
                    pid %1$s/nginx.pid;
                    error_log %1$s/error.log;
                    events {}
                    http {
                      access_log off;
                      # What its workers may not write to a disk is kept in memory.
                      client_max_body_size 4m;
                      client_body_buffer_size 4m;
                      proxy_max_temp_file_size 0;
                      client_body_temp_path %1$s/body;
                      proxy_temp_path %1$s/proxy;
                      fastcgi_temp_path %1$s/fastcgi;
                      uwsgi_temp_path %1$s/uwsgi;
                      scgi_temp_path %1$s/scgi;
                      server {
                        listen 127.0.0.1:%2$d;
                        location /base/ { proxy_pass http://127.0.0.1:%3$d/; }
                      }
                    }
                    """.formatted(folder, port, gateway.getPort()));
            Process process = new ProcessBuilder(
                            "nginx", "-c", file.toString(), "-p", folder.toString(), "-e", folder + "/start.log")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out.log").toFile())
                    .start();
            Nginx started = new Nginx(process, port);
            started.await();
            return started;
        } catch (IOException e) {
            String message = "no nginx to test with: " + e.getMessage();
            return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
        }
    }

    /** An address behind the path that the gateway knows nothing of. */
    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + "/base" + path);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new AssertionError("nginx does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void await() throws IOException {
        try {
            Await.until("nginx listens", () -> {
                assertThat(process.isAlive()).as("nginx is alive").isTrue();
                return accepts();
            });
        } catch (AssertionError silent) {
            close();
            throw new IOException(silent);
        }
    }

    private boolean accepts() {
        try (Socket open = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return open.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
