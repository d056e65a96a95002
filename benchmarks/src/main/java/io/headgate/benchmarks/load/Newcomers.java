package io.headgate.benchmarks.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Honest clients of 2025-11-25 that come twice a second, open a session, call once in it, and end it. */
final class Newcomers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final long PAUSE_MILLIS = 500;
    private static final String VERSION = "2025-11-25";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI door;
    private final List<String> keys;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Thread thread = new Thread(this::run, "newcomers");

    // Written by the thread, read when it has ended.
    private int came;
    private int served;
    private String trouble = "";

    Newcomers(int port, List<String> keys) {
        door = URI.create("http://127.0.0.1:" + port + "/mcp");
        this.keys = keys;
        thread.start();
    }

    private void run() {
        try {
            while (!ended.get()) {
                String key = keys.get(came++ % keys.size());
                long begun = System.nanoTime();
                try {
                    boolean good = visit(key);
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
                    served += good && millis <= OpenLoop.PATIENCE_MICROS / 1000 ? 1 : 0;
                } catch (IOException e) {
                    trouble = e.toString();
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean visit(String key) throws IOException, InterruptedException {
        HttpResponse<String> opened = send(request(key)
                .POST(HttpRequest.BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
                        + "\"params\":{\"protocolVersion\":\"" + VERSION + "\",\"capabilities\":{},"
                        + "\"clientInfo\":{\"name\":\"newcomer\",\"version\":\"1\"}}}")));
        String session = opened.headers().firstValue("Mcp-Session-Id").orElse("");
        if (opened.statusCode() != 200 || session.isEmpty()) {
            trouble = opened.statusCode() + " " + opened.body();
            return false;
        }
        HttpResponse<String> called = send(in(key, session)
                .POST(HttpRequest.BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                        + "\"params\":{\"name\":\"demo__echo\",\"arguments\":{\"message\":\"hi\"}}}")));
        boolean good = called.statusCode() == 200 && called.body().contains("\"result\":");
        if (!good) {
            trouble = called.statusCode() + " " + called.body();
        }
        send(in(key, session).DELETE());
        return good;
    }

    private HttpRequest.Builder request(String key) {
        return HttpRequest.newBuilder(door)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .header("Authorization", "Bearer " + key);
    }

    private HttpRequest.Builder in(String key, String session) {
        return request(key).header("Mcp-Session-Id", session).header("MCP-Protocol-Version", VERSION);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Waits for the last of them. */
    void finish() throws InterruptedException {
        ended.set(true);
        thread.join();
    }

    @Override
    public void close() {
        ended.set(true);
    }

    /** The share of those who were served within a second. */
    double servedShare() {
        return served / (double) Math.max(1, came);
    }

    int came() {
        return came;
    }

    /** Why the last one was not served who was not; empty if all were. */
    String trouble() {
        return trouble;
    }
}
